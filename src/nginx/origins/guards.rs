//! The `if`s that turn origins away: `if ($http_origin !~ …) { return 403; }`.

use crate::nginx::config::condition::{Condition, condition};
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::origins::comparison::Compared;

/// How many blocks of a location are looked at for guards: every header that it sets asks for them.
const MAX_GUARDS: usize = 64;

/// An `if` for every page but the one it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The page, or the expression for pages.
    pub compared: Compared,
    /// The server or location whose requests it guards.
    pub guarded: ContextId,
}

/// Those of these contexts, in their order.
pub fn guards<'c>(
    config: &'c Config<'_>,
    contexts: impl Iterator<Item = ContextId> + 'c,
) -> impl Iterator<Item = Guard> + 'c {
    let is_if = |kind| matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer);
    let contexts = contexts.filter(move |&context| is_if(config.context(context).kind));
    contexts.filter_map(|context| guard(config, context))
}

/// Those of a location that answer with a refusal themselves.
pub(in crate::nginx) fn guards_of(config: &Config<'_>, location: ContextId) -> impl Iterator<Item = Guard> {
    let is_location = config.context(location).kind == ContextKind::Location;
    let blocks = config.children(location).take(if is_location { MAX_GUARDS } else { 0 });
    let refuses = |item| config.parameter(item, 1).is_some_and(|status| status.starts_with(b"4"));
    let refusing = blocks.filter(move |&block| config.named(block, b"return").any(refuses));
    refusing.filter_map(|block| guard(config, block))
}

fn guard(config: &Config<'_>, block: ContextId) -> Option<Guard> {
    let guarded = config.context(block).parent?;
    let item = config.context(block).opener.filter(|item| config.item(*item).name == b"if")?;
    let (variable, text, word, regex) = match condition(config, item)? {
        Condition::Equal { variable, text, word, negated: true } => (variable, text, word, None),
        Condition::Match { variable, regex, word, ignore_case, negated: true } => {
            (variable, regex, word, Some(ignore_case))
        }
        _ => return None,
    };
    let compared = Compared::in_condition(config, item, word, text, regex);
    variable.eq_ignore_ascii_case(b"http_origin").then_some(Guard { compared, guarded })
}
