//! `docker run --env-file`: the line as it stands.

use super::{Case, Reading};
use crate::dotenv::tree::Assignment;

/// The key has no blank in it; the value is all that follows the `=`, quotes, comment and blanks included.
pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let separator = assignment.separator;
    let line = case.after_mark(assignment).split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    let value = line.strip_suffix(b"\r").unwrap_or(line);
    let blank = assignment.export.is_some() || !separator.before.is_empty();
    if separator.colon {
        return if value.iter().any(u8::is_ascii_whitespace) { Reading::Error } else { Reading::Dropped };
    }
    if blank || std::str::from_utf8(value).is_err() { Reading::Error } else { Reading::Value(value.to_vec()) }
}
