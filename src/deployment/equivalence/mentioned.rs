//! The names that stand somewhere where they may be compared with those of a place: a server of such a name is like no other.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hashbrown::HashSet;

use super::Around;
use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::regex::example::example_path;
use crate::nginx::simulate::model::Model;
use crate::nginx::simulate::variables::MapKey;

/// The labels of hosts, and the parts of paths, that stand outside of servers, in lower case.
pub(super) struct Mentioned<'m, 'd> {
    model: &'m Model<'d, 'd>,
    /// True if any name may be among them.
    is_open: bool,
    /// Those in other texts than nginx's, and in directives outside of servers.
    always: HashSet<Vec<u8>>,
    /// Those in maps and conditions, once somebody asks for them.
    compared: OnceLock<HashSet<Vec<u8>>>,
}

impl<'m, 'd> Mentioned<'m, 'd> {
    /// Those that stand in the texts around a configuration, and in the directives of these `outer` blocks.
    pub(super) fn new(model: &'m Model<'d, 'd>, around: Around<'_>, outer: &[ContextId]) -> Self {
        let config = model.config;
        let mut always: HashSet<Vec<u8>> = around.texts.iter().flat_map(|text| labels(text)).collect();
        let simple =
            outer.iter().flat_map(|block| config.items(*block)).filter(|item| config.item(*item).opens.is_none());
        for word in simple.flat_map(|item| config.parameters(item)) {
            always.extend(labels(&word));
        }
        Mentioned { model, is_open: around.is_open, always, compared: OnceLock::new() }
    }

    /// Returns whether a name is one of them; where the place compares origins, also those in maps and conditions.
    pub(super) fn has(&self, name: &[u8], is_compared: bool) -> bool {
        let compared = || self.compared.get_or_init(|| compared_texts(self.model));
        self.is_open || self.always.contains(name) || (is_compared && compared().contains(name))
    }
}

/// Returns what may be the labels of hosts in a text, or parts of paths, in lower case.
fn labels(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    text.split(move |byte| !is_part(byte)).filter(|label| !label.is_empty()).map(<[u8]>::to_ascii_lowercase)
}

/// The labels in the maps and conditions of a configuration, and in the hosts that their expressions match first.
fn compared_texts(model: &Model<'_, '_>) -> HashSet<Vec<u8>> {
    let config = model.config;
    let mut found = HashSet::new();
    let mut expressions: BTreeSet<(Vec<u8>, bool)> = BTreeSet::new();
    for context in config.contexts() {
        let here = config.context(context);
        let opener = here.opener.filter(|_| matches!(here.kind, ContextKind::IfInServer | ContextKind::IfInLocation));
        let lines = config.items(context).filter(|_| here.kind == ContextKind::Map);
        for item in opener.into_iter().chain(lines) {
            for word in (0..=config.parameter_count(item)).filter_map(|index| config.parameter(item, index)) {
                found.extend(labels(&word));
            }
        }
        if let Some(Condition::Match { regex, ignore_case, .. }) = opener.and_then(|item| condition(config, item)) {
            expressions.insert((regex.into_owned(), ignore_case));
        }
        for entry in model.definitions.table(context).into_iter().flat_map(|table| &table.entries) {
            if let MapKey::Regex { pattern, ignore_case } = &entry.key {
                expressions.insert((pattern.to_vec(), *ignore_case));
            }
        }
    }
    for (pattern, ignore_case) in expressions {
        found.extend(example_path(&model.regexes, &pattern, ignore_case).iter().flat_map(|text| labels(text)));
    }
    found
}
