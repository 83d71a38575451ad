//! Line breaks in the values of headers, and the protocol that refuses them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::source::Place;

/// Returns whether a value has a line break in it.
pub(super) fn has_break(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Where values with a line break stand in a directive that sets headers.
pub(super) fn broken_values(config: &Config<'_>, item: ItemId) -> Vec<Place> {
    let words = match config.item(item).name {
        b"add_header" => 2..=2,
        b"more_set_headers" => 1..=config.parameter_count(item),
        _ => return Vec::new(),
    };
    let broken = |index: &usize| config.parameter(item, *index).is_some_and(|value| has_break(&value));
    words.filter(broken).map(|index| config.value_place(item, index)).collect()
}

/// The servers that speak HTTP/2 with browsers, which do so over TLS alone, each with the directive that switches it on. What one
/// server's `listen` says of an address and port holds for every server that listens there.
pub(super) fn http2_servers(config: &Config<'_>) -> BTreeMap<ContextId, ItemId> {
    let servers = || config.contexts().filter(|&context| config.context(context).kind == ContextKind::Server);
    let has = |item: ItemId, word: &str| config.parameters(item).skip(1).any(|text| *text == *word.as_bytes());
    let mut secure: BTreeSet<Cow<'_, [u8]>> = BTreeSet::new();
    let mut spoken: BTreeMap<Cow<'_, [u8]>, ItemId> = BTreeMap::new();
    for item in servers().flat_map(|server| config.named(server, b"listen")) {
        let Some(socket) = socket(config, item) else { continue };
        if has(item, "ssl") {
            secure.insert(socket.clone());
        }
        if has(item, "http2") {
            spoken.entry(socket).or_insert(item);
        }
    }
    let speaking = |server: ContextId| {
        let mut sockets = config.named(server, b"listen").filter_map(|item| socket(config, item));
        let outer = config.context(server).parent.and_then(|http| config.named(http, b"http2").last());
        let switch = config.named(server, b"http2").last().or(outer);
        let switch = switch.filter(|item| config.parameter_is(*item, 1, "on"));
        sockets.find_map(|socket| {
            let is_secure = secure.contains(&socket);
            spoken.get(&socket).copied().or(switch).filter(|_| is_secure)
        })
    };
    servers().filter_map(|server| Some((server, speaking(server)?))).collect()
}

/// The address and port of a `listen`, without the address that means all.
fn socket<'s>(config: &Config<'s>, listen: ItemId) -> Option<Cow<'s, [u8]>> {
    let bare =
        |word: &[u8]| [&b"*:"[..], b"0.0.0.0:"].into_iter().find(|all| word.starts_with(all)).map_or(0, <[u8]>::len);
    Some(match config.parameter(listen, 1)? {
        Cow::Borrowed(word) => Cow::Borrowed(&word[bare(word)..]),
        Cow::Owned(word) => Cow::Owned(word[bare(&word)..].to_vec()),
    })
}
