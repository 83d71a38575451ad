//! Conditions whose outcome no answer depends on.
//!
//! `if ($remote_addr = 10.0.0.1) { set $internal 1; }` for a log doubles the ways that a request may go, and all of them end in the same
//! answer. Seven such lines are common, and 128 ways more than are worth looking at.

use hashbrown::HashSet;

use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::simulate::read_variables::only_sets;
use crate::nginx::simulate::run::Run;
use crate::nginx::simulate::value::Value;

impl Run<'_, '_, '_> {
    /// Returns whether the run goes on alike if this `if`, whose condition is unknown, matches or not. Where it cannot tell whether the
    /// expression matched, what the expression captures is unknown afterwards.
    pub(in crate::nginx) fn changes_nothing(&self, block: ContextId) -> bool {
        let (model, config) = (self.model, self.model.config);
        let here = config.context(block);
        let is_in_force = match here.kind {
            ContextKind::IfInServer => true,
            // A block that matches takes the place of one that matched before, and leaves `try_files` behind (A1.7, A1.12).
            ContextKind::IfInLocation => {
                here.parent == Some(self.context) && config.context(self.context).try_files.is_none()
            }
            _ => false,
        };
        is_in_force
            && only_sets(config, block)
            && config.items(block).all(|item| self.sets_nothing_new(item, model.read_variables()))
    }

    /// Returns whether a `set` gives a variable that nothing reads a value, or one that it has already.
    fn sets_nothing_new(&self, item: ItemId, read: &HashSet<Vec<u8>>) -> bool {
        let config = self.model.config;
        let Some(name) = config.parameter(item, 1) else { return false };
        let Some(name) = name.strip_prefix(b"$").map(<[u8]>::to_ascii_lowercase) else { return false };
        if !read.contains(&name) {
            return true;
        }
        let text = config.parameter(item, 2).filter(|text| memchr::memchr(b'$', text).is_none());
        text.is_some_and(|text| self.variables.get(&name).and_then(Value::bytes) == Some(&*text))
    }
}
