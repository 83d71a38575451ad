//! The name and the password in an address, as in `https://user:password@host`. No report shows them.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;
use memchr::memmem::find_iter;

/// What ends the part of an address in which a login stands, as addresses stand in lists and between quotes.
const ENDS: &[u8] = b"/?#\\,; \t\r\n\"'`";

/// Where logins stand in a text, in ascending order.
pub fn logins(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    // Hardly any text has one.
    let text = if memchr(b'@', text).is_some() { text } else { &[] };
    find_iter(text, b"://").filter_map(|at| {
        let start = at + b"://".len();
        let rest = text.get(start..)?;
        let end = rest.iter().position(|byte| ENDS.contains(byte)).unwrap_or(rest.len());
        let length = rest.get(..end)?.iter().rposition(|byte| *byte == b'@')?;
        (length > 0).then_some(start..start + length)
    })
}

/// A text in which no address shows its login.
pub fn without_logins(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut at = 0;
    for login in logins(text.as_bytes()) {
        shown.push_str(text.get(at..login.start).unwrap_or_default());
        shown.push_str("•••");
        at = login.end;
    }
    if at == 0 { Cow::Borrowed(text) } else { Cow::Owned(shown + text.get(at..).unwrap_or_default()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_login_shows() {
        for (text, expected) in [
            ("https://a.example", "https://a.example"),
            ("https://u:p@a.example/", "https://•••@a.example/"),
            ("x://u@p@h,https://b/@,é://é@h", "x://•••@h,https://b/@,é://•••@h"),
            ("a@b https://@h", "a@b https://@h"),
        ] {
            assert_eq!(without_logins(text), expected);
        }
    }
}
