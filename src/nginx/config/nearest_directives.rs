//! Directives that are taken from the nearest level that has one, and that no answer's headers depend on.

use std::collections::{BTreeMap, BTreeSet};

use crate::nginx::config::{Config, ContextId, ItemId};

/// The last directive of each of some names, by the level it stands on.
#[derive(Debug)]
pub struct Nearest<'s> {
    own: BTreeMap<(ContextId, &'s [u8]), ItemId>,
    /// Which of the names there are at all: every request asks for all of them.
    names: BTreeSet<&'s [u8]>,
}

impl<'s> Nearest<'s> {
    /// Collects the directives of these names, in one pass.
    pub fn new(config: &Config<'s>, is_wanted: impl Fn(&[u8]) -> bool) -> Self {
        let items = config.contexts().flat_map(|context| config.items(context));
        let wanted = items.filter(|item| is_wanted(config.item(*item).name));
        let own: BTreeMap<(ContextId, &[u8]), ItemId> =
            wanted.map(|item| ((config.item(item).context, config.item(item).name), item)).collect();
        let names = own.keys().map(|(_, name)| *name).collect();
        Nearest { own, names }
    }

    /// Returns whether there is none of them at all.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// The directive of this name that is in force in `context`.
    pub fn get(&self, config: &Config<'s>, context: ContextId, name: &[u8]) -> Option<ItemId> {
        if !self.names.contains(name) {
            return None;
        }
        config.ancestors(context).find_map(|level| self.own.get(&(level, name)).copied())
    }
}
