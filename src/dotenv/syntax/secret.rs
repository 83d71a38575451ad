//! Values that no text may show: those whose key calls them secret, and logins wherever they stand.

use crate::cors::login::logins;
use crate::dotenv::syntax::tree::{Assignment, EnvPart, EnvTree, PartKind, StatementKind, holds_addresses_only};
use crate::redact::is_secret_name;
use crate::source::{Span, merged};

/// The secret values of a file, quotes not included, and the logins and passwords in all others.
pub fn values<'f>(tree: &'f EnvTree, file: &'f [u8]) -> impl Iterator<Item = Span> {
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

/// Returns what stands for secrets that are not set, as in `${API_TOKEN:-default}`, which is one as well.
pub(in crate::dotenv) fn defaults(tree: &EnvTree, assignment: &Assignment, file: &[u8]) -> Vec<Span> {
    let default = |part: &EnvPart| match part.kind {
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

/// Returns what shows under no finding, in ascending order: lines that no loader can read, which may hold anything (the rest of a value that an
/// end of line has torn, a key file), values that their keys call secret, and logins in addresses.
pub fn sealed(tree: &EnvTree, file: &[u8]) -> Vec<Span> {
    let mut sealed = Vec::new();
    for statement in &tree.statements {
        match statement.kind {
            StatementKind::Blank => {}
            StatementKind::Unreadable(span) => sealed.push(span),
            StatementKind::Assignment(assignment) if is_secret_value(&assignment, file) => {
                sealed.push(assignment.value.inner)
            }
            kind => {
                if let StatementKind::Assignment(assignment) = kind {
                    sealed.extend(defaults(tree, &assignment, file));
                }
                let start = statement.span.start as usize;
                let logins = logins(statement.span.of(file));
                sealed.extend(logins.map(|login| Span::at(start + login.start, start + login.end)));
            }
        }
    }
    merged(sealed)
}

/// Returns whether an assignment holds a secret by the name of its key: not even where a template takes it is it shown.
fn is_secret_value(assignment: &Assignment, file: &[u8]) -> bool {
    let value = assignment.value.inner;
    let is_address = |text: &[u8]| holds_addresses_only(text) && memchr::memmem::find(text, b"://").is_some();
    !value.is_empty() && is_secret(assignment.key.of(file)) && !is_address(value.of(file))
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
