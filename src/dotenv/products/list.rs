//! How products take a value apart into its entries.

use std::ops::Range;

use crate::dotenv::products::keys::Separator;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// Its bytes in the value, without blanks and without the quotes of JSON.
    pub range: Range<usize>,
    /// True if blanks stood around it; a product that does not trim keeps them.
    pub padded: bool,
}

/// The entries of a value, empty ones left out. Text that is not what the separator asks for is one entry, as it
/// stands.
pub fn entries(value: &[u8], separator: Separator) -> Vec<ListEntry> {
    let is_json = value.trim_ascii_start().starts_with(b"[");
    let split = |is_separator: fn(u8) -> bool| split(value, is_separator);
    match separator {
        Separator::Json | Separator::CommaOrJson if is_json => json(value).unwrap_or_else(|| split(|_| false)),
        Separator::QuotedList => json(value).unwrap_or_else(|| split(|_| false)),
        Separator::CommaOrBrackets => bracketed(value),
        Separator::Comma | Separator::CommaOrJson | Separator::CommaOrIndexed => split(|byte| byte == b','),
        Separator::Space => spaced(split(|byte| byte.is_ascii_whitespace())),
        Separator::CommaOrSpace => spaced(split(|byte| byte == b',' || byte.is_ascii_whitespace())),
        Separator::Semicolon => split(|byte| byte == b';'),
        Separator::None | Separator::Json | Separator::Indexed | Separator::Unknown => split(|_| false),
    }
}

fn split(value: &[u8], is_separator: fn(u8) -> bool) -> Vec<ListEntry> {
    let mut entries = Vec::new();
    let mut start = 0;
    for piece in value.split(|&byte| is_separator(byte)) {
        let blanks = piece.len() - piece.trim_ascii_start().len();
        let length = piece.trim_ascii().len();
        if length > 0 {
            let range = start + blanks..start + blanks + length;
            entries.push(ListEntry { range, padded: length < piece.len() });
        }
        start += piece.len() + 1;
    }
    entries
}

/// Entries after commas, with brackets around all of them or none, and quotes around each or none.
fn bracketed(value: &[u8]) -> Vec<ListEntry> {
    let is_list = value.starts_with(b"[") && value.ends_with(b"]");
    let inside = if is_list { 1..value.len().saturating_sub(1) } else { 0..value.len() };
    let mut entries = split(value.get(inside.clone()).unwrap_or(&[]), |byte| byte == b',');
    for ListEntry { range, .. } in &mut entries {
        *range = range.start + inside.start..range.end + inside.start;
        let is_quoted = matches!(value.get(range.clone()), Some([b'"', .., b'"']));
        if is_quoted {
            *range = range.start + 1..range.end - 1;
        }
    }
    entries
}

/// Where blanks separate, none stand around an entry.
fn spaced(mut entries: Vec<ListEntry>) -> Vec<ListEntry> {
    entries.iter_mut().for_each(|entry| entry.padded = false);
    entries
}

/// The strings of `["a", "b"]`, or of the same without brackets; nothing where it is neither, or where a string has an
/// escape, which no origin has.
fn json(value: &[u8]) -> Option<Vec<ListEntry>> {
    let trimmed = value.trim_ascii();
    let inner = trimmed.strip_prefix(b"[").map_or(Some(trimmed), |open| open.strip_suffix(b"]"))?;
    let offset = value.len() - value.trim_ascii_start().len() + usize::from(inner.len() < trimmed.len());
    let mut entries = Vec::new();
    let mut at = 0;
    loop {
        let left = inner.get(at..)?;
        let blanks = left.len() - left.trim_ascii_start().len();
        if blanks == left.len() && entries.is_empty() {
            return Some(entries);
        }
        let text = left.get(blanks..)?.strip_prefix(b"\"")?;
        let length = text.iter().position(|&byte| byte == b'"' || byte == b'\\')?;
        let after = text.get(length..)?.strip_prefix(b"\"")?;
        let start = at + blanks + 1;
        let string = text.get(..length)?;
        let padding = length - string.trim_ascii().len();
        let first = offset + start + string.len() - string.trim_ascii_start().len();
        entries.push(ListEntry { range: first..first + length - padding, padded: padding > 0 });
        match after.trim_ascii_start() {
            [] => return Some(entries),
            [b',', ..] => at = start + length + 1 + (after.len() - after.trim_ascii_start().len()) + 1,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, separator: Separator, expected: &[&str]) {
        let found = entries(value.as_bytes(), separator);
        let texts: Vec<&str> = found.iter().map(|entry| &value[entry.range.clone()]).collect();
        assert_eq!(texts, expected, "{value} by {separator:?}");
    }

    #[test]
    fn entries_are_found_where_they_stand() {
        check("a,b, c ,,", Separator::Comma, &["a", "b", "c"]);
        check("a, b", Separator::None, &["a, b"]);
        check(" a  b\tc ", Separator::Space, &["a", "b", "c"]);
        check("a;b", Separator::Semicolon, &["a", "b"]);
        check("a, b c", Separator::CommaOrSpace, &["a", "b", "c"]);
        check("[\"a\", \"b\" ]", Separator::Json, &["a", "b"]);
        check("[\"a\",\"b\"]", Separator::CommaOrJson, &["a", "b"]);
        check("[a, \"b\"]", Separator::CommaOrBrackets, &["a", "b"]);
        check("a,b", Separator::CommaOrBrackets, &["a", "b"]);
        check("a,b", Separator::Json, &["a,b"]);
        check("[a,b]", Separator::Json, &["[a,b]"]);
        check("[]", Separator::Json, &[]);
        check("\"a\",\"b\"", Separator::QuotedList, &["a", "b"]);
        check("[\"a\" \"b\"]", Separator::Json, &["[\"a\" \"b\"]"]);
        check("", Separator::Comma, &[]);
    }

    #[test]
    fn blanks_around_an_entry_are_noted() {
        let padded = |value: &str, separator| {
            entries(value.as_bytes(), separator).iter().map(|entry| entry.padded).collect::<Vec<_>>()
        };
        assert_eq!(padded("a, b", Separator::Comma), [false, true]);
        assert_eq!(padded("a  b", Separator::Space), [false, false]);
        assert_eq!(padded("[\"a\", \" b\"]", Separator::Json), [false, true]);
    }
}
