//! `env_file` of docker compose: `dotenv/parser.go` of compose-go.

use super::{Case, Reading};
use crate::dotenv::tree::{Assignment, PartKind, Quoting};
use crate::dotenv::value::braced;

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let key = case.text(assignment.key);
    let plain = key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-[]".contains(byte));
    let value = &assignment.value;
    if !plain {
        return Reading::Unknown;
    }
    match value.quoting {
        Quoting::None if assignment.comment.is_some() => Reading::Unknown,
        Quoting::None => Reading::Value(Vec::new()),
        _ if !value.closed => Reading::Error,
        Quoting::Single => single(case.text(value.inner)),
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

fn utf8(value: Vec<u8>) -> Reading {
    if std::str::from_utf8(&value).is_ok() { Reading::Value(value) } else { Reading::Unknown }
}

/// Between single quotes only the quote itself is escaped.
fn single(inner: &[u8]) -> Reading {
    let mut value = Vec::with_capacity(inner.len());
    let mut escaped = false;
    for &byte in inner {
        match (escaped, byte) {
            (false, b'\\') => escaped = true,
            (true, b'\'') => {
                value.push(b'\'');
                escaped = false;
            }
            (true, _) => {
                value.extend([b'\\', byte]);
                escaped = false;
            }
            (false, _) => value.push(byte),
        }
    }
    if escaped { Reading::Error } else { utf8(value) }
}

/// A value with escapes and variables.
fn parts(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let value = &assignment.value;
    let double = value.quoting == Quoting::Double;
    let tabbed = case.text(value.span).ends_with(b"#")
        || assignment
            .comment
            .is_some_and(|comment| case.text(crate::source::Span::new(value.span.end, comment.start)).ends_with(b"\t"));
    if !double && tabbed {
        return Reading::Unknown;
    }
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

/// An escape between double quotes; what is no escape stays as it stands, and what nobody has tried is nothing.
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
        b"\\c" | b"\\$" | b"\\0" => None,
        _ => Some(raw),
    }
}
