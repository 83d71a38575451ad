//! Parameters with variables in them, and what is known of their value.

use std::borrow::Cow;

use super::config::ItemId;

/// A word of a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The directive.
    pub item: ItemId,
    /// Its parameter, counted from 1.
    pub word: u32,
}

impl Spot {
    /// A parameter of a directive, counted from 1.
    pub fn new(item: ItemId, word: usize) -> Self {
        Spot { item, word: u32::try_from(word).unwrap_or(u32::MAX) }
    }
}

/// Where a value is written in the configuration. What the request brings is written nowhere; where it becomes a part of a value, that is
/// the word that asks for it.
#[derive(Debug, Clone, Default)]
pub enum Written {
    /// In no directive.
    #[default]
    Nowhere,
    /// All of it in one word.
    At(Spot),
    /// In several words: the spot of each part in order, with the number of bytes of the value up to the end of the part.
    Parts(Box<[(u32, Spot)]>),
}

impl Written {
    /// Where all of the value is written; of several words, the first one.
    pub fn first(&self) -> Option<Spot> {
        match self {
            Written::Nowhere => None,
            Written::At(spot) => Some(*spot),
            Written::Parts(parts) => parts.first().map(|(_, spot)| *spot),
        }
    }

    /// The words that it is written in, in the order of its bytes.
    pub fn spots(&self) -> Vec<Spot> {
        match self {
            Written::Nowhere => Vec::new(),
            Written::At(spot) => vec![*spot],
            Written::Parts(parts) => parts.iter().map(|(_, spot)| *spot).collect(),
        }
    }

    /// The same, or `spot` where it is written nowhere.
    fn or(self, spot: Spot) -> Self {
        match self {
            Written::Nowhere => Written::At(spot),
            known => known,
        }
    }
}

/// Why a value cannot be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why<'s> {
    /// It is that of a variable of which the configuration does not tell.
    Variable(Cow<'s, [u8]>),
    /// It is a redirect's, and nginx makes it of more than the configuration says.
    Target,
}

/// A text as nginx computes it for one request, known or open, and where it is written. Two values are equal if their texts are.
#[derive(Debug, Clone)]
pub enum Value<'s> {
    /// Exactly these bytes.
    Known(Cow<'s, [u8]>, Written),
    /// Not to be known from the configuration.
    Unknown(Why<'s>, Written),
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Known(one, _), Value::Known(other, _)) => one == other,
            (Value::Unknown(one, _), Value::Unknown(other, _)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Value<'_> {}

impl<'s> Value<'s> {
    /// A known text that is written nowhere.
    pub fn known(text: impl Into<Cow<'s, [u8]>>) -> Self {
        Value::Known(text.into(), Written::Nowhere)
    }

    /// The unknown value of a variable that the configuration does not define.
    pub fn unknown(variable: impl Into<Cow<'s, [u8]>>) -> Self {
        Value::Unknown(Why::Variable(variable.into()), Written::Nowhere)
    }

    /// The target of a redirect that is not known.
    pub fn unknown_target() -> Self {
        Value::Unknown(Why::Target, Written::Nowhere)
    }

    /// The same value, which stands for a word, or for a part of it, that is written at `spot`.
    #[must_use]
    pub fn through(self, spot: Spot) -> Self {
        match self {
            Value::Known(bytes, written) => Value::Known(bytes, written.or(spot)),
            Value::Unknown(why, written) => Value::Unknown(why, written.or(spot)),
        }
    }

    /// Where it is written.
    pub fn written(&self) -> &Written {
        let (Value::Known(_, written) | Value::Unknown(_, written)) = self;
        written
    }

    /// The bytes, where they are known.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Known(bytes, _) => Some(bytes),
            Value::Unknown(..) => None,
        }
    }

    /// Returns whether `if ($variable)` takes it as true: anything but empty and `0` (A3.15).
    pub fn is_true(&self) -> Option<bool> {
        self.bytes().map(|bytes| !bytes.is_empty() && bytes != b"0")
    }
}

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
