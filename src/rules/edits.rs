//! Edits that rules put together: a directive beside another one.

use crate::finding::Edit;
use crate::nginx::config::{Config, ItemId};
use crate::source::{Place, Span};

/// `directive`, with its semicolon, right behind a simple directive of the configuration: on a line of its own with the same indentation
/// and the same line ending, or on the same line where more follows there. None where the directive's end is not to be seen.
pub(super) fn beside(config: &Config<'_>, item: ItemId, directive: &str) -> Option<Edit> {
    let place = config.place(item);
    let bytes = config.bytes(place.file);
    let end = semicolon(bytes, place)?;
    let line_start = memchr::memrchr(b'\n', bytes.get(..place.span.start as usize)?).map_or(0, |at| at + 1);
    let before = bytes.get(line_start..place.span.start as usize)?;
    let rest = bytes.get(end..)?;
    let line_end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let after = rest.get(..line_end)?;
    let is_alone = before.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let is_last = matches!(after.trim_ascii().first(), None | Some(b'#'));
    if !is_alone || !is_last {
        return Some(insertion(place, end, format!(" {directive}")));
    }
    let ending = if after.ends_with(b"\r") { "\r\n" } else { "\n" };
    let at = end + after.len() - usize::from(after.ends_with(b"\r"));
    Some(insertion(place, at, format!("{ending}{}{directive}", String::from_utf8_lossy(before))))
}

/// The offset behind the semicolon that ends a simple directive; nothing but blanks may stand before it.
fn semicolon(bytes: &[u8], place: Place) -> Option<usize> {
    let end = place.span.end as usize;
    let blanks = bytes.get(end..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (bytes.get(end + blanks) == Some(&b';')).then_some(end + blanks + 1)
}

fn insertion(place: Place, at: usize, text: String) -> Edit {
    Edit { place: Place { span: Span::at(at, at), ..place }, text }
}
