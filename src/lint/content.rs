//! What a file is by its content, where its name does not tell.

use super::discover::FileKind;
use crate::dotenv;
use crate::nginx::tree::Tree;
use crate::nginx::{dump, grammar};

/// Directives that nobody but nginx has.
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

/// Whether a tree holds nginx directives: more of those that only nginx has than errors.
pub(super) fn speaks_nginx(tree: &Tree, bytes: &[u8]) -> bool {
    let names = (0..tree.directives.len()).filter_map(|index| tree.words(u32::try_from(index).ok()?).first());
    let telling = names.filter(|name| TELLING.contains(&name.inner().of(bytes))).count();
    telling > tree.errors.len()
}

/// What these bytes are: an nginx configuration, a .env file, or neither for certain.
pub fn kind_of(bytes: &[u8]) -> Option<FileKind> {
    if dump::split(bytes).is_some() || speaks_nginx(&grammar::parse(bytes), bytes) {
        return Some(FileKind::Nginx);
    }
    let tree = dotenv::grammar::parse(bytes);
    (tree.errors.is_empty() && tree.assignments().next().is_some()).then_some(FileKind::Env)
}
