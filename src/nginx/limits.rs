//! The places where the model gave up: a request there has more answers, or takes more steps, than one run works out.
//!
//! An answer that was not worked out is no answer, so each of these becomes a `not-analysed` finding and makes the exit code 2.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::config::ContextId;

/// Which limit was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The response depends on more unknown conditions than are tried in all their combinations.
    Ways,
    /// Working the response out takes too many steps.
    Steps,
    /// The locations before it took all the steps that a configuration of its size may take, so it was not asked at all.
    Budget,
}

/// The blocks in which requests met a limit, each with the first limit it met.
#[derive(Debug, Default)]
pub(super) struct GivenUp(Mutex<BTreeMap<ContextId, Limit>>);

impl GivenUp {
    /// Remembers that a request that enters `context` met `limit`.
    pub(super) fn add(&self, context: ContextId, limit: Limit) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Requests are asked by several threads, so the first one in time is not the same in each run; the least one is.
        known.entry(context).and_modify(|known| *known = limit.min(*known)).or_insert(limit);
    }

    /// All of them, in file order.
    pub(super) fn all(&self) -> Vec<(ContextId, Limit)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(context, limit)| (*context, *limit)).collect()
    }
}
