//! Texts and expressions that `$http_origin` is compared with.

use std::borrow::Cow;

use crate::nginx::config::{Config, ItemId};
use crate::source::{Place, Span};

/// A comparison with `$http_origin` that a value depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Where the text or expression stands.
    pub place: Place,
    /// The text or expression, without a `~`.
    pub text: Vec<u8>,
    /// For an expression, true if case is ignored; `None` for a text.
    pub regex: Option<bool>,
    /// The map line or the `if` it belongs to.
    pub item: ItemId,
    /// The part of the key before the Origin, where it is about more than that: a text, or of an expression its part.
    pub before: Vec<u8>,
    /// The same of what stands behind the Origin.
    pub behind: Vec<u8>,
}

impl Compared {
    /// Returns what the condition of an `if` compares the Origin with: the text of one of its words, counted from 0.
    pub(crate) fn in_condition(
        config: &Config<'_>,
        item: ItemId,
        word: usize,
        text: Cow<'_, [u8]>,
        regex: Option<bool>,
    ) -> Self {
        let place = config.value_place(item, word);
        let place = Place { span: without_parenthesis(config, place, &text), ..place };
        Compared { place, text: text.into_owned(), regex, item, before: Vec::new(), behind: Vec::new() }
    }

    /// The text for the Origin as the text of the whole key.
    pub fn keyed_text(&self, origin: &str) -> String {
        format!("{}{origin}{}", String::from_utf8_lossy(&self.before), String::from_utf8_lossy(&self.behind))
    }

    /// The expression for the Origin as an expression for the whole key.
    pub fn keyed(&self, expression: &str) -> String {
        let around = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            if self.regex.is_some() { text.into_owned() } else { regex_syntax::escape(&text) }
        };
        let (before, behind) = (around(&self.before), around(&self.behind));
        let mut whole = expression.to_owned();
        if !before.is_empty() {
            let tie = if before.starts_with('^') { "" } else { "^" };
            whole = format!("{tie}{before}{}", whole.strip_prefix('^').unwrap_or(&whole));
        }
        if !behind.is_empty() {
            let tie = if behind.ends_with('$') { "" } else { "$" };
            whole = format!("{}{behind}{tie}", whole.strip_suffix('$').unwrap_or(&whole));
        }
        whole
    }
}

/// The closing parenthesis of a condition clings to its last word.
fn without_parenthesis(config: &Config<'_>, place: Place, text: &[u8]) -> Span {
    let written = place.span.of(config.bytes(place.file));
    let clings = written.len() == text.len() + 1 && written.ends_with(b")");
    if clings { Span::new(place.span.start, place.span.end - 1) } else { place.span }
}
