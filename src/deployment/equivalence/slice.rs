//! The locations that a request may run through: the one that it enters, and those that it is led to inside nginx.

use std::collections::BTreeSet;

use crate::deployment::locations::entry_url;
use crate::nginx::config::inheritance::{List, Single};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::locations::{FoundLocation, Pattern, pattern};
use crate::nginx::simulate::model::Model;

/// How many other locations a request may be led to; a location that leads to more is asked by itself.
const MAX_TARGETS: usize = 16;

/// How many error pages, or lists of indexes, may be in force in a location, and how many blocks it may have; a location with more is asked by
/// itself.
const MAX_LISTED: usize = 64;

/// A location, and what of its server the responses of its requests depend on.
pub(super) struct Slice {
    /// The location, and those that it leads to.
    pub(super) locations: Vec<ContextId>,
    /// Where each way leads: the number of a location in the list; none to the server itself.
    pub(super) ways: Vec<Option<usize>>,
    /// The path that it is asked by; none where other locations take all of its paths.
    pub(super) path: Option<Vec<u8>>,
}

/// The slice of a location; `None` where a request may be led to anywhere.
pub(super) fn slice(model: &Model<'_, '_>, server: ContextId, location: ContextId) -> Option<Slice> {
    let path = entry_url::path(model, server, location).map(String::into_bytes);
    let mut slice = Slice { locations: vec![location], ways: Vec::new(), path: path.clone() };
    let mut waiting: Vec<(ContextId, Vec<u8>)> = path.map(|path| (location, path)).into_iter().collect();
    let mut at = 0;
    while let Some((context, path)) = waiting.get(at).cloned() {
        at += 1;
        for target in targets(model, context, &path)? {
            let (found, _) = model.locations.find(model.config, &model.regexes, server, &target);
            let FoundLocation::Location(found) = found else {
                // The server itself, or an unknown place.
                matches!(found, FoundLocation::Nothing).then(|| slice.ways.push(None))?;
                continue;
            };
            let known = slice.locations.iter().position(|known| *known == found);
            slice.ways.push(Some(known.unwrap_or(slice.locations.len())));
            if known.is_none() {
                if slice.locations.len() > MAX_TARGETS {
                    return None;
                }
                slice.locations.push(found);
            }
            // From a file of its own a location leads to where it leads anyway, but for an index of an index, which does not occur.
            let is_new =
                found != context && !waiting.iter().any(|(context, path)| *context == found && *path == target);
            if is_new {
                if waiting.len() > 2 * MAX_TARGETS {
                    return None;
                }
                waiting.push((found, target));
            }
        }
    }
    Some(slice)
}

/// The paths that a request for `path` may be led to from a location; `None` where they are not to be known.
fn targets(model: &Model<'_, '_>, location: ContextId, path: &[u8]) -> Option<Vec<Vec<u8>>> {
    let config = model.config;
    (config.children(location).size_hint().0 <= MAX_LISTED).then_some(())?;
    let blocks: Vec<ContextId> =
        config.children(location).filter(|block| config.context(*block).kind != ContextKind::Location).collect();
    let own = std::iter::once(location).chain(blocks.iter().copied());
    // Very many may be in force in very many locations.
    let is_few = |list: List| own.clone().map(|block| config.list(block, list).len()).sum::<usize>() <= MAX_LISTED;
    (is_few(List::ErrorPage) && config.list(location, List::Index).len() <= MAX_LISTED).then_some(())?;
    let mut targets = Vec::new();
    let mut directory = path.to_vec();
    directory.truncate(path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1));
    // A page may ask for the directory that the path stands in, and for the path as for one.
    let within = [path, b"/"].concat();
    indexes(config, location, &[&directory, &within], &mut targets)?;
    let pages: BTreeSet<ItemId> = own.clone().flat_map(|block| config.list(block, List::ErrorPage)).copied().collect();
    for item in pages {
        let target = config.parameter(item, config.parameter_count(item))?;
        match target.first()? {
            b'/' => targets.push(constant(&target)?),
            // To a named location, or away.
            b'@' => return None,
            _ if target.starts_with(b"http") => {}
            _ => return None,
        }
    }
    let guards: BTreeSet<ItemId> = own.clone().filter_map(|block| config.single(block, Single::AuthRequest)).collect();
    for item in guards {
        let target = config.parameter(item, 1)?;
        if *target != *b"off" {
            targets.push(constant(&target)?);
        }
    }
    for item in own.flat_map(|context| config.items(context)) {
        match config.item(item).name {
            b"try_files" => tried(config, item, &mut targets)?,
            b"rewrite" if !stays(config, item) => return None,
            b"post_action" | b"mirror" | b"random_index" => return None,
            _ => {}
        }
    }
    Some(targets)
}

/// The indexes that a directory may be answered by.
fn indexes(config: &Config<'_>, location: ContextId, directories: &[&[u8]], targets: &mut Vec<Vec<u8>>) -> Option<()> {
    let list = config.list(location, List::Index);
    let mut names: Vec<Vec<u8>> = Vec::new();
    let words: usize = list.iter().map(|item| config.parameter_count(*item)).sum();
    (words <= MAX_LISTED).then_some(())?;
    for &item in list {
        for index in 1..=config.parameter_count(item) {
            let name = config.parameter(item, index)?;
            (!name.contains(&b'$')).then_some(())?;
            names.push(name.into_owned());
        }
    }
    if list.is_empty() {
        names.push(b"index.html".to_vec());
    }
    for name in names {
        match name.first()? {
            b'/' => targets.push(name),
            _ => targets.extend(directories.iter().map(|directory| [directory, &name[..]].concat())),
        }
    }
    Some(())
}

/// Where a `try_files` leads to; directories are answered by their indexes, whatever they are.
fn tried(config: &Config<'_>, item: ItemId, targets: &mut Vec<Vec<u8>>) -> Option<()> {
    let count = config.parameter_count(item);
    for index in 1..count {
        let word = config.parameter(item, index)?;
        let is_plain = !word.ends_with(b"/") || *word == *b"$uri/";
        is_plain.then_some(())?;
    }
    let last = config.parameter(item, count)?;
    match last.first()? {
        b'=' => Some(()),
        b'/' => {
            targets.push(constant(&last)?);
            Some(())
        }
        _ => None,
    }
}

/// The path of a target without its query; `None` where a variable stands in it.
fn constant(target: &[u8]) -> Option<Vec<u8>> {
    let path = target.split(|byte| *byte == b'?').next()?;
    let path = path.strip_suffix(b"$is_args$args").unwrap_or(path);
    (path.starts_with(b"/") && !path.contains(&b'$')).then(|| path.to_vec())
}

/// Returns whether a `rewrite` leaves the request where it is, or sends it back to the client.
fn stays(config: &Config<'_>, item: ItemId) -> bool {
    let is_away = config.parameter(item, 2).is_some_and(|target| target.starts_with(b"http"));
    is_away || matches!(config.parameter(item, 3).as_deref(), Some(b"redirect" | b"permanent" | b"break"))
}

/// How a location is written, as far as a form has it: its pattern.
pub(super) fn written<'s>(config: &Config<'s>, location: ContextId) -> Option<Pattern<'s>> {
    config.context(location).opener.and_then(|opener| pattern(config, opener))
}
