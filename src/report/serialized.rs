//! JSON as it is written: nothing in it is hidden from who looks at it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::text::is_hidden;

/// Writes one object on one line.
pub(super) fn print(object: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serialize(object, out)?;
    out.write_all(b"\n")
}

/// Writes one object.
pub(super) fn serialize(object: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Visible);
    object.serialize(&mut serializer).map_err(io::Error::from)
}

/// serde_json's compact form, with `\u` escapes also for what JSON allows and a terminal obeys or hides.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Nothing of plain ASCII is hidden, and nearly all that is written is plain.
        if fragment.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = from.get(hidden.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}
