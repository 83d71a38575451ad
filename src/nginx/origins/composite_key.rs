//! The Origin as a part of a composite key: `map "$http_origin:$request_method" …` looks several things up as one text.

use std::ops::Range;

use crate::nginx::syntax::parts::{Part, parts};

/// Which bytes the text of a variable may hold, so that it can be told from what stands beside it.
type Alphabet = fn(u8) -> bool;

/// The variables whose text is known well enough. None of them may hold `:` or `/`, as every origin does.
fn alphabet(variable: &[u8]) -> Option<Alphabet> {
    match variable.to_ascii_lowercase().as_slice() {
        b"request_method" | b"scheme" => Some(|byte| byte.is_ascii_alphabetic() || b"_-".contains(&byte)),
        b"host" | b"server_name" | b"hostname" => Some(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
        b"server_port" => Some(|byte| byte.is_ascii_digit()),
        _ => None,
    }
}

/// Returns what stands before and behind `$http_origin` in the text that a map looks up. `None` where the Origin is not in it, is in it more
/// than once, or is all of it.
fn around(source: &[u8]) -> Option<(Vec<Part<'_>>, Vec<Part<'_>>)> {
    let is_origin = |part: &Part<'_>| matches!(part, Part::Variable(name) if name.eq_ignore_ascii_case(b"http_origin"));
    let pieces: Vec<Part<'_>> = parts(source).collect();
    let at = pieces.iter().position(is_origin)?;
    let (before, rest) = pieces.split_at(at);
    let after = rest.get(1..).unwrap_or_default();
    let is_simple = before.is_empty() && after.is_empty() || after.iter().any(is_origin);
    (!is_simple).then(|| (before.to_vec(), after.to_vec()))
}

/// The bytes of `key` that are compared with the Origin where `source` is looked up, if they can be told from the others for sure.
pub(in crate::nginx) fn origin_part(source: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let (before, after) = around(source)?;
    let start = skip(&before, key)?;
    let end = key.len() - skip_back(&after, key.get(start..)?)?;
    Some(start..end)
}

/// How many bytes at the start of `key` belong to what stands before the Origin.
fn skip(before: &[Part<'_>], key: &[u8]) -> Option<usize> {
    let mut at = 0;
    for (index, part) in before.iter().enumerate() {
        let rest = key.get(at..)?;
        at += match part {
            Part::Text(text) => {
                rest.get(..text.len()).filter(|start| start.eq_ignore_ascii_case(text)).map(<[u8]>::len)?
            }
            Part::Variable(name) => {
                let belongs = alphabet(name)?;
                let run = rest.iter().take_while(|byte| belongs(**byte)).count();
                match before.get(index + 1) {
                    Some(Part::Text(next)) if !next.first().is_some_and(|byte| belongs(*byte)) => run,
                    Some(_) => return None,
                    // The Origin itself is next, and begins with its scheme.
                    None => run - scheme_at_end(rest.get(..run)?, rest.get(run..)?)?,
                }
            }
        };
    }
    Some(at)
}

/// How many bytes at the end of `run` are the scheme of the origin that goes on with `rest`.
fn scheme_at_end(run: &[u8], rest: &[u8]) -> Option<usize> {
    let run = run.to_ascii_lowercase();
    let schemes = [&b"https"[..], b"http"].into_iter();
    schemes.filter(|scheme| rest.starts_with(b"://") && run.ends_with(scheme)).map(<[u8]>::len).next()
}

/// How many bytes at the end of `key` belong to what stands behind the Origin.
fn skip_back(after: &[Part<'_>], key: &[u8]) -> Option<usize> {
    let mut skipped = 0;
    for (index, part) in after.iter().enumerate().rev() {
        let rest = key.get(..key.len() - skipped)?;
        skipped += match part {
            Part::Text(text) => rest
                .get(rest.len().checked_sub(text.len())?..)
                .filter(|end| end.eq_ignore_ascii_case(text))
                .map(<[u8]>::len)?,
            Part::Variable(name) => {
                let belongs = alphabet(name)?;
                // Right behind the Origin nothing tells where it ends.
                let Some(Part::Text(previous)) = index.checked_sub(1).and_then(|index| after.get(index)) else {
                    return None;
                };
                let run = rest.iter().rev().take_while(|byte| belongs(**byte)).count();
                (!previous.last().is_some_and(|byte| belongs(*byte))).then_some(run)?
            }
        };
    }
    Some(skipped)
}

/// The parts of an expression for a composite key: for the Origin, and for the text around it.
pub(in crate::nginx) struct OriginPattern {
    /// The part before the Origin.
    pub(in crate::nginx) before: Vec<u8>,
    /// The part for the Origin.
    pub(in crate::nginx) own: Vec<u8>,
    /// The part behind the Origin.
    pub(in crate::nginx) behind: Vec<u8>,
}

/// Returns what an expression that `source` is matched with seems to want of the Origin, anchored as it seems to be. Only matching tells
/// whether that is so. Where it wants nothing of the rest, that is what would match the rest.
pub(in crate::nginx) fn origin_pattern(source: &[u8], pattern: &[u8]) -> Option<OriginPattern> {
    let (before, after) = around(source)?;
    let (mut parts, none) = (OriginPattern { before: Vec::new(), own: pattern.to_vec(), behind: Vec::new() }, Vec::new);
    match (before.is_empty(), after.first()) {
        (true, Some(Part::Text(separator))) => match outside_groups(pattern, separator) {
            Some(end) => {
                let (own, behind) = pattern.split_at(end);
                (parts.own, parts.behind) = ([own, b"$"].concat(), behind.to_vec());
            }
            None => parts.behind = expression_for(&after).unwrap_or_else(none),
        },
        (false, None) => {
            let start = outside_groups(pattern, b"http").unwrap_or(0);
            let (other, own) = pattern.split_at(start);
            let is_tied = other.last().is_some_and(|byte| !b"*+?^".contains(byte));
            parts.own = [if is_tied { &b"^"[..] } else { b"" }, own].concat();
            parts.before = if is_tied { other.to_vec() } else { expression_for(&before).unwrap_or_else(none) };
        }
        _ => return None,
    }
    Some(parts)
}

/// An expression for what stands beside the Origin. Of a variable whose text could pass for a part of an origin there is none.
fn expression_for(parts: &[Part<'_>]) -> Option<Vec<u8>> {
    let one = |part: &Part<'_>| match part {
        Part::Text(text) => Some(regex_syntax::escape(std::str::from_utf8(text).ok()?)),
        Part::Variable(name) => match name.to_ascii_lowercase().as_slice() {
            b"request_method" => Some("[A-Z]+".to_owned()),
            b"scheme" => Some("https?".to_owned()),
            b"server_port" => Some("[0-9]+".to_owned()),
            _ => None,
        },
    };
    let texts: Option<Vec<String>> = parts.iter().map(one).collect();
    texts.map(|texts| texts.concat().into_bytes())
}

/// Where `text` stands in an expression outside of groups and classes for the last time, escaped or not.
fn outside_groups(pattern: &[u8], text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_class, mut found) = (0_usize, false, None);
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        let escaped = byte == b'\\';
        let literal = if escaped { at + 1 } else { at };
        if depth == 0 && !in_class && pattern.get(literal..).is_some_and(|rest| rest.starts_with(text)) {
            // The colon of `://` ends no origin.
            let is_scheme = pattern.get(literal..).is_some_and(|rest| rest.starts_with(b"://"));
            found = if is_scheme { found } else { Some(at) };
        }
        match byte {
            _ if escaped => at += 1,
            b'[' if !in_class => in_class = true,
            b']' => in_class = false,
            b'(' if !in_class => depth += 1,
            b')' if !in_class => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_told_from_what_stands_beside_it() {
        for (source, key, expected) in [
            ("$http_origin:$request_method", "https://app.example.com:8443:GET", Some("https://app.example.com:8443")),
            ("$http_origin:$request_method", "https://app.example.com/:post", Some("https://app.example.com/")),
            ("$request_method:$http_origin", "POST:https://app.example.com", Some("https://app.example.com")),
            ("$request_method$http_origin", "GEThttps://app.example.com", Some("https://app.example.com")),
            ("$scheme://$host$http_origin", "https://api.example.comhttp://a.example", Some("http://a.example")),
            ("${http_origin}-cors", "https://app.example.com-cors", Some("https://app.example.com")),
            ("$host|$http_origin|$server_port", "a.example|https://b.example|443", Some("https://b.example")),
            ("$http_origin:$request_method", ":GET", Some("")),
            // Nothing tells where the one ends and the other begins.
            ("$http_origin$request_method", "https://app.example.comGET", None),
            ("$http_origin$request_uri", "https://app.example.com/api", None),
            ("$host$http_origin", "api.example.comapp.example.com", None),
            ("$http_origin:$cookie_a", "https://app.example.com:x", None),
            ("$http_origin-$request_method", "https://app.example.com-GET", None),
            ("$http_origin:$request_method", "https://app.example.com", None),
            ("$http_origin", "https://app.example.com", None),
            ("$http_origin $http_origin", "https://a.example https://a.example", None),
            ("$request_method", "GET", None),
        ] {
            let found = origin_part(source.as_bytes(), key.as_bytes()).map(|range| &key[range]);
            assert_eq!(found, expected, "{source} {key}");
        }
    }

    #[test]
    fn an_expression_is_cut_where_the_origin_seems_to_end() {
        for (source, pattern, expected) in [
            (
                "$http_origin:$request_method",
                r"^https://(a|b)\.example\.com(:\d+)?:(GET|POST)$",
                r"^https://(a|b)\.example\.com(:\d+)?$",
            ),
            ("$http_origin:$request_method", r"^https://.*\.example\.com", r"^https://.*\.example\.com"),
            ("$request_method:$http_origin", r"^(GET|POST):https?://.*\.example\.com$", r"^https?://.*\.example\.com$"),
            ("$host$http_origin", r"^.*https://.*\.example\.com$", r"https://.*\.example\.com$"),
        ] {
            let found = origin_pattern(source.as_bytes(), pattern.as_bytes()).unwrap().own;
            assert_eq!(String::from_utf8_lossy(&found), expected, "{source} {pattern}");
        }
    }
}
