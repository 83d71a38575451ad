//! Entries that no browser's Origin can equal or match, however nginx compares them (A5.3–A5.5).

use crate::cors::fault::is_placeholder;
use crate::cors::serialized::{NotSerialized, OriginFault, check_serialized, is_serialized};
use crate::nginx::origins::comparison::Compared;
use crate::nginx::regex::alternatives::{PatternPiece, PatternWay, alternatives};
use crate::nginx::regex::foreign_match::needs_path;
use crate::nginx::regex::stricter::example;
use crate::nginx::simulate::model::Model;

/// Why an entry is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeverMatches {
    /// An expression without the `~` that makes it one (A5.4).
    NoTilde,
    /// An expression that begins with a blank.
    Blank,
    /// An expression that wants a path behind the host.
    Path,
    /// A text that is no serialised origin.
    Text(OriginFault),
}

impl NeverMatches {
    /// Returns what stands there, to be read after the place.
    pub fn words(self) -> &'static str {
        match self {
            NeverMatches::NoTilde => "is plain text without a `~` before it",
            NeverMatches::Blank => "begins with a blank, which no Origin has",
            NeverMatches::Path => "wants a slash behind the host, which no Origin has",
            NeverMatches::Text(OriginFault::Wildcard) => "is plain text: a `*` in it stands for itself",
            NeverMatches::Text(other) => other.words(),
        }
    }
}

/// A dead entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// Why.
    pub why: NeverMatches,
    /// An origin that it was written for.
    pub meant: Option<String>,
    /// True if that origin is what should stand there.
    pub is_spelling: bool,
}

/// Why no Origin equals or matches an entry; nothing where one may, or where another fault is all that is wrong: a slash at the
/// end, a placeholder, several origins of which nginx compares none.
pub fn why_unmatchable(model: &Model<'_, '_>, compared: &Compared) -> Option<Dead> {
    let config = model.config;
    let text = std::str::from_utf8(&compared.text).ok()?;
    if let Some(ignore_case) = compared.regex {
        return dead_expression(text, ignore_case);
    }
    // Nearly all are.
    if is_serialized(text) {
        return None;
    }
    if text.is_empty() || is_placeholder(text) || text.contains('$') && !text.ends_with('$') {
        return None;
    }
    let is_if = config.item(compared.item).name == b"if";
    let map = || model.definitions.table(config.item(compared.item).context);
    let hostnames = || map().is_some_and(|map| map.hostnames);
    // With `hostnames`, the scheme is a part of the first label, and a leading or trailing wildcard matches (A5.5).
    if (text.starts_with(['.', '*']) || text.ends_with(".*")) && hostnames() {
        return None;
    }
    if !is_if && is_expression(text) {
        return Some(Dead { why: NeverMatches::NoTilde, meant: example(text), is_spelling: false });
    }
    // A map ignores case (A5.1), an `if` heeds it (A5.9).
    let compared_text = if is_if { text.to_owned() } else { text.to_ascii_lowercase() };
    let fault = check_serialized(&compared_text).err()?;
    let own = check_serialized(text).err().map(|fault| fault.fault);
    if own == Some(OriginFault::TrailingSlash) || fault.fault == OriginFault::Empty {
        return None;
    }
    let is_spelling = fault.suggestion.is_some();
    let meant = fault.suggestion.or_else(|| below(text));
    Some(Dead { why: NeverMatches::Text(fault.fault), meant, is_spelling })
}

fn is_expression(text: &str) -> bool {
    text.starts_with('^') || text.contains("\\.") || text.contains(".*") || text.contains('(') && text.contains('|')
}

/// An expression that wants what no Origin has: a blank before it, a path behind the host, or nothing but texts that are none.
fn dead_expression(pattern: &str, ignore_case: bool) -> Option<Dead> {
    let why = if pattern.starts_with([' ', '\t']) {
        NeverMatches::Blank
    } else if needs_path(pattern.as_bytes()) {
        NeverMatches::Path
    } else {
        let fault = only_text(pattern, ignore_case)?;
        return Some(Dead { why: NeverMatches::Text(fault.fault), meant: fault.suggestion, is_spelling: false });
    };
    Some(Dead { why, meant: example(pattern.trim_start()), is_spelling: false })
}

/// Returns what is wrong with the texts that an expression matches from end to end, where it matches no others and none of them is an origin.
fn only_text(pattern: &str, ignore_case: bool) -> Option<NotSerialized> {
    let found = alternatives(pattern.as_bytes()).ways;
    let fault = |way: &PatternWay| match &way.pieces[..] {
        [PatternPiece::Text(text)] if way.from_start && way.to_end => {
            let text = if ignore_case { text.to_ascii_lowercase() } else { text.clone() };
            check_serialized(&text).err()
        }
        _ => None,
    };
    let faults: Vec<NotSerialized> = found.iter().map(fault).collect::<Option<_>>()?;
    faults.into_iter().next()
}

/// The scheme and the host below which `https://*.example.com` means every name, and so does `.example.com`.
pub fn glob(text: &str) -> Option<(&str, &str)> {
    let bare = text.trim_end_matches('/');
    let (scheme, host) = bare.split_once("://").unwrap_or(("https", bare));
    let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
    below.filter(|host| !host.is_empty() && !host.contains('*')).map(|host| (scheme, host))
}

fn below(text: &str) -> Option<String> {
    let any_port = || text.strip_suffix(":*").filter(|bare| is_serialized(bare)).map(str::to_owned);
    glob(text).map(|(scheme, host)| format!("{scheme}://app.{host}")).or_else(any_port)
}
