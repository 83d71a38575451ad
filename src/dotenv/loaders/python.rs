//! The PyPI package `python-dotenv`: `dotenv_values`, which looks variables up in the file first.

use super::{Case, Reading};
use crate::dotenv::tree::{Assignment, Quoting};
use crate::dotenv::value::Variables;

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    if assignment.separator.colon {
        return Reading::Dropped;
    }
    let value = &assignment.value;
    let text = match value.quoting {
        Quoting::Single | Quoting::Double => {
            let quote = if value.quoting == Quoting::Single { b'\'' } else { b'"' };
            let body = case.file.get(value.span.start as usize + 1..).unwrap_or(&[]);
            let close = closing_quote(body, quote);
            if close != Some(value.inner.len() as usize) || !value.closed {
                return outside_the_statement(body, close);
            }
            if !value.after.is_empty() {
                return Reading::Dropped;
            }
            let escapes: &[u8] = if quote == b'"' { br#"\'"abfnrtv"# } else { br"\'" };
            decode(case.text(value.inner), escapes)
        }
        Quoting::None | Quoting::Bare | Quoting::Backtick => {
            let line = case.first_line(assignment).split(|&byte| byte == b'\r').next().unwrap_or(&[]);
            let Ok(line) = std::str::from_utf8(line) else { return Reading::Error };
            without_comment(line).as_bytes().to_vec()
        }
    };
    String::from_utf8(text).map_or(Reading::Error, |text| expand(&text, case.variables))
}

/// The first quote with no backslash before it, or else the last one at all.
fn closing_quote(body: &[u8], quote: u8) -> Option<usize> {
    let mut last = None;
    let mut before = 0;
    for (at, &byte) in body.iter().enumerate() {
        if byte == quote {
            last = Some(at);
            if before != b'\\' {
                break;
            }
        }
        before = byte;
    }
    last
}

/// Python closes the quote elsewhere than the tree does: the statement is dropped if text follows that quote, and takes other
/// lines in if none does.
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
    let mut left = text;
    while let Some((before, after)) = left.split_once("${") {
        value.push_str(before);
        let name = after.split(['}', ':']).next().unwrap_or_default();
        let operator = after.get(name.len()..).unwrap_or_default();
        let default = operator.strip_prefix(":-").and_then(|rest| rest.split_once('}'));
        let (default, rest) = match (operator.strip_prefix('}'), default) {
            (Some(rest), _) => (None, rest),
            (None, Some((default, rest))) => (Some(default), rest),
            (None, None) => {
                value.push_str("${");
                left = after;
                continue;
            }
        };
        let set = variables.get(name.as_bytes()).and_then(|set| std::str::from_utf8(set).ok());
        let Some(meant) = set.or(default) else { return Reading::Unknown };
        value.push_str(meant);
        left = rest;
    }
    value.push_str(left);
    Reading::Value(value.into_bytes())
}
