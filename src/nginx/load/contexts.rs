//! Where a directive may stand, and in which contexts a block may be.
//!
//! In a main file every block's context is written down. The top level of a fragment may stand in several, so a block
//! has a *set* of contexts, and only what none of them allows is refused.

use crate::nginx::config::ContextKind;

/// A set of contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contexts(u16);

impl Contexts {
    pub(super) const MAIN: Contexts = Contexts(1);
    pub(super) const HTTP: Contexts = Contexts(1 << 1);
    pub(super) const SERVER: Contexts = Contexts(1 << 2);
    pub(super) const LOCATION: Contexts = Contexts(1 << 3);
    pub(super) const IF_IN_SERVER: Contexts = Contexts(1 << 4);
    pub(super) const IF_IN_LOCATION: Contexts = Contexts(1 << 5);
    pub(super) const LIMIT_EXCEPT: Contexts = Contexts(1 << 6);
    pub(super) const MAP: Contexts = Contexts(1 << 7);
    /// Anything else: `stream`, `upstream`, blocks of unknown modules. What they allow is not known.
    pub(super) const ELSEWHERE: Contexts = Contexts(1 << 8);
    pub(super) const NONE: Contexts = Contexts(0);
    pub(super) const ANY: Contexts = Contexts((1 << 9) - 1);

    const NAMED: [(Contexts, &'static str); 7] = [
        (Contexts::MAIN, "the top level"),
        (Contexts::HTTP, "`http`"),
        (Contexts::SERVER, "`server`"),
        (Contexts::LOCATION, "`location`"),
        (Contexts::IF_IN_LOCATION, "`if` in a location"),
        (Contexts::IF_IN_SERVER, "`if` in a server"),
        (Contexts::LIMIT_EXCEPT, "`limit_except`"),
    ];

    /// The one context of a top level that was stated.
    pub(super) fn of_top(kind: ContextKind) -> Contexts {
        match kind {
            ContextKind::Http => Contexts::HTTP,
            ContextKind::Server => Contexts::SERVER,
            ContextKind::Location => Contexts::LOCATION,
            _ => Contexts::ANY,
        }
    }

    pub(super) const fn or(self, other: Contexts) -> Contexts {
        Contexts(self.0 | other.0)
    }

    pub(super) fn and(self, other: Contexts) -> Contexts {
        Contexts(self.0 & other.0)
    }

    pub(super) fn without(self, other: Contexts) -> Contexts {
        Contexts(self.0 & !other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether there is one and no other.
    pub(super) fn is_one(self) -> bool {
        self.0.count_ones() == 1
    }

    pub(super) fn meets(self, other: Contexts) -> bool {
        !self.and(other).is_empty()
    }

    /// Returns whether it holds nothing that `other` lacks.
    pub(super) fn within(self, other: Contexts) -> bool {
        self.without(other).is_empty()
    }

    /// Their names, the outermost first, as `` `http`, `server` or `location` ``.
    pub(super) fn names(self) -> String {
        let names: Vec<&str> =
            Self::NAMED.iter().filter(|(context, _)| self.meets(*context)).map(|(_, name)| *name).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }
}
