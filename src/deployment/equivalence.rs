//! Places that mean the same to nginx and to browsers: one of them is asked for all.
//!
//! A fleet has a thousand locations that differ in their names, in comments, in directives that no response depends on, in the order of
//! lines. The first of each kind is asked. Where no rule finds anything in it there is nothing in the others, and they are not asked at all;
//! where one does, all of them are asked themselves ([`Deployment::ask_equivalents`]). So what is reported of a place was judged there.

mod comparison;
mod form;
mod mentioned;
mod reads;
mod slice;
mod touched;
mod words;

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use crate::deployment::locations::audience::Audiences;
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::simulate::model::Model;
use crate::parallel;
use comparison::{Comparison, Shared, parts};
pub(super) use touched::Touched;

/// With fewer places than this, each is asked sooner than it is compared with the others.
const FEW: usize = 16;

/// One kind of places.
#[derive(Debug)]
struct PlaceKind {
    /// The one that was asked.
    first: ContextId,
    /// The blocks that responses of the first one come from, its server last.
    blocks: Vec<ContextId>,
    /// The places that were not asked: locations, or servers with all that is in them.
    left: Vec<ContextId>,
    /// True if a variable of a map is among its words.
    has_map: bool,
}

/// The places of a configuration that are asked, and those that are like them.
#[derive(Debug, Default)]
pub(super) struct Equivalence {
    kinds: Vec<PlaceKind>,
    /// The locations and servers that are not asked.
    left: HashSet<ContextId>,
    /// For each context whether it stands in one of them; empty where none is left out.
    is_hidden: Vec<bool>,
    /// The kind of each place that was compared and has others like it, and of each location in such a server.
    kind_of: HashMap<ContextId, KindOf>,
}

/// The part that is the same for places that are alike: of such it is enough to ask one. A place that is like no other is its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum KindOf {
    /// A location by itself, by the number of its kind, or the location of that number in a server that was compared as a whole.
    Known(usize, usize),
    /// Any other.
    Own(ContextId),
}

/// The facts from outside of the places that are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// True if an app is known that directives may hand requests to.
    pub(super) has_apps: bool,
    /// The texts that are not nginx's, in which hosts and paths may stand.
    pub(super) texts: &'a [&'a [u8]],
    /// True if some of these texts are made of others, so that any host may stand in them.
    pub(super) is_open: bool,
}

impl Equivalence {
    /// Compares the places of a configuration, and leaves out those that are like an earlier one. `bases` are URLs of the servers that requests
    /// reach.
    pub(super) fn new(
        model: &Model<'_, '_>,
        places: (&BTreeMap<ContextId, String>, &Audiences),
        around: Around<'_>,
    ) -> Self {
        let config = model.config;
        let servers: Vec<ContextId> =
            config.contexts().filter(|&context| config.context(context).kind == ContextKind::Server).collect();
        let count = servers.iter().map(|server| config.children(*server).count().max(1)).sum::<usize>();
        let mut equivalence = Equivalence::default();
        if count < FEW {
            return equivalence;
        }
        let shared = Shared::new(model, places, around);
        let compared = parallel::map(&parts(config, &servers), 1, |part| {
            let mut comparison = Comparison::new(&shared);
            part.iter().for_each(|task| comparison.compare(task));
            comparison.into_kinds()
        });
        let mut by_form: HashMap<Vec<u8>, usize> = HashMap::new();
        for (form, place, mut kind) in compared.into_iter().flatten() {
            match by_form.get(&form).and_then(|known| equivalence.kinds.get_mut(*known)) {
                Some(known) => {
                    known.left.push(place);
                    known.left.append(&mut kind.left);
                }
                None => {
                    by_form.insert(form, equivalence.kinds.len());
                    equivalence.kinds.push(kind);
                }
            }
        }
        for (number, kind) in equivalence.kinds.iter().enumerate().filter(|(_, kind)| !kind.left.is_empty()) {
            equivalence.left.extend(&kind.left);
            for &place in kind.left.iter().chain([&kind.first]) {
                // Servers of one kind have the same locations in the same order.
                let places = std::iter::once(place).chain(locations_of(config, place));
                let numbered = (0..).zip(places).map(|(at, place)| (place, KindOf::Known(number, at)));
                equivalence.kind_of.extend(numbered);
            }
        }
        equivalence.hide(config);
        equivalence
    }

    fn hide(&mut self, config: &Config<'_>) {
        self.is_hidden.clear();
        if self.left.is_empty() {
            return;
        }
        // Parents come before children.
        for context in config.contexts() {
            let parent = config.context(context).parent;
            let is_inside = parent.is_some_and(|parent| self.is_hidden(parent));
            self.is_hidden.push(is_inside || self.left.contains(&context));
        }
    }

    /// Returns whether no place is like another.
    pub(super) fn is_empty(&self) -> bool {
        self.kind_of.is_empty()
    }

    /// The kind of the place that a context stands in.
    pub(super) fn kind_of(&self, config: &Config<'_>, context: ContextId) -> KindOf {
        if self.kind_of.is_empty() {
            return KindOf::Own(context);
        }
        let known = config.ancestors(context).find_map(|place| self.kind_of.get(&place));
        known.copied().unwrap_or(KindOf::Own(context))
    }

    /// Returns whether a context stands in a place that is not asked.
    pub(super) fn is_hidden(&self, context: ContextId) -> bool {
        self.is_hidden.get(context.0 as usize).copied().unwrap_or(false)
    }

    /// Has the places of these kinds asked as well.
    pub(super) fn show(&mut self, config: &Config<'_>, touched: &Touched) -> bool {
        let mut is_any = false;
        for kind in touched.kinds() {
            let shown = self.kinds.get_mut(kind).map(|kind| std::mem::take(&mut kind.left)).unwrap_or_default();
            is_any |= !shown.is_empty();
            for place in shown {
                self.left.remove(&place);
            }
        }
        if is_any {
            self.hide(config);
        }
        is_any
    }
}

/// The locations in a server, and those in them; none of a location.
fn locations_of(config: &Config<'_>, place: ContextId) -> Vec<ContextId> {
    let is_location = |context: &ContextId| config.context(*context).kind == ContextKind::Location;
    if is_location(&place) {
        return Vec::new();
    }
    let mut locations: Vec<ContextId> = config.children(place).filter(is_location).collect();
    let mut at = 0;
    while let Some(&location) = locations.get(at) {
        at += 1;
        locations.extend(config.children(location).filter(is_location));
    }
    locations
}
