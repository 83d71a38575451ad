//! The kind of a file by its content, where its name does not prove one.

use crate::dotenv;
use crate::dotenv::syntax::tree::StatementKind;
use crate::engine::input::discover::FileKind;
use crate::nginx::syntax::dump;
use crate::nginx::syntax::grammar;
use crate::nginx::syntax::tree::Tree;

/// Directives that only nginx has.
const TELLING: [&[u8]; 22] = [
    b"server",
    b"location",
    b"upstream",
    b"http",
    b"listen",
    b"server_name",
    b"proxy_pass",
    b"fastcgi_pass",
    b"uwsgi_pass",
    b"add_header",
    b"more_set_headers",
    b"proxy_set_header",
    b"proxy_hide_header",
    b"map",
    b"try_files",
    b"return",
    b"rewrite",
    b"ssl_certificate",
    b"error_page",
    b"limit_req_zone",
    b"proxy_cache_path",
    b"include",
];

/// Returns whether a tree holds nginx directives: more of those that only nginx has than errors.
pub(in crate::engine) fn speaks_nginx(tree: &Tree, bytes: &[u8]) -> bool {
    let names = (0..tree.directives.len()).filter_map(|index| tree.words(u32::try_from(index).ok()?).first());
    let telling = names.filter(|name| TELLING.contains(&name.inner().of(bytes))).count();
    telling > tree.errors.len()
}

/// How many directives, and how many bytes, are looked at to know a .env file.
const DIRECTIVES: usize = 200;
const BYTES: usize = 64 * 1024;

/// Returns whether most lines are `KEY=value`, as in a .env file, and none of the first directives is one that only nginx has. Lines of nginx that
/// hold a `=` end with `;` or `{`.
pub(in crate::engine) fn reads_like_env(tree: &Tree, bytes: &[u8]) -> bool {
    let words =
        (0..tree.directives.len().min(DIRECTIVES)).filter_map(|index| tree.words(u32::try_from(index).ok()?).first());
    if words.into_iter().any(|word| TELLING.contains(&word.inner().of(bytes))) {
        return false;
    }
    let (mut assignments, mut others) = (0, 0);
    let start = bytes.get(..BYTES).unwrap_or(bytes);
    for statement in dotenv::syntax::grammar::parse(start).statements {
        match statement.kind {
            StatementKind::Blank | StatementKind::Comment(_) => {}
            // A value may go over several lines, as a key in quotes does.
            StatementKind::Assignment(assignment) => {
                let key = assignment.key.of(start);
                let is_name = key.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
                    && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte));
                let line = statement.span.of(start).trim_ascii_end();
                let is_nginx = assignment.separator.colon || line.ends_with(b";") || line.ends_with(b"{");
                *if is_name && !is_nginx { &mut assignments } else { &mut others } += 1;
            }
            StatementKind::Key { .. } | StatementKind::Unreadable(_) => others += 1,
        }
    }
    assignments > others
}

/// Returns what these bytes are: an nginx configuration, a .env file, or neither for certain.
pub fn kind_of(bytes: &[u8]) -> Option<FileKind> {
    if dump::split(bytes).is_some() || speaks_nginx(&grammar::parse(bytes), bytes) {
        return Some(FileKind::Nginx);
    }
    let tree = dotenv::syntax::grammar::parse(bytes);
    (tree.errors.is_empty() && tree.assignments().next().is_some()).then_some(FileKind::Env)
}
