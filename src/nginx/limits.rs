//! The places where the model gave up: a request there has more answers, or takes more steps, than one run works out.
//!
//! An answer that was not worked out is no answer, so each of these becomes a `not-analysed` finding and makes the exit code 2.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::nginx::config::ContextId;

/// Which limit was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The response depends on more unknown conditions than are tried in all their combinations.
    Ways,
    /// Working the response out takes too many steps.
    Steps,
    /// The locations before it took all the steps that a configuration of its size may take, so it was not asked at all.
    Budget,
    /// A value depends on more variables, through one another, than are followed.
    Variables,
    /// An expression is longer, or has more alternatives, than is looked into.
    Expression,
    /// More apps may be meant by a directive than are tried.
    Apps,
    /// One directive is in force in more places that differ than are tried.
    Places,
    /// An app's list has more origins than are tried.
    Origins,
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

thread_local! {
    /// How many steps this thread may still take for the work it is at.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    /// The limit that was met in code that does not know the block.
    static MET: Cell<Option<Limit>> = const { Cell::new(None) };
}

/// Does work that may take `steps` of the model, and takes what it took from them. Beyond, every answer is missing, and the model knows
/// where (`Model::given_up`). The work is done by this thread alone, so where it ends does not depend on what others do meanwhile.
pub fn metered<T>(steps: &mut u64, work: impl FnOnce() -> T) -> T {
    let before = LEFT.replace(*steps);
    let done = work();
    *steps = LEFT.replace(before);
    done
}

/// Does work, and tells which limit it met in a place that does not know the block.
pub(crate) fn watched<T>(work: impl FnOnce() -> T) -> (T, Option<Limit>) {
    let before = MET.replace(None);
    let done = work();
    (done, MET.replace(before))
}

/// Records that a limit was met, for [`watched`].
pub(crate) fn meet(limit: Limit) {
    MET.set(Some(limit));
}

/// Does work, and tells how many steps it takes.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let mut left = u64::MAX;
    let done = metered(&mut left, work);
    (done, u64::MAX - left)
}

/// Counts steps that were taken.
pub(crate) fn spend(steps: u64) {
    LEFT.set(LEFT.get().saturating_sub(steps));
}

/// Returns whether no step is left.
pub(crate) fn is_spent() -> bool {
    LEFT.get() == 0
}

/// How many steps a rule, or what is asked beside the locations, may take on configurations of so many directives in all: a fixed number,
/// which none that somebody has written comes near, and some for each directive, so that cost grows linearly.
pub fn steps_for(directives: usize) -> u64 {
    const LEAST: u64 = 4_000_000;
    const EACH: u64 = 20;
    linear(LEAST, EACH, directives)
}

/// How many steps all locations of a run may take to be asked, whose configurations are so many bytes long. A location takes some 4,000, for
/// a dozen requests and what is kept of their answers. Files that people write have one in 100 bytes at the most; where every 15 bytes
/// begin another one, the last are not asked.
pub(crate) fn location_steps_for(bytes: usize) -> u64 {
    const LEAST: u64 = 14_000_000;
    const EACH: u64 = 5;
    linear(LEAST, EACH, bytes)
}

fn linear(least: u64, each: u64, size: usize) -> u64 {
    least + each * u64::try_from(size).unwrap_or(u64::MAX / each / 2)
}
