//! Where a directive may stand, and in which contexts a block may be.
//!
//! In a main file every block's context is written down. The top level of a fragment may stand in several, so a block
//! has a *set* of contexts, and only what none of them allows is refused.

use super::directives::Directive;
use crate::nginx::config::{Config, ContextId, ContextKind};

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
    const NONE: Contexts = Contexts(0);
    const ANY: Contexts = Contexts((1 << 9) - 1);

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
    fn of_top(kind: ContextKind) -> Contexts {
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

    /// What a block named `name` is in these contexts.
    fn child(self, name: &[u8]) -> Contexts {
        let mut child = Contexts::NONE;
        for (parent, block, opened) in [
            (Contexts::MAIN, &b"http"[..], Contexts::HTTP),
            (Contexts::HTTP, b"server", Contexts::SERVER),
            (Contexts::HTTP, b"map", Contexts::MAP),
            (Contexts::SERVER.or(Contexts::LOCATION), b"location", Contexts::LOCATION),
            (Contexts::SERVER, b"if", Contexts::IF_IN_SERVER),
            (Contexts::LOCATION, b"if", Contexts::IF_IN_LOCATION),
            (Contexts::LOCATION, b"limit_except", Contexts::LIMIT_EXCEPT),
        ] {
            if name == block && self.meets(parent) {
                child = child.or(opened);
            }
        }
        let also_elsewhere = Directive::of(name).is_none_or(|directive| directive.elsewhere);
        let elsewhere = self.meets(Contexts::ELSEWHERE) && also_elsewhere;
        if child.is_empty() || elsewhere { child.or(Contexts::ELSEWHERE) } else { child }
    }
}

/// The contexts in which each block of a configuration may be, by [`ContextId`].
#[derive(Debug)]
pub(super) struct Possible(Vec<Contexts>);

impl Possible {
    /// Works them out, parents first.
    pub(super) fn new(config: &Config<'_>) -> Self {
        let mut possible = Possible(Vec::new());
        for context in config.contexts() {
            let here = config.context(context);
            let wide = match (here.parent, here.opener) {
                (Some(parent), Some(opener)) => possible.of(parent).child(config.item(opener).name),
                _ if config.stated => Contexts::of_top(here.kind),
                _ if config.whole && !super::is_patchwork(config, config.root) => Contexts::MAIN,
                _ => Contexts::ANY,
            };
            possible.0.push(narrow(config, context, wide));
        }
        possible
    }

    /// Those of one block.
    pub(super) fn of(&self, context: ContextId) -> Contexts {
        self.0.get(context.0 as usize).copied().unwrap_or(Contexts::ANY)
    }
}

/// Leaves those contexts that allow all that stands in the block; where none does, something is wrong with the
/// block, and nothing is left out but what has no such directives at all.
fn narrow(config: &Config<'_>, context: ContextId, wide: Contexts) -> Contexts {
    let is_one = wide.0.count_ones() == 1;
    let known = || config.items(context).filter_map(|item| Directive::of(config.item(item).name));
    if is_one || config.items(context).any(|item| super::is_patchwork(config, config.item(item).file)) {
        return wide;
    }
    let http_only = |directive: &Directive| !directive.elsewhere && directive.contexts.meets(wide);
    let wide = if known().any(|directive| http_only(&directive)) { wide.without(Contexts::ELSEWHERE) } else { wide };
    let all = known().fold(wide, |left, directive| left.and(directive.everywhere()));
    if all.is_empty() { wide } else { all }
}
