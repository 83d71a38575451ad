//! Values that no text may show: those whose key calls them secret, and logins wherever they stand.

use super::tree::{Assignment, Tree};
use crate::cors::login::logins;
use crate::source::Span;

/// What the name of a key that holds a secret has in it, in upper case.
const TELLING: [&str; 12] = [
    "BEARER",
    "CREDENTIAL",
    "CREDS",
    "JWT",
    "PASSPHRASE",
    "PASSW",
    "PRIVATE",
    "PWD",
    "SECRET",
    "SIGNATURE",
    "TOKEN",
    "_PASS",
];
/// What such a name ends with.
const ENDS: [&str; 4] = ["_KEY", "_SALT", "_DSN", "_AUTH"];

/// The secret values of a file, quotes not included, and the logins and passwords in all others.
pub fn values<'f>(tree: &'f Tree, file: &'f [u8]) -> impl Iterator<Item = Span> {
    let of = move |assignment: &Assignment| {
        let value = assignment.value.inner;
        let mut found = Vec::new();
        if is_secret(assignment.key.of(file)) {
            found.push(value);
        }
        for login in logins(value.of(file)) {
            let span = Span::at(value.start as usize + login.start, value.start as usize + login.end);
            let colon = memchr::memchr(b':', span.of(file)).map_or(0, |colon| colon + 1);
            found.extend([span, Span::at(span.start as usize + colon, span.end as usize)]);
        }
        found
    };
    tree.assignments().flat_map(of)
}

/// Whether a key says that its value is secret.
pub(super) fn is_secret(key: &[u8]) -> bool {
    let key = String::from_utf8_lossy(key).to_ascii_uppercase();
    TELLING.iter().any(|part| key.contains(part)) || ENDS.iter().any(|end| key.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::grammar::parse;

    #[test]
    fn keys_say_what_is_secret() {
        let text = b"API_KEY=one\nDB_PASSWORD=\"two\"\nCORS_ORIGINS=https://a\nDB=pg://u:three@h\nKEYCLOAK_URL=x\nAPP_SECRET=\n";
        let tree = parse(text);
        let found: Vec<&str> = values(&tree, text).map(|span| std::str::from_utf8(span.of(text)).unwrap()).collect();
        assert_eq!(found, ["one", "two", "u:three", "three", ""]);
    }
}
