//! The PyPI package `python-dotenv`: `dotenv_values`, which looks variables up in the file first.
//!
//! This is version 1.2.4. Up to 1.2.2 a `#` after `= ` starts the value, `\\\\` before a quote escapes it, and a byte
//! order mark becomes a part of the first key.

use super::{Case, Reading};
use crate::dotenv::reading::value::Variables;
use crate::dotenv::syntax::tree::{Assignment, EnvQuoting};

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    if assignment.separator.colon {
        return Reading::Dropped;
    }
    let value = &assignment.value;
    let text = match value.quoting {
        EnvQuoting::Single | EnvQuoting::Double => {
            let quote = if value.quoting == EnvQuoting::Single { b'\'' } else { b'"' };
            let body = case.file.get(value.span.start as usize + 1..).unwrap_or(&[]);
            let close = closing_quote(body, quote);
            if close != Some(value.inner.len() as usize) || !value.closed {
                return outside_the_statement(body, close);
            }
            if !value.after.is_empty() {
                return Reading::Dropped;
            }
            let escapes: &[u8] = if quote == b'"' { br#"\'"abfnrtv"# } else { br"\'" };
            decode(&with_plain_line_breaks(case.text(value.inner)), escapes)
        }
        // A `#` that a blank stands before starts a comment; directly after the `=` it starts the value.
        EnvQuoting::None => Vec::new(),
        EnvQuoting::Bare | EnvQuoting::Backtick => {
            let line = case.first_line(assignment).split(|&byte| byte == b'\r').next().unwrap_or(&[]);
            let Ok(line) = std::str::from_utf8(line) else { return Reading::Error };
            without_comment(line).as_bytes().to_vec()
        }
    };
    String::from_utf8(text).map_or(Reading::Error, |text| expand(&text, case.variables))
}

/// The first quote that is not escaped; a backslash escapes whatever follows it.
fn closing_quote(body: &[u8], quote: u8) -> Option<usize> {
    let mut escaped = false;
    body.iter().position(|&byte| {
        let closes = byte == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// Python closes the quote elsewhere than the tree does: the statement is dropped if text follows that quote, and
/// takes other lines in if none does.
fn outside_the_statement(body: &[u8], close: Option<usize>) -> Reading {
    let after = close.and_then(|close| body.get(close + 1..)).unwrap_or(b"x");
    let after = after.split(|&byte| byte == b'\n').next().unwrap_or(&[]).trim_ascii_start();
    if after.is_empty() || after.starts_with(b"#") { Reading::Unknown } else { Reading::Dropped }
}

/// Cuts at the first `#` with a blank before it, and then the blanks at the end.
fn without_comment(line: &str) -> &str {
    let mut blank = false;
    for (at, letter) in line.char_indices() {
        if letter == '#' && blank {
            return line.get(..at).unwrap_or(line).trim_end();
        }
        blank = letter.is_whitespace();
    }
    line.trim_end()
}

/// Python reads text with every line break as `\n`.
fn with_plain_line_breaks(inner: &[u8]) -> Vec<u8> {
    let followed = |at: usize| inner.get(at + 1) == Some(&b'\n');
    let kept = inner.iter().enumerate().filter(|(at, byte)| **byte != b'\r' || !followed(*at));
    kept.map(|(_, &byte)| if byte == b'\r' { b'\n' } else { byte }).collect()
}

fn decode(inner: &[u8], escapes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(inner.len());
    let mut left = inner;
    while let [byte, after @ ..] = left {
        match (byte, after) {
            (b'\\', [escape, rest @ ..]) if escapes.contains(escape) => {
                decoded.push(match escape {
                    b'a' => 0x07,
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 0x0b,
                    other => *other,
                });
                left = rest;
            }
            _ => {
                decoded.push(*byte);
                left = after;
            }
        }
    }
    decoded
}

/// `${NAME}` and `${NAME:-default}`, wherever they stand, between single quotes too.
fn expand(text: &str, variables: &Variables) -> Reading {
    let mut value = String::new();
    let mut at = 0;
    let (mut name_ends, mut closes) = (Next::new(text), Next::new(text));
    while let Some(found) = text.get(at..).and_then(|left| left.find("${")) {
        value.push_str(text.get(at..at + found).unwrap_or_default());
        at += found + 2;
        let name_end = name_ends.from(at, &['}', ':']);
        let name = text.get(at..name_end).unwrap_or_default();
        let operator = text.get(name_end..).unwrap_or_default();
        let (default, end) = if operator.starts_with('}') {
            (None, name_end)
        } else if operator.starts_with(":-") {
            let end = closes.from(name_end, &['}']);
            (text.get(name_end + 2..end), end)
        } else {
            (None, text.len())
        };
        if end == text.len() {
            value.push_str("${");
            continue;
        }
        let set = variables.get(name.as_bytes()).and_then(|set| std::str::from_utf8(set).ok());
        let Some(meant) = set.or(default) else { return Reading::Unknown };
        value.push_str(meant);
        at = end + 1;
    }
    value.push_str(text.get(at..).unwrap_or_default());
    Reading::Value(value.into_bytes())
}

/// Where the next of some characters stands; what was found is kept, so that a text is walked through once.
struct Next<'t> {
    text: &'t str,
    found: Option<usize>,
}

impl<'t> Next<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, found: None }
    }

    /// The first from `at` on, the length of the text if there is none.
    fn from(&mut self, at: usize, characters: &[char]) -> usize {
        if let Some(found) = self.found.filter(|found| *found >= at) {
            return found;
        }
        let found =
            self.text.get(at..).and_then(|rest| rest.find(characters)).map_or(self.text.len(), |found| at + found);
        self.found = Some(found);
        found
    }
}
