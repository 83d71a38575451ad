//! The names that the templates of nginx take from the environment.

use std::collections::BTreeSet;

use crate::engine::input::read::Files;
use crate::nginx::syntax::envsubst::{self, is_template};

/// The names that the templates take.
pub(in crate::engine) fn names(files: &Files) -> BTreeSet<&[u8]> {
    let templates = files.nginx.iter().filter(|(file, _)| is_template(files.sources.get(**file)));
    templates.flat_map(|(file, tree)| envsubst::names(tree, &files.sources.get(*file).bytes)).collect()
}
