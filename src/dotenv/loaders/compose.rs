//! `env_file` of docker compose: `dotenv/parser.go` of compose-go.

use super::{Case, Reading};
use crate::dotenv::tree::{Assignment, PartKind, Quoting};
use crate::dotenv::value::braced;
use crate::source::Span;

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let key = case.text(assignment.key);
    let plain = key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-[]".contains(byte));
    let value = &assignment.value;
    if !plain {
        return Reading::Unknown;
    }
    match value.quoting {
        Quoting::None if assignment.comment.is_some() || assignment.separator.colon => Reading::Unknown,
        Quoting::None => Reading::Value(Vec::new()),
        _ if !value.closed => Reading::Error,
        _ if !is_known_tail(case, assignment) => Reading::Unknown,
        Quoting::Single => {
            let inner = case.text(value.inner);
            let escaped = inner.windows(2).any(|pair| pair == b"\\'") || inner.ends_with(b"\\");
            if escaped { Reading::Unknown } else { utf8(inner.to_vec()) }
        }
        Quoting::Backtick => {
            let line = case.first_line(assignment);
            if line.contains(&b'$') || line.contains(&b'#') {
                Reading::Unknown
            } else {
                utf8(line.trim_ascii_end().to_vec())
            }
        }
        Quoting::Bare | Quoting::Double => parts(case, assignment),
    }
}

/// Whether what follows the value was seen in use: nothing, a comment after a space, or a word after a quoted value,
/// which is the next key.
fn is_known_tail(case: &Case<'_>, assignment: &Assignment) -> bool {
    let value = &assignment.value;
    let name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let gap = |comment: Span| case.text(Span::new(value.span.end.max(value.after.end), comment.start));
    let commented = assignment.comment.is_none_or(|comment| gap(comment).ends_with(b" "));
    let hash = value.quoting == Quoting::Bare && case.text(value.span).starts_with(b"#");
    commented && !hash && case.text(value.after).iter().all(name_byte)
}

fn utf8(value: Vec<u8>) -> Reading {
    if std::str::from_utf8(&value).is_ok() { Reading::Value(value) } else { Reading::Unknown }
}

/// A value with escapes and variables.
fn parts(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let value = &assignment.value;
    let double = value.quoting == Quoting::Double;
    let mut read = Vec::new();
    for part in case.tree.parts(value) {
        let raw = case.text(part.span);
        match part.kind {
            PartKind::Literal if raw.contains(&b'$') => return Reading::Unknown,
            PartKind::Literal => read.extend_from_slice(raw),
            PartKind::Escape if double => match escape(raw) {
                Some(meant) => read.extend_from_slice(meant),
                None => return Reading::Unknown,
            },
            PartKind::Escape if raw == b"\\$" => return Reading::Unknown,
            PartKind::Escape => read.extend_from_slice(raw),
            PartKind::Variable(name) => match case.variables.get(case.text(name)) {
                Some(set) => read.extend_from_slice(set),
                None => return Reading::Unknown,
            },
            PartKind::Braced(name, operator) => {
                let set = case.variables.get(case.text(name)).map(Vec::as_slice);
                match braced(set, case.text(operator)) {
                    Some(meant) => read.extend_from_slice(meant),
                    None => return Reading::Unknown,
                }
            }
        }
    }
    utf8(read)
}

/// An escape between double quotes; nothing for what nobody has tried.
fn escape(raw: &[u8]) -> Option<&[u8]> {
    match raw {
        b"\\a" => Some(b"\x07"),
        b"\\b" => Some(b"\x08"),
        b"\\f" => Some(b"\x0c"),
        b"\\n" => Some(b"\n"),
        b"\\r" => Some(b"\r"),
        b"\\t" => Some(b"\t"),
        b"\\v" => Some(b"\x0b"),
        b"\\\"" => Some(b"\""),
        b"\\\\" => Some(b"\\"),
        _ => None,
    }
}
