//! The `if`s that turn origins away: `if ($http_origin !~ …) { return 403; }`.

use super::condition::{Condition, condition};
use super::config::{Config, ContextId, ContextKind};
use super::flow::{Compared, without_parenthesis};
use crate::source::Place;

/// An expression that an `if` turns away whoever does not match it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The expression.
    pub compared: Compared,
    /// The server or location whose requests it guards.
    pub guarded: ContextId,
}

/// All of them, in file order of their contexts.
pub fn guards(config: &Config<'_>) -> Vec<Guard> {
    let is_if = |kind| matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer);
    let contexts = config.contexts().filter(|&context| is_if(config.context(context).kind));
    contexts.filter_map(|context| guard(config, context)).collect()
}

fn guard(config: &Config<'_>, context: ContextId) -> Option<Guard> {
    let (item, guarded) = (config.context(context).opener?, config.context(context).parent?);
    match condition(config, item)? {
        Condition::Match { variable, regex, word, ignore_case, negated: true }
            if variable.eq_ignore_ascii_case(b"http_origin") =>
        {
            let place = config.value_place(item, word);
            let place = Place { span: without_parenthesis(config, place, &regex), ..place };
            let (text, before, behind) = (regex.into_owned(), Vec::new(), Vec::new());
            let compared = Compared { place, text, regex: Some(ignore_case), item, before, behind };
            Some(Guard { compared, guarded })
        }
        _ => None,
    }
}
