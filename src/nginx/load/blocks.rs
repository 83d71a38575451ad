//! Demands of nginx on directives that stand together: locations beside and inside one another, what may stand only
//! once, and the URL of a `proxy_pass` in a block that knows no path.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::contexts::Contexts;
use super::directives::KnownDirective;
use super::parameters::shown;
use super::possible::Possible;
use super::{Refusal, is_patchwork};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::locations::{Pattern, pattern};

/// Two locations of one block with one path, written alike or as a prefix with and without `^~` (A6.5).
pub(super) fn duplicate_locations(config: &Config<'_>, refusals: &mut Vec<Refusal>) {
    let mut seen: HashMap<(ContextId, bool, Cow<'_, [u8]>), ItemId> = HashMap::new();
    for context in config.contexts() {
        let here = config.context(context);
        let (ContextKind::Location, Some(parent), Some(item)) = (here.kind, here.parent, here.opener) else { continue };
        // nginx looks at neither expressions nor named locations for this.
        let (is_exact, path) = match pattern(config, item) {
            Some(Pattern::Exact(path)) => (true, path),
            Some(Pattern::Prefix { path, .. }) => (false, path),
            _ => continue,
        };
        if is_patchwork(config, config.item(item).file) {
            continue;
        }
        let label = format!("the second location {}", shown(&path));
        match seen.entry((parent, is_exact, path)) {
            hashbrown::hash_map::Entry::Vacant(entry) => _ = entry.insert(item),
            hashbrown::hash_map::Entry::Occupied(entry) => {
                refusals.push(twice(config, *entry.get(), item, label, "duplicate location"));
            }
        }
    }
}

fn twice(config: &Config<'_>, first: ItemId, second: ItemId, label: String, reason: &str) -> Refusal {
    let refusal = Refusal::at(config.place(second), label, reason);
    // Lines that are included twice are their own double.
    let is_same = config.place(first) == config.place(second);
    if is_same { refusal } else { refusal.beside(config.place(first), "the first one") }
}

/// Directives that stand a second time in one block, but may only once.
pub(super) fn repeated(config: &Config<'_>, possible: &Possible, context: ContextId, refusals: &mut Vec<Refusal>) {
    let mut seen: Vec<(&[u8], ItemId)> = Vec::new();
    for item in config.items(context) {
        let name = config.item(item).name;
        let once = KnownDirective::of(name).is_some_and(|directive| {
            directive.once && !(directive.elsewhere && possible.of(context).meets(Contexts::ELSEWHERE))
        });
        if !once || is_patchwork(config, config.item(item).file) {
            continue;
        }
        // `alias` is another `root` to nginx.
        let same = if name == b"alias" { b"root" } else { name };
        match seen.iter().find(|(known, _)| *known == same) {
            None => seen.push((same, item)),
            Some(&(_, first)) => {
                let label = format!("a second {} in one block", shown(name));
                let reason = format!("{} is a duplicate", shown(name));
                refusals.push(twice(config, first, item, label, &reason));
            }
        }
    }
}

/// A location that is nested where it cannot be reached (A6.5).
pub(super) fn refuse_nesting(config: &Config<'_>, item: ItemId) -> Option<Refusal> {
    let around = config.context(config.item(item).context);
    let outer = around.opener.filter(|_| around.kind == ContextKind::Location)?;
    let (inside, outside) = (pattern(config, item)?, pattern(config, outer)?);
    let refusal = |label: String, reason: &str| {
        let refusal = Refusal::at(config.place(item), label, reason);
        Some(refusal.beside(config.place(outer), "the location around it"))
    };
    let outer_name = match &outside {
        Pattern::Exact(_) => return refusal("inside an exact location".to_owned(), "no location can be in a `=` one"),
        Pattern::Named(_) => return refusal("inside a named location".to_owned(), "no location can be in a named one"),
        Pattern::Prefix { path, .. } | Pattern::Regex { pattern: path, .. } => path,
    };
    let path = match &inside {
        Pattern::Named(_) => {
            return refusal("not directly in the server".to_owned(), "a named location must stand in the server");
        }
        Pattern::Regex { .. } => return None,
        Pattern::Exact(path) | Pattern::Prefix { path, .. } => path,
    };
    // nginx compares with the text of an expression, too, so that hardly any prefix fits into one.
    if path.starts_with(outer_name) {
        return None;
    }
    let label = format!("does not start with {}", shown(outer_name));
    refusal(label, "a location is outside the location it stands in")
}

/// `proxy_pass` with a path, where nginx cannot tell which part of the request's path to replace.
pub(super) fn refuse_path(config: &Config<'_>, possible: &Possible, item: ItemId) -> Option<Refusal> {
    let context = config.item(item).context;
    let blocks = Contexts::IF_IN_LOCATION.or(Contexts::LIMIT_EXCEPT);
    let opener = config.context(context).opener?;
    let place = match pattern(config, opener).filter(|_| config.item(opener).name == b"location") {
        Some(Pattern::Regex { .. }) => "a location with an expression",
        Some(Pattern::Named(_)) => "a named location",
        _ if possible.of(context).within(blocks) => "an `if` or `limit_except`",
        _ => return None,
    };
    let url = config.parameter(item, 1).filter(|url| memchr::memchr(b'$', url).is_none())?;
    let scheme = memchr::memmem::find(&url, b"://")?;
    let address = url.get(scheme + 3..)?;
    let path = match address.strip_prefix(b"unix:") {
        Some(socket) => socket.get(memchr::memchr(b':', socket)? + 1..)?,
        None => address.get(memchr::memchr2(b'/', b'?', address)?..)?,
    };
    let label = format!("ends in the path {}", shown(path));
    let reason = format!("`proxy_pass` cannot have a path in {place}");
    let refusal = Refusal::at(config.word_place(item, 1), label, reason);
    Some(refusal.with_help("take the path off, and use `rewrite` to change the one that is sent"))
}

/// Two directives at the top of a fragment that no block takes both, wherever the fragment is included.
pub(super) fn fits_nowhere(config: &Config<'_>) -> Option<Refusal> {
    let top = config.top();
    let is_open = config.whole || config.stated || config.context(top).incomplete;
    if is_open || config.items(top).any(|item| is_patchwork(config, config.item(item).file)) {
        return None;
    }
    let mut left = Contexts::ANY;
    let mut before: Vec<(ItemId, KnownDirective)> = Vec::new();
    for item in config.items(top) {
        let Some(directive) = KnownDirective::of(config.item(item).name) else { continue };
        let contexts = directive.everywhere();
        if left.meets(contexts) {
            left = left.and(contexts);
            // One for each set of contexts is enough.
            if before.iter().all(|(_, known)| known.everywhere() != contexts) {
                before.push((item, directive));
            }
            continue;
        }
        let (other, with) = before.into_iter().find(|(_, other)| !other.everywhere().meets(contexts))?;
        // A `server` or a `map` shows what the file is; an `if` is what is lost in it.
        let is_if = config.item(other).name == b"if";
        let ((wrong, directive), right) = if is_if { ((other, with), item) } else { ((item, directive), other) };
        let (name, around) = (shown(config.item(wrong).name), shown(config.item(right).name));
        let label = format!("not allowed next to {around}");
        let reason = format!("{name} is not allowed in any block in which {around} is");
        let refusal = Refusal::at(config.word_place(wrong, 0), label, reason);
        return Some(
            refusal
                .beside(config.word_place(right, 0), "stands in the same block")
                .with_help(format!("{name} is allowed in {}: move it there", directive.contexts.names())),
        );
    }
    None
}
