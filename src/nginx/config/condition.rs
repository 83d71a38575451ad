//! The condition of an `if`, with nginx's whole grammar (A3.15).

use std::borrow::Cow;

use crate::nginx::config::{Config, ItemId};

/// The condition of an `if`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<'s> {
    /// `($variable)`
    True(Cow<'s, [u8]>),
    /// `($variable = text)` and `!=`; compared case-sensitively (A5.9).
    Equal {
        /// The variable's name.
        variable: Cow<'s, [u8]>,
        /// The value that it is compared with; may hold variables.
        text: Cow<'s, [u8]>,
        /// The index of the word that holds `text`.
        word: usize,
        /// True if it is `!=`.
        negated: bool,
    },
    /// `($variable ~ regex)`, `~*`, `!~`, `!~*`
    Match {
        /// The variable's name.
        variable: Cow<'s, [u8]>,
        /// The expression.
        regex: Cow<'s, [u8]>,
        /// The index of the word that holds `regex`.
        word: usize,
        /// True if case is ignored.
        ignore_case: bool,
        /// True if it is `!~` or `!~*`.
        negated: bool,
    },
    /// `(-f path)` and its kin: only the production machine knows.
    File {
        /// The operator, such as `!-f`.
        operator: Cow<'s, [u8]>,
        /// The path; may hold variables.
        path: Cow<'s, [u8]>,
    },
    /// nginx refuses it.
    Invalid,
}

/// The condition of the `if` directive `item`; `None` where a template fills a part of it in.
pub fn condition<'s>(config: &Config<'s>, item: ItemId) -> Option<Condition<'s>> {
    let count = config.parameter_count(item);
    let mut words: Vec<(usize, Cow<'s, [u8]>)> = Vec::with_capacity(count.min(4));
    for index in 1..=count {
        words.push((index, config.parameter(item, index)?));
    }
    Some(read(words).unwrap_or(Condition::Invalid))
}

/// As `ngx_http_rewrite_if_condition` reads it: each parenthesis stands alone or clings to a word.
fn read(mut words: Vec<(usize, Cow<'_, [u8]>)>) -> Option<Condition<'_>> {
    let (_, first) = words.first_mut()?;
    *first = tail(first, first.strip_prefix(b"(")?.len());
    if first.is_empty() {
        words.remove(0);
    }
    let (_, last) = words.last_mut()?;
    *last = Cow::Owned(last.strip_suffix(b")")?.to_vec());
    if last.is_empty() {
        words.pop();
    }
    let mut words = words.into_iter();
    let (_, subject) = words.next()?;
    let second = words.next();
    let third = words.next();
    match (subject.as_ref(), second, third, words.next()) {
        ([b'$', _, ..], None, _, _) => Some(Condition::True(tail(&subject, subject.len() - 1))),
        ([b'$', _, ..], Some((_, operator)), Some(operand), None) => {
            compare(tail(&subject, subject.len() - 1), &operator, operand)
        }
        ([b'-', b'f' | b'd' | b'e' | b'x'] | [b'!', b'-', b'f' | b'd' | b'e' | b'x'], Some((_, path)), None, _) => {
            Some(Condition::File { operator: subject, path })
        }
        _ => None,
    }
}

/// The last `length` bytes of `word`.
fn tail<'s>(word: &Cow<'s, [u8]>, length: usize) -> Cow<'s, [u8]> {
    match word {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[bytes.len() - length..]),
        Cow::Owned(bytes) => Cow::Owned(bytes[bytes.len() - length..].to_vec()),
    }
}

fn compare<'s>(variable: Cow<'s, [u8]>, operator: &[u8], operand: (usize, Cow<'s, [u8]>)) -> Option<Condition<'s>> {
    let (word, text) = operand;
    let negated = operator.starts_with(b"!");
    match operator.strip_prefix(b"!").unwrap_or(operator) {
        b"=" => Some(Condition::Equal { variable, text, word, negated }),
        tilde @ (b"~" | b"~*") => {
            Some(Condition::Match { variable, regex: text, word, ignore_case: tilde.len() == 2, negated })
        }
        _ => None,
    }
}
