//! Which location takes a path (A6).

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::nginx::config::inheritance::Protocol;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::regex::{Captures, Ordered, Regexes, Undecided};

/// How a location is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern<'s> {
    /// `= /path`
    Exact(Cow<'s, [u8]>),
    /// `/path`, or `^~ /path`, which keeps expressions from being tried.
    Prefix {
        /// The path.
        path: Cow<'s, [u8]>,
        /// True if it is `^~`.
        no_regex: bool,
    },
    /// `~ regex` or `~* regex`
    Regex {
        /// The expression.
        pattern: Cow<'s, [u8]>,
        /// True if it is `~*`.
        ignore_case: bool,
    },
    /// `@name`, reached from inside only.
    Named(Cow<'s, [u8]>),
}

/// How the location opened by `item` is written; modifiers may be glued to the path (A6.4). `None` where a template fills it in or
/// nginx would refuse it.
pub fn pattern<'s>(config: &Config<'s>, item: ItemId) -> Option<Pattern<'s>> {
    let first = config.parameter(item, 1)?;
    if config.parameter_count(item) == 2 {
        let path = config.parameter(item, 2)?;
        return match &*first {
            b"=" => Some(Pattern::Exact(path)),
            b"^~" => Some(Pattern::Prefix { path, no_regex: true }),
            b"~" => Some(Pattern::Regex { pattern: path, ignore_case: false }),
            b"~*" => Some(Pattern::Regex { pattern: path, ignore_case: true }),
            _ => None,
        };
    }
    let cut = |count: usize| match &first {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[count..]),
        Cow::Owned(bytes) => Cow::Owned(bytes[count..].to_vec()),
    };
    Some(match &*first {
        [b'=', ..] => Pattern::Exact(cut(1)),
        [b'^', b'~', ..] => Pattern::Prefix { path: cut(2), no_regex: true },
        [b'~', b'*', ..] => Pattern::Regex { pattern: cut(2), ignore_case: true },
        [b'~', ..] => Pattern::Regex { pattern: cut(1), ignore_case: false },
        [b'@', ..] => Pattern::Named(first),
        _ => Pattern::Prefix { path: first, no_regex: false },
    })
}

/// The locations of one level: a server's, or those nested in a location.
#[derive(Debug, Default)]
struct LocationLevel<'s> {
    exact: HashMap<Cow<'s, [u8]>, ContextId>,
    prefix: HashMap<Cow<'s, [u8]>, (ContextId, bool)>,
    regex: Ordered<'s, ContextId>,
    named: HashMap<Cow<'s, [u8]>, ContextId>,
    longest: usize,
    /// True if a template fills one of the locations in, so that any path may be its.
    is_open: bool,
}

/// Every location of a configuration, by the level it stands on.
#[derive(Debug, Default)]
pub struct Locations<'s> {
    levels: HashMap<ContextId, LocationLevel<'s>>,
}

/// The result of a search for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundLocation {
    /// This location.
    Location(ContextId),
    /// nginx answers 301 to the path with a slash, with this location's headers (A3.11).
    AddSlash(ContextId),
    /// No location: the server itself answers.
    Nothing,
    /// Not to be known: an expression that cannot be matched here, or a location a template fills in.
    Unknown,
}

impl<'s> Locations<'s> {
    /// Collects the locations of `config`, in one pass.
    pub fn new(config: &Config<'s>) -> Self {
        let mut locations = Locations::default();
        for context in config.contexts() {
            let here = config.context(context);
            let (ContextKind::Location, Some(parent), Some(opener)) = (here.kind, here.parent, here.opener) else {
                continue;
            };
            let level = locations.levels.entry(parent).or_default();
            match pattern(config, opener) {
                Some(Pattern::Exact(path)) => {
                    level.longest = level.longest.max(path.len());
                    level.exact.entry(path).or_insert(context);
                }
                Some(Pattern::Prefix { path, no_regex }) => {
                    level.longest = level.longest.max(path.len());
                    level.prefix.entry(path).or_insert((context, no_regex));
                }
                Some(Pattern::Regex { pattern, ignore_case }) => level.regex.push(pattern, ignore_case, context),
                Some(Pattern::Named(name)) => _ = level.named.entry(name).or_insert(context),
                None => level.is_open = true,
            }
        }
        locations
    }

    /// The named location of a server.
    pub fn named(&self, server: ContextId, name: &[u8]) -> Option<ContextId> {
        self.levels.get(&server)?.named.get(name).copied()
    }

    /// The location of `server` that takes the normalised `path`: `=`, then the longest prefix unless an expression of
    /// its level or of one nested in it matches (A6.1, A6.2). With it what the expressions on the way captured, outermost first.
    pub fn find(
        &self,
        config: &Config<'s>,
        regexes: &Regexes,
        server: ContextId,
        path: &[u8],
    ) -> (FoundLocation, Vec<Captures>) {
        let mut all_captures = Vec::new();
        let mut found = FoundLocation::Nothing;
        let mut start = server;
        loop {
            match self.prefixes(config, path, start) {
                Err(end) => {
                    // Below an expression nginx does not add the slash.
                    let end = match end {
                        FoundLocation::AddSlash(context) if start != server => FoundLocation::Location(context),
                        end => end,
                    };
                    return (end, all_captures);
                }
                Ok((deepest, open)) => match self.expressions(regexes, path, open) {
                    Ok(Some((context, captures))) => {
                        all_captures.push(captures);
                        (found, start) = (FoundLocation::Location(context), context);
                    }
                    Ok(None) => return (deepest.map_or(found, FoundLocation::Location), all_captures),
                    Err(Undecided) => return (FoundLocation::Unknown, all_captures),
                },
            }
        }
    }

    /// The longest prefix at and below `start`, and the levels whose expressions may still take over, outermost first. As the error,
    /// what ends the search.
    fn prefixes(
        &self,
        config: &Config<'s>,
        path: &[u8],
        start: ContextId,
    ) -> Result<(Option<ContextId>, Vec<ContextId>), FoundLocation> {
        let (mut deepest, mut open) = (None, Vec::new());
        let mut level = start;
        while let Some(locations) = self.levels.get(&level) {
            match locations.prefix(config, path) {
                Prefixed::Exact(context) => return Err(FoundLocation::Location(context)),
                _ if locations.is_open => return Err(FoundLocation::Unknown),
                Prefixed::AddSlash(context) => return Err(FoundLocation::AddSlash(context)),
                Prefixed::Longest(context, no_regex) => {
                    if !no_regex {
                        open.push(level);
                    }
                    (deepest, level) = (Some(context), context);
                }
                Prefixed::Nothing => {
                    open.push(level);
                    break;
                }
            }
        }
        Ok((deepest, open))
    }

    /// The first expression that matches, those of the innermost level first.
    fn expressions(
        &self,
        regexes: &Regexes,
        path: &[u8],
        mut open: Vec<ContextId>,
    ) -> Result<Option<(ContextId, Captures)>, Undecided> {
        while let Some(level) = open.pop() {
            let Some(locations) = self.levels.get(&level) else { continue };
            for entry in locations.regex.candidates(path) {
                if let Some(captures) = regexes.captures(&entry.pattern, entry.ignore_case, path)? {
                    return Ok(Some((entry.target, captures)));
                }
            }
        }
        Ok(None)
    }
}

/// The result among the paths of one level.
enum Prefixed {
    Exact(ContextId),
    AddSlash(ContextId),
    Longest(ContextId, bool),
    Nothing,
}

impl LocationLevel<'_> {
    fn prefix(&self, config: &Config<'_>, path: &[u8]) -> Prefixed {
        if let Some(&context) = self.exact.get(path) {
            return Prefixed::Exact(context);
        }
        let slashed = [path, b"/"].concat();
        let longest = path.len().min(self.longest);
        let full = self.prefix.get(path);
        let prefix = self.prefix.get(&slashed[..]).map(|(context, _)| *context);
        let exact = self.exact.get(&slashed[..]).copied();
        if let (None, Some(context)) = (full, exact.or(prefix))
            && [exact, prefix].into_iter().flatten().any(|context| passes_on(config, context))
        {
            return Prefixed::AddSlash(context);
        }
        let mut lengths = (0..=longest).rev();
        match lengths.find_map(|length| self.prefix.get(&path[..length])) {
            Some(&(context, no_regex)) => Prefixed::Longest(context, no_regex),
            None => Prefixed::Nothing,
        }
    }
}

/// Returns whether the location hands requests to an app, which makes nginx add a missing slash (A3.11).
pub(crate) fn passes_on(config: &Config<'_>, context: ContextId) -> bool {
    config.items(context).any(|item| is_pass(config.item(item).name))
}

/// Returns whether a location, or an `if` of it, hands requests to an app.
pub(crate) fn reaches_app(config: &Config<'_>, context: ContextId) -> bool {
    let is_if = |child: &ContextId| config.context(*child).kind == ContextKind::IfInLocation;
    passes_on(config, context) || config.children(context).filter(is_if).any(|child| passes_on(config, child))
}

/// Returns whether the directive hands requests to an app: `proxy_pass` and its kin.
pub fn is_pass(name: &[u8]) -> bool {
    name == b"memcached_pass" || Protocol::split(name).is_some_and(|(_, rest)| rest == b"pass")
}
