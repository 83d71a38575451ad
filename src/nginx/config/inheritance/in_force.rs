//! How what is in force in very many contexts is kept.

use super::List;
use crate::nginx::config::{Config, ContextId};

/// The directives in force in one context: a run in `Config::in_force`, which a context without directives of its own shares with the one around it.
/// Few directives are in force anywhere, and there are very many contexts.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::nginx) struct DirectivesInForce {
    start: u32,
    end: u32,
}

/// A list or a single directive that is in force, by its index; the singles come behind the lists.
#[derive(Debug, Clone, Copy)]
pub(in crate::nginx) struct InForce {
    pub(super) what: u8,
    /// Of a list, a run in `Config::lists`; of a single directive, its number and nothing.
    pub(super) run: (u32, u32),
}

/// The index of a list, or of a single directive behind the lists.
pub(super) fn number(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

impl Config<'_> {
    /// The settings around a context with those that it changes, the last one where it changes one twice.
    pub(super) fn changed(&mut self, around: DirectivesInForce, changed: Vec<InForce>) -> DirectivesInForce {
        if changed.is_empty() {
            return around;
        }
        let start = self.in_force.len();
        let (from, to) = (around.start as usize, around.end as usize);
        for at in from..to {
            if let Some(own) = self.in_force.get(at).copied().filter(|own| changed.iter().all(|it| it.what != own.what))
            {
                self.in_force.push(own);
            }
        }
        for (at, own) in changed.iter().enumerate() {
            if changed.iter().skip(at + 1).all(|later| later.what != own.what) {
                self.in_force.push(*own);
            }
        }
        let bound = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        DirectivesInForce { start: bound(start), end: bound(self.in_force.len()) }
    }

    pub(super) fn in_force(&self, id: ContextId, what: usize) -> Option<(u32, u32)> {
        let DirectivesInForce { start, end } = self.context(id).in_force;
        let all = self.in_force.get(start as usize..end as usize).unwrap_or_default();
        all.iter().find(|own| own.what == number(what)).map(|own| own.run)
    }

    pub(super) fn run(&self, id: ContextId, list: List) -> (u32, u32) {
        self.in_force(id, list.index()).unwrap_or_default()
    }
}
