//! Expressions that match the origins that another one means, and no others.
//!
//! A handful is made: its ends tied, its alternatives in parentheses, its dots escaped, and one that is built of the hosts it
//! names. The first that is sound is taken: it lets in an origin of every alternative, and no foreign one that anybody finds (see
//! `intruder.rs`). Where none is, as for the names that everybody gets from one host, only a list is safe.

use crate::cors::origin::Origin;
use crate::cors::serialized::check_serialized;
use crate::nginx::regex::Regexes;
use crate::nginx::regex::alternatives::{PatternPiece, PatternWay, alternatives};
use crate::nginx::regex::foreign_match::intruders;

/// How many ways an expression may have for others to be made of it.
const MAX_WAYS: usize = 64;
/// How many hosts an expression that is built may name.
const MAX_HOSTS: usize = 8;
/// A port, or none.
const ANY_PORT: &str = "(:[0-9]+)?";
/// The mark for an open run in the text of a way.
const RUN: char = '\0';

/// An expression near `pattern` that lets in what it means and no foreign origin, as far as anybody can tell.
pub fn stricter(regexes: &Regexes, pattern: &str, ignore_case: bool) -> Option<String> {
    // Who writes `https://*.example.com` thinks of names of files.
    let pattern = pattern.replace("://*.", "://([a-z0-9-]+\\.)+");
    let found = alternatives(pattern.as_bytes()).ways;
    let meant: Vec<Origin> = found.iter().filter_map(|way| check_serialized(&example_of(way)?).ok()).collect();
    // It is not known which names end in a single label.
    let is_open = found.iter().any(|way| way.pieces.iter().any(|piece| matches!(piece, PatternPiece::Fill(_))));
    let is_label = |origin: &Origin| !origin.is_loopback() && origin.host().is_some_and(|host| !host.contains('.'));
    if meant.is_empty() || found.len() > MAX_WAYS || is_open && meant.iter().any(is_label) {
        return None;
    }
    let admits = |expression: &str, origin: &Origin| {
        regexes.is_match(expression.as_bytes(), ignore_case, origin.to_string().as_bytes()) == Some(true)
    };
    candidates(&pattern, &found, &meant).into_iter().find(|expression| {
        meant.iter().all(|origin| admits(expression, origin))
            && intruders(regexes, expression.as_bytes(), ignore_case).is_empty()
    })
}

/// An origin that an expression was written for, whether it matches it or not.
pub fn example(pattern: &str) -> Option<String> {
    let found = alternatives(pattern.as_bytes()).ways;
    let mut examples = found.iter().filter_map(example_of);
    let first = examples.next()?;
    let is_secure = |origin: &String| origin.starts_with("https:");
    if is_secure(&first) { Some(first) } else { examples.find(is_secure).or(Some(first)) }
}

/// Returns what is left of an expression that wants a path behind the host, without the path.
pub fn without_path(pattern: &str) -> Option<String> {
    let mut depth = 0_usize;
    let (start, _) = pattern.match_indices("//").next().or_else(|| pattern.match_indices("\\/\\/").next())?;
    let start = start + if pattern.get(start..)?.starts_with('/') { 2 } else { 4 };
    let bytes = pattern.as_bytes();
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'/' if depth == 0 => return Some(format!("{}$", pattern.get(..at)?)),
            b'\\' if depth == 0 && bytes.get(at + 1) == Some(&b'/') => return Some(format!("{}$", pattern.get(..at)?)),
            b'\\' => at += 1,
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The plainest origin that a way is written for: its open runs as short as an origin allows.
fn example_of(way: &PatternWay) -> Option<String> {
    let text = |run: &str| {
        let text = written(way).replace(RUN, run);
        match text.trim_start_matches('/') {
            _ if text.contains("://") || way.from_start => text,
            bare if bare.starts_with('.') => format!("https://app{bare}"),
            bare => format!("https://{bare}"),
        }
    };
    // The shortest run of a class that wants one is in the text.
    let origin = |run| {
        check_serialized(&text(run)).ok().filter(|origin| !origin.host().is_some_and(|host| host.starts_with('.')))
    };
    let shortest = ["", "app"].into_iter().find_map(origin);
    let mended = || check_serialized(&text("app")).err().and_then(|fault| fault.suggestion);
    let origin = shortest.map(|origin| origin.to_string()).or_else(mended)?;
    // A run of digits behind the host is a port, and no server listens on the shortest of them.
    Some(origin.strip_suffix(":0").map_or(origin.clone(), |host| format!("{host}:3000")))
}

/// The text of a way in lower case, with a mark for every run that may be empty.
fn written(way: &PatternWay) -> String {
    let text = |piece: &PatternPiece| match piece {
        PatternPiece::Text(text) => text.clone(),
        PatternPiece::Dot => ".".to_owned(),
        PatternPiece::Fill(text) if text.is_empty() => RUN.to_string(),
        PatternPiece::Fill(text) => text.clone(),
    };
    way.pieces.iter().map(text).collect::<String>().to_ascii_lowercase()
}

/// The host a way ends in, and whether anything may stand before it; none where only a part of a label is fixed.
fn host_of(way: &PatternWay) -> Option<(String, bool)> {
    let text = |piece: &PatternPiece| match piece {
        PatternPiece::Text(text) => text.clone(),
        PatternPiece::Dot => ".".to_owned(),
        PatternPiece::Fill(_) => RUN.to_string(),
    };
    let text = way.pieces.iter().map(text).collect::<String>().to_ascii_lowercase();
    let host = text.split_once("//").map_or(text.as_str(), |(_, host)| host);
    let host = host.split(['/', ':']).next().unwrap_or_default().trim_end_matches(RUN);
    let is_open = !way.from_start || host.contains(RUN);
    let (before, host) = host.rsplit_once(RUN).unwrap_or(("", host));
    let host = host.strip_prefix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_whole = before.chars().all(|c| c == RUN || c == '.') && host.split('.').all(is_label);
    (is_whole && (host.contains('.') || host == "localhost")).then(|| (host.to_owned(), is_open))
}

/// Expressions that may be what was meant, the nearest first.
fn candidates(pattern: &str, found: &[PatternWay], meant: &[Origin]) -> Vec<String> {
    let built = built(found, meant);
    let mut candidates = Vec::new();
    // What is tied to nothing lets the names below its host in, and they may be meant.
    if !pattern.contains("//") && found.iter().all(|way| !way.from_start) {
        candidates.extend(built.clone());
    }
    let ports = meant.iter().all(|origin| origin.is_loopback() && origin.to_string().matches(':').count() == 1);
    for base in [with_dots(pattern), pattern.to_owned()] {
        let grouped = grouped(&base);
        candidates.extend(ports.then(|| format!("{}{ANY_PORT}$", grouped.strip_suffix('$').unwrap_or(&grouped))));
        candidates.push(grouped.clone());
        candidates.push(format!("^https://{}", grouped.trim_start_matches('^')));
    }
    candidates.extend(built);
    candidates
}

/// The expression with its alternatives in parentheses and both its ends tied.
fn grouped(pattern: &str) -> String {
    let (mut pieces, mut start, mut depth, mut at) = (Vec::new(), 0, 0_usize, 0);
    let bytes = pattern.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                pieces.extend(pattern.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.extend(pattern.get(start..));
    let bare = |piece: &&str| {
        let piece = piece.strip_prefix('^').unwrap_or(piece);
        piece.strip_suffix('$').filter(|bare| !bare.ends_with('\\')).unwrap_or(piece).to_owned()
    };
    let bare: Vec<String> = pieces.iter().map(bare).collect();
    match bare.as_slice() {
        [one] => format!("^{one}$"),
        all => format!("^({})$", all.join("|")),
    }
}

/// The expression with a backslash before every dot that stands between the parts of a name.
fn with_dots(pattern: &str) -> String {
    let bytes = pattern.as_bytes();
    let (mut text, mut in_class, mut is_escaped) = (String::new(), false, false);
    for (at, character) in pattern.char_indices() {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or_default();
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        let is_between = (before.is_ascii_alphanumeric() || b")]*+".contains(&before))
            && (next.is_ascii_alphanumeric() || next == b'(');
        if character == '.' && !is_escaped && !in_class && is_between {
            text.push('\\');
        }
        in_class = !is_escaped && (character == '[' || in_class && character != ']') || is_escaped && in_class;
        is_escaped = character == '\\' && !is_escaped;
        text.push(character);
    }
    text
}

/// The expression for the hosts that the ways name.
fn built(found: &[PatternWay], meant: &[Origin]) -> Option<String> {
    let mut hosts: Vec<String> = Vec::new();
    let mut is_open = false;
    for way in found {
        let (host, open) = host_of(way)?;
        is_open |= open;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    let all = hosts.clone();
    let is_below = |host: &String| all.iter().any(|other| host.ends_with(&format!(".{other}")));
    hosts.retain(|host| !is_open || !is_below(host));
    let is_bare = meant.iter().any(|origin| origin.host().is_some_and(|host| hosts.iter().any(|own| own == host)));
    let labels = match (is_open, is_bare) {
        (false, _) => "",
        (true, true) => "([a-z0-9-]+\\.)*",
        (true, false) => "([a-z0-9-]+\\.)+",
    };
    let has = |scheme: &str| meant.iter().any(|origin| origin.scheme() == Some(scheme));
    let scheme = match (has("http"), has("https")) {
        (true, true) => "https?",
        (true, false) => "http",
        (false, _) => "https",
    };
    let port = |origin: &Origin| origin.to_string().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let ports: Vec<Option<u16>> = meant.iter().map(port).collect();
    let port = match ports.first() {
        _ if ports.iter().all(Option::is_none) => String::new(),
        Some(Some(first)) if *first > 0 && ports.iter().all(|port| *port == Some(*first)) => format!(":{first}"),
        _ => ANY_PORT.to_owned(),
    };
    let escaped: Vec<String> = hosts.iter().take(MAX_HOSTS + 1).map(|host| host.replace('.', "\\.")).collect();
    let host = match escaped.as_slice() {
        [one] => one.clone(),
        some if some.len() <= MAX_HOSTS => format!("({})", some.join("|")),
        _ => return None,
    };
    Some(format!("^{scheme}://{labels}{host}{port}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_lets_nobody_else_in() {
        for (pattern, expected) in [
            (r"app.example.com", Some(r"^https://([a-z0-9-]+\.)*app\.example\.com$")),
            (r"^https://app\.example\.com", Some(r"^https://app\.example\.com$")),
            (r"^https://app.example\.com$", Some(r"^https://app\.example\.com$")),
            (r"^https://*.example.com$", Some(r"^https://([a-z0-9-]+\.)+example\.com$")),
            (r"^https?://.*example\.com$", Some(r"^https?://([a-z0-9-]+\.)*example\.com$")),
            (r"^https://.*\.example\.com", Some(r"^https://.*\.example\.com$")),
            (
                r"^https://a\.example\.com|https://b\.example\.com$",
                Some(r"^(https://a\.example\.com|https://b\.example\.com)$"),
            ),
            (r"(https?://(www\.)?example\.com(:[0-9]+)?)", Some(r"^(https?://(www\.)?example\.com(:[0-9]+)?)$")),
            (r"^https?://localhost", Some(r"^https?://localhost(:[0-9]+)?$")),
            (r"^http://localhost:[0-9]+", Some(r"^http://localhost:[0-9]+$")),
            // What is sound is left as it is.
            (r"^https://app\.example\.com$", Some(r"^https://app\.example\.com$")),
            // Anybody gets a name there.
            (r"^https://.*\.vercel\.app$", None),
            (r"^https://shop-.*\.vercel\.app$", None),
            (r"^https://[a-z]+\.co\.uk$", None),
            (r"^https://example\.[a-z]+$", None),
            // Only a part of a label is fixed.
            (r"^https://studio.*video\.example$", None),
            (r".*acme$", None),
            (r".*", None),
        ] {
            assert_eq!(stricter(&Regexes::default(), pattern, false).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn examples_and_paths() {
        for (pattern, expected) in [
            (r"^https://.+\.example\.com$", "https://a.example.com"),
            (r"^https://.*\.example\.com:\d+$", "https://app.example.com:3000"),
            (r"https?://(s|t).example.com", "https://s.example.com"),
            (r"https://r.example.com/", "https://r.example.com"),
        ] {
            assert_eq!(example(pattern).as_deref(), Some(expected), "{pattern}");
        }
        assert_eq!(without_path(r"^https:\/\/a\.example\/").as_deref(), Some(r"^https:\/\/a\.example$"));
        assert_eq!(without_path(r"^https://(a|b)\.example/.*$").as_deref(), Some(r"^https://(a|b)\.example$"));
    }
}
