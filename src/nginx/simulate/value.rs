//! A value in one request: its bytes as far as they are known, and where it is written.

use std::borrow::Cow;

use crate::nginx::config::ItemId;

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
