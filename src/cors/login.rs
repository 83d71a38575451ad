//! The name and the password in an address, as in `https://user:password@host`. No report shows them.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;

use crate::source::MASK;

/// What ends the part of an address in which a login stands, as addresses stand in lists and between quotes. A password may hold any of
/// these only where it is escaped.
const ENDS: &[u8] = b"/?#,; \t\r\n\"'`|()[]{}<>";

/// Where logins stand in a text, in ascending order: before the `@` of an address with or without its scheme, which in an expression may
/// have a backslash before it. Without `//` it takes a colon to tell a login from the name of somebody's mailbox.
pub fn logins(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut after = 0;
    memchr_iter(b'@', text).filter_map(move |at| {
        // The last `@` before the host ends the login; one before it belongs to the password.
        let rest = text.get(at + 1..).unwrap_or_default();
        let next = rest.iter().position(|byte| ENDS.contains(byte) || *byte == b'@');
        if next.and_then(|next| rest.get(next)) == Some(&b'@') {
            return None;
        }
        let end = if at > after && text.get(at - 1) == Some(&b'\\') { at - 1 } else { at };
        let before = text.get(after..end)?;
        let start = after + before.iter().rposition(|byte| ENDS.contains(byte)).map_or(0, |end| end + 1);
        let login = text.get(start..end)?;
        after = at + 1;
        let is_address = text.get(..start).is_some_and(|head| head.ends_with(b"//"));
        let colon = memchr::memchr(b':', login).filter(|colon| *colon > 0 && *colon + 1 < login.len());
        let is_pair = colon.is_some() && !login.starts_with(b"mailto:");
        (!login.is_empty() && (is_address || is_pair)).then_some(start..end)
    })
}

/// A text in which no address shows its login.
pub fn without_logins(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut at = 0;
    for login in logins(text.as_bytes()) {
        shown.push_str(text.get(at..login.start).unwrap_or_default());
        shown.push_str(MASK);
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
            ("//u:p@a.example", "//•••@a.example"),
            ("u:p@a.example,b.example", "•••@a.example,b.example"),
            (r"~^https://u:p\@a\.example$", r"~^https://•••\@a\.example$"),
            (r"u:p\@a", r"•••\@a"),
            ("mailto:me@a.example me@a.example @app", "mailto:me@a.example me@a.example @app"),
            ("(https://u:p@a|https://v:q@b)", "(https://•••@a|https://•••@b)"),
            ("`u:p@a` and u:p@a", "`•••@a` and •••@a"),
        ] {
            assert_eq!(without_logins(text), expected);
        }
    }
}
