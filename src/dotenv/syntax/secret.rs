//! Values that no text may show: those whose key calls them secret, and logins wherever they stand.

use crate::cors::login::logins;
use crate::dotenv::syntax::tree::{Assignment, Part, PartKind, Tree};
use crate::redact::is_secret_name;
use crate::source::Span;

/// The secret values of a file, quotes not included, and the logins and passwords in all others.
pub fn values<'f>(tree: &'f Tree, file: &'f [u8]) -> impl Iterator<Item = Span> {
    let of = move |assignment: &Assignment| {
        let value = assignment.value.inner;
        let mut found = Vec::new();
        if is_secret(assignment.key.of(file)) {
            found.push(value);
        }
        found.extend(defaults(tree, assignment, file));
        for login in logins(value.of(file)) {
            let span = Span::at(value.start as usize + login.start, value.start as usize + login.end);
            let colon = memchr::memchr(b':', span.of(file)).map_or(0, |colon| colon + 1);
            found.extend([span, Span::at(span.start as usize + colon, span.end as usize)]);
        }
        found
    };
    tree.assignments().flat_map(of)
}

/// What stands for secrets that are not set, as in `${API_TOKEN:-default}`, which is one as well.
pub(in crate::dotenv) fn defaults(tree: &Tree, assignment: &Assignment, file: &[u8]) -> Vec<Span> {
    let default = |part: &Part| match part.kind {
        PartKind::Braced(name, default) if is_secret(name.of(file)) => {
            let signs = default.of(file).iter().take_while(|byte| b":-=?+".contains(byte)).count();
            let span = Span::at(default.start as usize + signs, default.end as usize);
            (!span.is_empty()).then_some(span)
        }
        _ => None,
    };
    tree.parts(&assignment.value).iter().filter_map(default).collect()
}

/// Returns whether a key says that its value is secret.
pub(in crate::dotenv) fn is_secret(key: &[u8]) -> bool {
    let key = String::from_utf8_lossy(key).to_ascii_uppercase();
    is_secret_name(&key) || key.ends_with("_KEY") || key.ends_with("_AUTH")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::syntax::grammar::parse;

    #[test]
    fn keys_say_what_is_secret() {
        let text = b"API_KEY=one\nDB_PASSWORD=\"two\"\nCORS_ORIGINS=https://a\nDB=pg://u:three@h\nKEYCLOAK_URL=x\nAPP_SECRET=\n";
        let tree = parse(text);
        let found: Vec<&str> = values(&tree, text).map(|span| std::str::from_utf8(span.of(text)).unwrap()).collect();
        assert_eq!(found, ["one", "two", "u:three", "three", ""]);
    }
}
