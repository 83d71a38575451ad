//! Parameters with variables in them, taken apart.

/// A piece of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'v> {
    /// Text as it stands.
    Text(&'v [u8]),
    /// `$name`, `${name}` or a capture `$1`; without the signs.
    Variable(&'v [u8]),
}

/// The pieces of a parameter, in order. nginx has no escape for `$` (A4.13); a `$` that starts no name is text here, and
/// a load error in nginx.
pub fn parts(value: &[u8]) -> Parts<'_> {
    Parts { rest: value }
}

/// See [`parts`].
#[derive(Debug, Clone)]
pub struct Parts<'v> {
    rest: &'v [u8],
}

impl<'v> Iterator for Parts<'v> {
    type Item = Part<'v>;

    fn next(&mut self) -> Option<Part<'v>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some((name, rest)) = variable(self.rest) {
            self.rest = rest;
            return Some(Part::Variable(name));
        }
        // The first byte is text even if it is a `$`; the text goes on to the next `$`.
        let end = memchr::memchr(b'$', &self.rest[1..]).map_or(self.rest.len(), |at| at + 1);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Part::Text(text))
    }
}

/// The variable that `text` starts with, and what follows it.
fn variable(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let after = text.strip_prefix(b"$")?;
    if let Some(braced) = after.strip_prefix(b"{") {
        let end = braced.iter().position(|byte| !is_name(*byte))?;
        return (end > 0 && braced[end] == b'}').then(|| (&braced[..end], &braced[end + 1..]));
    }
    let end = match after.first()? {
        b'1'..=b'9' => 1,
        _ => after.iter().position(|byte| !is_name(*byte)).unwrap_or(after.len()),
    };
    (end > 0).then(|| after.split_at(end))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns whether a value is this variable with text around it, and holds no other variable.
pub fn is_more_than(value: &[u8], variable: &[u8]) -> bool {
    let is_it = |part: Part<'_>| matches!(part, Part::Variable(name) if name.eq_ignore_ascii_case(variable));
    let is_text = |part: Part<'_>| matches!(part, Part::Text(text) if !text.trim_ascii().is_empty());
    let is_other = |part: Part<'_>| matches!(part, Part::Variable(name) if !name.eq_ignore_ascii_case(variable));
    parts(value).any(is_it) && parts(value).any(is_text) && !parts(value).any(is_other)
}

/// The variable, if the whole parameter is one and nothing else.
pub fn only_variable(value: &[u8]) -> Option<&[u8]> {
    match variable(value) {
        Some((name, [])) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_fall_into_text_and_variables() {
        let shown = |value: &str| {
            let piece = |part| match part {
                Part::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
                Part::Variable(name) => format!("${}", String::from_utf8_lossy(name)),
            };
            parts(value.as_bytes()).map(piece).collect::<Vec<_>>().join(" ")
        };
        for (value, expected) in [
            ("https://a.example", "'https://a.example'"),
            ("$http_origin", "$http_origin"),
            ("$scheme://$host/x", "$scheme '://' $host '/x'"),
            ("${a}b$1c", "$a 'b' $1 'c'"),
            ("a$", "'a' '$'"),
            ("$-", "'$-'"),
            ("${a", "'${a'"),
            ("$10", "$1 '0'"),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
    }
}
