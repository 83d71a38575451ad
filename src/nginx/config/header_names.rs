//! The names of the header fields that directives add to answers, right or wrong.

use crate::nginx::config::{Config, ItemId};
use crate::source::{Place, Span};

/// The names of the headers that a directive adds to answers, and where they stand.
pub fn names(config: &Config<'_>, item: ItemId) -> Vec<(Place, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match config.item(item).name {
        b"add_header" => {
            let name = config.parameter(item, 1);
            name.map(|name| (config.value_place(item, 1), text(&name))).into_iter().collect()
        }
        b"more_set_headers" => {
            let name = |index| {
                let word = config.parameter(item, index)?;
                let colon = word.iter().position(|byte| *byte == b':')?;
                let whole = config.value_place(item, index);
                let span = Span::new(whole.span.start, whole.span.start + Span::at(0, colon).end);
                // In a word with escapes the name may stand elsewhere.
                let exact = whole.span.len() as usize == word.len();
                Some((Place { span: if exact { span } else { whole.span }, ..whole }, text(&word[..colon])))
            };
            (1..=config.parameter_count(item)).filter_map(name).collect()
        }
        _ => Vec::new(),
    }
}
