//! The name and the password in an address, as in `https://user:password@host`. No report shows them.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;
use memchr::memmem::{find_iter, rfind};

use crate::source::MASK;

/// The bytes that end the part of an address in which a login stands, as addresses stand in lists and between quotes. A password may hold any of
/// these only where it is escaped.
const ENDS: &[u8] = b"/?#,; \t\r\n\"'`|()[]{}<>";

/// Where logins stand in a text, in ascending order: before the `@` of an address with or without its scheme. In an expression a backslash
/// may stand before the slashes and the `@`, in a query `%40` may stand for it. Without `//` it takes a colon to tell a login from the
/// name of somebody's mailbox.
pub fn logins(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut after = 0;
    let ends = memchr_iter(b'@', text).map(|at| (at, at + 1)).chain(find_iter(text, b"%40").map(|at| (at, at + 3)));
    // Both kinds in one text are so rare that their order hardly matters, and it does to those who read them.
    let mut ends: Vec<(usize, usize)> = ends.collect();
    ends.sort_unstable();
    ends.into_iter().filter_map(move |(at, behind)| {
        // The last `@` before the host ends the login; one before it belongs to the password.
        let rest = text.get(behind..).unwrap_or_default();
        let next = rest.iter().take(MAX_HOST).position(|byte| ENDS.contains(byte) || *byte == b'@');
        if at < after || next.and_then(|next| rest.get(next)) == Some(&b'@') {
            return None;
        }
        let end = if at > after && text.get(at - 1) == Some(&b'\\') { at - 1 } else { at };
        let before = text.get(after..end)?;
        let start = after + start(before);
        let login = text.get(start..end)?;
        after = behind;
        let is_address = text.get(..start).is_some_and(|head| SLASHES.iter().any(|slashes| head.ends_with(slashes)));
        let colon = memchr::memchr(b':', login).filter(|colon| *colon > 0 && *colon + 1 < login.len());
        let is_pair = colon.is_some() && !login.starts_with(b"mailto:");
        (!login.is_empty() && (is_address || is_pair)).then_some(start..end)
    })
}

/// How many bytes behind a login are searched for an `@` that ends it instead: as many as a host has in DNS, RFC 1035.
const MAX_HOST: usize = 255;
/// The text before the login of an address: two slashes, plain, in an expression, in a query.
const SLASHES: [&[u8]; 4] = [b"//", b"\\/\\/", b"%2F%2F", b"%2f%2f"];
/// The bytes that end a word in which an address stands.
const BLANKS: &[u8] = b",; \t\r\n\"'`|";

/// Where the login starts that `before` ends with: behind the last sign that ends an address, or the slashes of one whose password holds
/// such a sign.
fn start(before: &[u8]) -> usize {
    let near = before.iter().rposition(|byte| ENDS.contains(byte)).map_or(0, |end| end + 1);
    let word = before.iter().rposition(|byte| BLANKS.contains(byte)).map_or(0, |end| end + 1);
    let tail = before.get(word..).unwrap_or_default();
    let slashes = SLASHES.iter().filter_map(|slashes| Some(rfind(tail, slashes)? + slashes.len())).max();
    let Some(address) = slashes.map(|at| word + at) else { return near };
    // A port is no password: what follows the colon up to the next sign has to be more than digits.
    let login = before.get(address..).unwrap_or_default();
    let first = login.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(login.len());
    let head = login.get(..first).unwrap_or_default();
    let password = memchr::memchr(b':', head).and_then(|colon| head.get(colon + 1..));
    let is_password = password.is_some_and(|password| !password.is_empty() && !password.iter().all(u8::is_ascii_digit));
    if is_password || first == login.len() { address } else { near.max(address) }
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
            (r"https:\/\/token\@a\.example", r"https:\/\/•••\@a\.example"),
            ("https%3A%2F%2Fu%3Ap%40b", "https%3A%2F%2F•••%40b"),
            ("https://u:s3/cr3t@a, https://u:x?y@b https://u:x#y@c", "https://•••@a, https://•••@b https://•••@c"),
            ("https://a.example:8080/@x https://a/b@c", "https://a.example:8080/@x https://a/b@c"),
            ("`u:p@a` and u:p@a", "`•••@a` and •••@a"),
        ] {
            assert_eq!(without_logins(text), expected);
        }
    }
}
