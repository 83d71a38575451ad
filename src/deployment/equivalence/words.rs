//! The role of a directive's words for a response and for the rules.

use std::borrow::Cow;

use crate::cors::header::CorsHeader;
use crate::cors::registrable::is_special_label;
use crate::dotenv::products::host_stage::is_of_a_stage;
use crate::dotenv::products::placeholder::is_to_be_filled_in;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::locations::is_pass;

/// How long a name may be that is taken as one like any other, in bytes: nothing that counts bytes comes near.
const MAX_NAME: usize = 40;

/// Directives that neither the model of a response nor any rule reads, by their beginnings.
const UNREAD: [&[u8]; 26] = [
    b"access_log",
    b"error_log",
    b"log_not_found",
    b"gzip",
    b"brotli",
    b"keepalive_",
    b"sendfile",
    b"tcp_no",
    b"etag",
    b"server_tokens",
    b"send_timeout",
    b"client_body_",
    b"client_header_",
    b"client_max_body_size",
    b"large_client_header_buffers",
    b"reset_timedout_connection",
    b"lingering_",
    b"open_file_cache",
    b"aio",
    b"directio",
    b"output_buffers",
    b"default_type",
    b"charset",
    b"resolver",
    b"ssl_",
    b"real_ip_",
];

/// The names after the prefix of a protocol in further ones.
const UNREAD_OF_PROTOCOLS: [&[u8]; 12] = [
    b"_read_timeout",
    b"_send_timeout",
    b"_connect_timeout",
    b"_buffering",
    b"_buffers",
    b"_buffer_size",
    b"_busy_buffers_size",
    b"_http_version",
    b"_request_buffering",
    b"_max_temp_file_size",
    b"_temp_file_write_size",
    b"_socket_keepalive",
];

/// Returns whether a label, or a part of a path, may be any other: in small letters, and no word that says something by itself, as `staging`
/// does.
pub(super) fn is_any_name(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let is_spelled = name.first().is_some_and(u8::is_ascii_lowercase)
        && name.len() <= MAX_NAME
        && name.iter().all(is_part)
        && !name.starts_with(b"xn--");
    // Rules ask for pages of these by themselves.
    let is_asked = |name: &str| matches!(name, "app" | "elsewhere");
    let tells =
        |name: &str| is_special_label(name) || is_of_a_stage(name) || is_to_be_filled_in(name) || is_asked(name);
    is_spelled && std::str::from_utf8(name).is_ok_and(|name| !tells(name))
}

/// The meaning of a word to a response and to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordKind {
    /// Nothing: that it is there is all.
    Unread,
    /// Its text, byte for byte.
    Exact,
    /// A URL, or a text that begins with one.
    Url,
    /// The name of a host.
    Host,
    /// The address of an app.
    App,
    /// A path on the machine.
    Machine,
}

/// Returns what the word of a directive is, counted from 1.
pub(super) fn kind(config: &Config<'_>, item: ItemId, (name, index): (&[u8], usize), word: &[u8]) -> WordKind {
    match (name, index) {
        (b"add_header", 2) => {
            let header = config.parameter(item, 1).unwrap_or_default();
            let is_plain = word.iter().all(|byte| (b' '..=b'~').contains(byte) && *byte != b'$');
            match CorsHeader::from_name(&header) {
                Some(CorsHeader::AllowOrigin) => WordKind::Url,
                // Those that are read, or nearly have the name of one that is, begin like this.
                None if is_plain && is_of_no_interest(&header) => WordKind::Unread,
                _ => WordKind::Exact,
            }
        }
        // The length of any other text may be compared with what a header says.
        (b"return", 1) => WordKind::Url,
        (b"return", 2) if config.parameter(item, 1).is_some_and(|status| status.starts_with(b"3")) => WordKind::Url,
        (b"server_name", _) => WordKind::Host,
        (b"root" | b"alias" | b"auth_basic_user_file", 1) => WordKind::Machine,
        (b"proxy_set_header", 2) if config.parameter(item, 1).is_some_and(|header| is_for_the_app(&header)) => {
            WordKind::Unread
        }
        (_, 1) if is_pass(name) => WordKind::App,
        _ => WordKind::Exact,
    }
}

/// Returns whether no rule reads the value of a response's header, by its name.
fn is_of_no_interest(header: &[u8]) -> bool {
    let starts = |start: &str| header.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes()));
    ["x-", "strict-", "referrer-", "permissions-", "content-security-"].iter().any(|start| starts(start))
}

/// Returns whether a header that an app is sent has nothing to do with CORS.
fn is_for_the_app(header: &[u8]) -> bool {
    let starts = |start: &str| header.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes()));
    header.eq_ignore_ascii_case(b"Host") || starts("x-real-") || starts("x-forwarded-") || starts("x-request-")
}

/// Returns whether nothing reads a directive.
pub(super) fn is_unread(name: &[u8]) -> bool {
    let of_protocol = || {
        let protocol = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"].iter().find(|it| name.starts_with(it.as_bytes()));
        let rest = protocol.and_then(|protocol| name.get(protocol.len()..));
        rest.is_some_and(|rest| UNREAD_OF_PROTOCOLS.contains(&rest))
    };
    // Nearly all of them differ in the first letter.
    let is_it = |start: &&[u8]| start.first() == name.first() && name.starts_with(start);
    UNREAD.iter().any(is_it) || of_protocol()
}

/// The directives of a block that are read, but for servers and locations: those whose order means nothing by their names, and those that run
/// one after the other behind them.
pub(super) fn in_order(config: &Config<'_>, context: ContextId) -> Vec<ItemId> {
    let is_inner = |item: &ItemId| {
        let opened = config.item(*item).opens.map(|opened| config.context(opened).kind);
        matches!(opened, Some(ContextKind::Location | ContextKind::Server))
    };
    let read = config.items(context).filter(|item| !is_unread(config.item(*item).name) && !is_inner(item));
    let mut read: Vec<ItemId> = read.collect();
    read.sort_by_cached_key(|item| order(config, *item));
    read
}

/// Returns what directives are put in order by; of those that are equal, the order says something.
fn order<'s>(config: &Config<'s>, item: ItemId) -> (bool, &'s [u8], Cow<'s, [u8]>) {
    let nothing = Cow::Borrowed(&b""[..]);
    match config.item(item).name {
        b"set" | b"if" | b"rewrite" | b"return" | b"break" => (true, b"", nothing),
        b"allow" | b"deny" => (false, b"allow", nothing),
        b"more_set_headers" | b"more_clear_headers" => (false, b"more_set_headers", nothing),
        name @ (b"add_header" | b"proxy_set_header") => (false, name, config.parameter(item, 1).unwrap_or_default()),
        name => (false, name, nothing),
    }
}
