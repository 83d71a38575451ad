//! `docker run --env-file`: `pkg/kvfile` of docker's command, line by line, each as it stands.

use super::Reading;
use super::found::Found;

/// The longest line that its scanner takes, in bytes.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// Returns what each line sets its key to, by the place of the key: all that follows the `=`, quotes, comment and blanks included. One line
/// with a blank in its key, with no key, or that is no text, and the whole file is refused.
pub(super) fn read(file: &[u8]) -> Found {
    let mut found = Found::default();
    let mut start = 0;
    for line in file.split(|&byte| byte == b'\n') {
        let (from, length) = (start, line.len());
        start += length + 1;
        let bom = if from == 0 && line.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = line.get(bom..).unwrap_or(&[]);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let blanks = text.iter().take_while(|byte| b" \t".contains(byte)).count();
        let text = text.get(blanks..).unwrap_or(&[]);
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        let mark = text.iter().position(|&byte| byte == b'=');
        let key = text.get(..mark.unwrap_or(text.len())).unwrap_or(&[]);
        let has_blank = key.iter().any(|byte| b" \t".contains(byte));
        if key.is_empty() || has_blank || std::str::from_utf8(text).is_err() || length >= MAX_LINE {
            found.refused_at = Some(from + bom + blanks);
            return found;
        }
        let value = mark.and_then(|mark| text.get(mark + 1..));
        // `A:1` is the name of another variable.
        let inherited = if key.contains(&b':') { Reading::Dropped } else { Reading::Inherits };
        let reading = value.map_or(inherited, |value| Reading::Value(value.to_vec()));
        found.readings.insert(from + bom + blanks, reading);
    }
    found
}
