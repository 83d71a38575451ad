//! In which contexts the blocks of a configuration may be, where only a part of it is known.

use super::contexts::Contexts;
use super::directives::KnownDirective;
use crate::nginx::config::{Config, ContextId};

impl Contexts {
    /// Returns what a block named `name` is in these contexts.
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
        let also_elsewhere = KnownDirective::of(name).is_none_or(|directive| directive.elsewhere);
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
    let known = || config.items(context).filter_map(|item| KnownDirective::of(config.item(item).name));
    if wide.is_one() || config.items(context).any(|item| super::is_patchwork(config, config.item(item).file)) {
        return wide;
    }
    let http_only = |directive: &KnownDirective| !directive.elsewhere && directive.contexts.meets(wide);
    let wide = if known().any(|directive| http_only(&directive)) { wide.without(Contexts::ELSEWHERE) } else { wide };
    let all = known().fold(wide, |left, directive| left.and(directive.everywhere()));
    if all.is_empty() { wide } else { all }
}
