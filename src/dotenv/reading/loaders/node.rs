//! The npm package `dotenv`: one regular expression over the file.

use super::{Case, Reading};
use crate::dotenv::syntax::tree::{Assignment, EnvQuoting, StatementKind};

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let key = case.text(assignment.key);
    let plain = key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte));
    let colon = assignment.separator.colon;
    if !plain || colon && assignment.separator.after.is_empty() && !assignment.value.span.is_empty() {
        return Reading::Dropped;
    }
    if value_on_a_later_line(case, assignment) {
        return Reading::Unknown;
    }
    let value = &assignment.value;
    let quoted = !matches!(value.quoting, EnvQuoting::None | EnvQuoting::Bare);
    if quoted && value.closed && value.after.is_empty() {
        return finish(case.text(value.inner), value.quoting == EnvQuoting::Double);
    }
    let line = case.first_line(assignment);
    let line = line.split(|&byte| byte == b'#' || byte == b'\r').next().unwrap_or(&[]);
    let Ok(text) = std::str::from_utf8(line) else { return Reading::Unknown };
    let text = text.trim();
    let inner = ['\'', '"', '`'].iter().find_map(|&quote| unquote(text, quote));
    finish(inner.unwrap_or(text).as_bytes(), text.starts_with('"'))
}

/// The expression lets a line break stand between the separator and the value where that starts with a quote, and
/// after a `:` where it does not.
fn value_on_a_later_line(case: &Case<'_>, assignment: &Assignment) -> bool {
    if assignment.value.quoting != EnvQuoting::None || assignment.comment.is_some() {
        return false;
    }
    let next = case.later.iter().find(|statement| statement.kind != StatementKind::Blank);
    let quoted = next.is_some_and(|next| {
        let text = case.text(next.span).trim_ascii_start();
        text.starts_with(b"'") || text.starts_with(b"\"") || text.starts_with(b"`")
    });
    quoted || assignment.separator.colon
}

fn unquote(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

/// Line breaks are `\n`; between double quotes `\n` and `\r` are turned, and no other escape.
fn finish(text: &[u8], double: bool) -> Reading {
    let Ok(text) = std::str::from_utf8(text) else { return Reading::Unknown };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = if double { text.replace("\\n", "\n").replace("\\r", "\r") } else { text };
    Reading::Value(text.into_bytes())
}
