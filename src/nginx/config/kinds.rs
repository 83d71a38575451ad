//! The kind of context that a block opens.

use super::ContextKind;
use crate::nginx::syntax::tree::Tree;

/// Returns what a block named `name` is in a context of `parent` kind.
pub(super) fn kind_of(parent: ContextKind, name: &[u8]) -> ContextKind {
    match (parent, name) {
        (ContextKind::Main, b"http") => ContextKind::Http,
        (ContextKind::Http, b"server") => ContextKind::Server,
        (ContextKind::Http, b"map") => ContextKind::Map,
        (ContextKind::Server | ContextKind::Location, b"location") => ContextKind::Location,
        (ContextKind::Server, b"if") => ContextKind::IfInServer,
        (ContextKind::Location, b"if") => ContextKind::IfInLocation,
        (ContextKind::Location, b"limit_except") => ContextKind::LimitExcept,
        _ => ContextKind::Other,
    }
}

/// The context a file's top level implies: a main file has `http` or `events`, a file of servers has `server`,
/// a file of locations has `location` or what only a server has, and bare directives belong into a location.
pub fn implied_context(tree: &Tree, file: &[u8]) -> ContextKind {
    let names = tree.children(None).filter_map(|index| tree.words(index).first());
    let mut implied = ContextKind::Location;
    for word in names {
        implied = implied.min(match word.inner().of(file) {
            b"http" | b"events" | b"stream" | b"mail" | b"load_module" | b"worker_processes" | b"user" | b"pid" => {
                ContextKind::Main
            }
            b"server" | b"upstream" | b"map" | b"geo" | b"split_clients" | b"log_format" | b"proxy_cache_path" => {
                ContextKind::Http
            }
            b"location" | b"listen" | b"server_name" | b"ssl_certificate" => ContextKind::Server,
            _ => ContextKind::Location,
        });
    }
    implied
}
