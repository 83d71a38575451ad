//! Why an app's header reaches browsers though somebody meant to hide it (A4.4–A4.6).

use crate::cors::header::CorsHeader;
use crate::nginx::config::inheritance::{List, Protocol};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::limits::{self, Limit};

/// Why the app's line is not hidden, though somebody meant it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// This `*_hide_header` keeps the outer one from being inherited.
    Own(ItemId, ItemId),
    /// This `*_pass_header` lets the header by that the other hides.
    Passed(ItemId, ItemId),
    /// This `*_hide_header` names a pattern, and nginx knows none.
    Pattern(ItemId),
}

impl Undone {
    /// The directive to mend.
    pub(super) fn item(self) -> ItemId {
        let (Undone::Own(item, _) | Undone::Passed(item, _) | Undone::Pattern(item)) = self;
        item
    }
}

/// How many of the directives in force are looked at for a pattern: nginx knows none, and files with one have few others.
const MAX_PATTERNS: usize = 256;

/// Why the app's Allow-Origin is not hidden in `context`; nothing where it is, or where it was not meant to be.
pub(super) fn why_not_hidden(config: &Config<'_>, context: ContextId, protocol: Protocol) -> Option<Undone> {
    let wanted = CorsHeader::AllowOrigin.name();
    if config.hides(context, protocol, wanted).is_some() {
        return None;
    }
    let hidden = config.list(context, List::HideHeader(protocol));
    if let Some(hide) = config.naming(context, List::HideHeader(protocol), wanted) {
        let pass = config.naming(context, List::PassHeader(protocol), wanted)?;
        return Some(Undone::Passed(pass, hide));
    }
    let is_pattern = |item: &&ItemId| config.parameter(**item, 1).is_some_and(|name| is_pattern_of(&name, wanted));
    if let Some(&pattern) = hidden.iter().take(MAX_PATTERNS).find(is_pattern) {
        return Some(Undone::Pattern(pattern));
    }
    if hidden.len() > MAX_PATTERNS {
        limits::meet(Limit::Steps);
    }
    let first = *hidden.first()?;
    let outer = config.context(config.item(first).context).parent?;
    Some(Undone::Own(first, config.hides(outer, protocol, wanted)?))
}

/// Returns whether a name with a star at its end looks as if it meant `name`.
fn is_pattern_of(pattern: &[u8], name: &str) -> bool {
    let Some(start) = pattern.strip_suffix(b"*") else { return false };
    name.as_bytes().get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}
