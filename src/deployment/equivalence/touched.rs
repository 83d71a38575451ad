//! The kinds of places that a finding points into.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::Site;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::source::{FileId, Place};

/// The kinds in which something was found.
#[derive(Debug, Default)]
pub(in crate::deployment) struct Touched {
    kinds: BTreeSet<usize>,
}

/// The directives that the responses of a kind come from, by file and in file order, each with the kind.
type Directives = BTreeMap<FileId, Vec<(Place, usize)>>;

impl Touched {
    /// The kinds of a site that these places stand in, as far as there are others of them.
    pub(in crate::deployment) fn new(site: &Site<'_>, places: &[Place]) -> Self {
        let mut touched = Touched::default();
        let kinds = || site.equivalence.kinds.iter().enumerate().filter(|(_, kind)| !kind.left.is_empty());
        if kinds().next().is_none() || places.is_empty() {
            return touched;
        }
        let config = site.config;
        let mut directives = Directives::new();
        // Many kinds may share a server, and a server may have many locations.
        let mut own: BTreeMap<ContextId, Vec<Place>> = BTreeMap::new();
        for (number, kind) in kinds() {
            for &block in &kind.blocks {
                for place in own.entry(block).or_insert_with(|| places_of(config, block)).iter() {
                    directives.entry(place.file).or_default().push((*place, number));
                }
            }
        }
        directives.values_mut().for_each(|all| all.sort_unstable_by_key(|(place, _)| place.span.start));
        let mut elsewhere = None;
        for &place in places {
            let mut own = at(&directives, place).peekable();
            if own.peek().is_some() {
                touched.kinds.extend(own);
                continue;
            }
            match elsewhere.get_or_insert_with(|| outside(config)).iter().find(|outside| outside.holds(place)) {
                Some(Outside { is_map: true, .. }) => {
                    touched.kinds.extend(kinds().filter(|(_, kind)| kind.has_map).map(|(number, _)| number));
                }
                Some(_) => touched.kinds.extend(kinds().map(|(number, _)| number)),
                None => {}
            }
        }
        touched
    }

    /// Adds the kinds whose first place these are, or stand in.
    pub(in crate::deployment) fn add_blocks(&mut self, site: &Site<'_>, blocks: &BTreeSet<ContextId>) {
        for (number, kind) in site.equivalence.kinds.iter().enumerate().filter(|(_, kind)| !kind.left.is_empty()) {
            if kind.blocks.iter().any(|block| blocks.contains(block)) {
                self.kinds.insert(number);
            }
        }
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = usize> {
        self.kinds.iter().copied()
    }

    /// Returns whether nothing was found in a place that others are like.
    pub(in crate::deployment) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

/// The directives of a block but for its locations, and the one that opens it where it is a location itself.
fn places_of(config: &Config<'_>, block: ContextId) -> Vec<Place> {
    let is_location = |context: ContextId| config.context(context).kind == ContextKind::Location;
    let own = config.items(block).filter(|item| !config.item(*item).opens.is_some_and(is_location));
    let opener = config.context(block).opener.filter(|_| is_location(block));
    own.chain(opener).map(|item| config.place(item)).collect()
}

/// The kinds of the directives that a place stands in.
fn at(directives: &Directives, place: Place) -> impl Iterator<Item = usize> {
    let all = directives.get(&place.file).map_or(&[][..], Vec::as_slice);
    // Heads of directives do not overlap, but one may be included several times.
    let first = all.partition_point(|(own, _)| own.span.end < place.span.start);
    let overlapping = all.get(first..).unwrap_or_default().iter();
    overlapping.take_while(move |(own, _)| own.span.start <= place.span.end).map(|(_, kind)| *kind)
}

/// A part of the configuration outside of servers.
struct Outside {
    place: Place,
    is_map: bool,
}

impl Outside {
    fn holds(&self, place: Place) -> bool {
        let span = self.place.span;
        self.place.file == place.file && span.start <= place.span.start && place.span.end <= span.end
    }
}

/// The maps, and the directives that stand in no server.
fn outside(config: &Config<'_>) -> Vec<Outside> {
    let mut outside = Vec::new();
    let is_outer = |context: &ContextId| config.enclosing(*context, ContextKind::Server).is_none();
    for context in config.contexts().filter(is_outer) {
        if config.context(context).kind == ContextKind::Map {
            let block = config.block_place(context);
            outside.extend(block.map(|place| Outside { place, is_map: true }));
            // Lines may come from another file.
            let lines = config.items(context).map(|item| config.place(item));
            let included = lines.filter(|line| block.is_none_or(|block| block.file != line.file));
            outside.extend(included.map(|place| Outside { place, is_map: true }));
            continue;
        }
        let is_simple = |item: &ItemId| config.item(*item).opens.is_none();
        let items = config.items(context).filter(is_simple);
        outside.extend(items.map(|item| Outside { place: config.place(item), is_map: false }));
    }
    outside
}
