//! What nginx keeps for itself: passwords in headers that it sends to the app, in variables, and in addresses. No report shows them,
//! whatever stands beside them.

use super::tree::{Tree, Word};
use crate::cors::login::logins;
use crate::source::Span;

/// What the name of a header or of a variable that holds a secret has in it, in lower case.
const TELLING: [&str; 6] = ["credential", "passw", "pwd", "secret", "signature", "token"];
/// The same for headers alone: a variable of such a name may hold anything.
const TELLING_OF_HEADERS: [&str; 4] = ["auth", "cookie", "key", "session"];

/// The bytes of a file that no report may show, in ascending order.
pub fn sealed(tree: &Tree, file: &[u8]) -> Vec<Span> {
    let mut sealed = Vec::new();
    // Most files have no login at all, and need not be searched word by word.
    let may_have_logins = memchr::memchr(b'@', file).is_some();
    for index in (0..).take(tree.directives.len()) {
        let words = tree.words(index);
        let shown = words.len().min(first_secret(words, file));
        for word in words[..shown].iter().filter(|_| may_have_logins) {
            let start = word.span.start as usize;
            sealed.extend(logins(word.span.of(file)).map(|login| Span::at(start + login.start, start + login.end)));
        }
        // A variable says where the secret comes from, and not what it is.
        let secret = words[shown..].iter().map(|word| word.inner());
        sealed.extend(secret.filter(|span| !span.is_empty() && !span.of(file).starts_with(b"$")));
    }
    sealed
}

/// The index of the first word of a directive that holds a secret.
fn first_secret(words: &[Word], file: &[u8]) -> usize {
    let [directive, name, ..] = words else { return usize::MAX };
    let name = || String::from_utf8_lossy(name.inner().of(file)).to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name().contains(part));
    match directive.inner().of(file) {
        b"auth_basic_user_file"
        | b"secure_link_secret"
        | b"secure_link_md5"
        | b"ssl_password_file"
        | b"proxy_ssl_password_file" => 1,
        b"proxy_set_header" | b"grpc_set_header" | b"fastcgi_param" | b"uwsgi_param" | b"scgi_param"
            if has(&TELLING) || has(&TELLING_OF_HEADERS) =>
        {
            2
        }
        b"set" if has(&TELLING) => 2,
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::grammar::parse;

    #[test]
    fn secrets_are_sealed_and_what_names_them_is_not() {
        for (text, expected) in [
            ("proxy_set_header Authorization \"Basic x\" y;", &["Basic x", "y"][..]),
            ("proxy_set_header Authorization $http_authorization;", &[]),
            ("proxy_set_header Host a.example;", &[]),
            ("set $api_token x; set $b y;", &["x"]),
            ("proxy_pass http://u:p@app; auth_basic_user_file f;", &["u:p", "f"]),
            ("proxy_set_header X-Api-Key 'https://u:p@h", &["'https://u:p@h"]),
            (
                "add_header Access-Control-Allow-Headers Authorization; if ($a = \"https://u@b\") { set $key 1; }",
                &["u"],
            ),
        ] {
            let tree = parse(text.as_bytes());
            let sealed = sealed(&tree, text.as_bytes());
            let shown: Vec<&str> =
                sealed.iter().map(|span| std::str::from_utf8(span.of(text.as_bytes())).unwrap()).collect();
            assert_eq!(shown, expected, "{text}");
        }
    }
}
