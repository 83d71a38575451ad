//! The comparison of places by their forms.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::form::{Form, Style};
use super::mentioned::Mentioned;
use super::reads::{PATH, Reads, VariableReads};
use super::slice::{self, slice};
use super::words::is_unread;
use super::{Around, PlaceKind, locations_of};
use crate::deployment::locations::audience::{Audience, Audiences};
use crate::deployment::locations::entry::entry;
use crate::deployment::locations::targets::led_to;
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::simulate::locations::Pattern;
use crate::nginx::simulate::model::Model;

/// How many locations a server may have for one to be compared whose conditions look at paths.
const MAX_SIBLINGS: usize = 64;
/// How many places one processor compares at a time.
const AT_A_TIME: usize = 256;

/// The unit of a comparison: some locations of a server, each by itself, or the server with all that is in it.
pub(super) enum Task {
    Locations { server: ContextId, locations: Vec<ContextId>, has_expressions: bool },
    Server(ContextId),
}

/// The servers, and the locations of those where nothing is theirs together, in parts of about the same size.
pub(super) fn parts(config: &Config<'_>, servers: &[ContextId]) -> Vec<Vec<Task>> {
    let mut parts = vec![Vec::new()];
    let mut size = 0;
    let mut add = |task: Task, places: usize| {
        if size >= AT_A_TIME {
            parts.push(Vec::new());
            size = 0;
        }
        size += places;
        if let Some(part) = parts.last_mut() {
            part.push(task);
        }
    };
    for &server in servers {
        let locations: Vec<ContextId> = config.children(server).collect();
        let is_simple = |&location: &ContextId| {
            config.context(location).kind == ContextKind::Location
                && config.children(location).all(|inner| config.context(inner).kind != ContextKind::Location)
                && entry(config, location).is_some()
        };
        if locations.is_empty() || !has_nothing_of_its_own(config, server) || !locations.iter().all(is_simple) {
            add(Task::Server(server), locations.len().max(1));
            continue;
        }
        let by_path = |location: &ContextId| {
            matches!(slice::written(config, *location), Some(Pattern::Prefix { .. } | Pattern::Exact(_)))
        };
        let has_expressions = !locations.iter().all(by_path);
        for some in locations.chunks(AT_A_TIME) {
            add(Task::Locations { server, locations: some.to_vec(), has_expressions }, some.len());
        }
    }
    parts
}

/// The data that all comparisons read.
pub(super) struct Shared<'m, 'd> {
    model: &'m Model<'d, 'd>,
    /// A URL of each server that requests reach.
    bases: &'m BTreeMap<ContextId, String>,
    audiences: &'m Audiences,
    around: Around<'m>,
    /// The values that the directives outside of servers read.
    outer: (Reads, bool),
    /// The locations that other requests are led to.
    led_to: BTreeSet<ContextId>,
    mentioned: Mentioned<'m, 'd>,
}

impl<'m, 'd> Shared<'m, 'd> {
    pub(super) fn new(
        model: &'m Model<'d, 'd>,
        (bases, audiences): (&'m BTreeMap<ContextId, String>, &'m Audiences),
        around: Around<'m>,
    ) -> Self {
        let (config, variables) = (model.config, VariableReads::new(model));
        let is_outer = |kind| matches!(kind, ContextKind::Main | ContextKind::Http);
        let outer: Vec<ContextId> =
            config.contexts().filter(|&context| is_outer(config.context(context).kind)).collect();
        let mentioned = Mentioned::new(model, around, &outer);
        let outer = variables.of_blocks((Reads::default(), false), &outer);
        Shared { model, bases, audiences, around, outer, led_to: led_to(model), mentioned }
    }
}

/// The forms of the places that were compared so far.
pub(super) struct Comparison<'c, 'd> {
    shared: &'c Shared<'c, 'd>,
    variables: VariableReads<'c, 'd>,
    /// Each kind with its form and its first place.
    kinds: Vec<(Vec<u8>, ContextId, PlaceKind)>,
    by_form: HashMap<Vec<u8>, usize>,
}

impl<'c, 'd> Comparison<'c, 'd> {
    pub(super) fn new(shared: &'c Shared<'c, 'd>) -> Self {
        let variables = VariableReads::new(shared.model);
        Comparison { shared, variables, kinds: Vec::new(), by_form: HashMap::new() }
    }

    /// Each kind, in the order of their first places, with its form and its first place.
    pub(super) fn into_kinds(self) -> Vec<(Vec<u8>, ContextId, PlaceKind)> {
        self.kinds
    }

    pub(super) fn compare(&mut self, task: &Task) {
        match task {
            Task::Server(server) => self.whole(*server),
            Task::Locations { server, locations, has_expressions } => {
                let own = self.around(*server);
                let mut forms = Vec::new();
                for location in locations {
                    self.location(*server, *location, (own, *has_expressions), &mut forms);
                }
            }
        }
    }

    /// Compares a location of a server that has no more in common with its other locations than its name. `forms` are those of the server, by
    /// what the location compares names with.
    fn location(
        &mut self,
        server: ContextId,
        location: ContextId,
        (own, has_expressions): ((Reads, bool), bool),
        forms: &mut Vec<((Reads, bool), Form)>,
    ) {
        let (shared, config) = (self.shared, self.shared.model.config);
        let Some(slice) = slice(shared.model, server, location) else { return };
        let blocks = slice.locations.iter().flat_map(|location| within(config, *location));
        let blocks: Vec<ContextId> = blocks.chain([server]).collect();
        let inner = blocks.split_last().map_or(&[][..], |(_, inner)| inner);
        let (reads, has_map) = self.variables.of_blocks(own, inner);
        let looks_at_paths = reads.path;
        let reads = if has_expressions { reads | PATH } else { reads };
        let is_mentioned = |label: &[u8]| shared.mentioned.has(label, has_map || reads.origin);
        let style = Style { reads, has_apps: shared.around.has_apps, is_mentioned: &is_mentioned };
        let known = forms.iter().find(|(key, _)| *key == (reads, has_map)).map(|(_, form)| form.clone());
        let mut form = known.unwrap_or_else(|| {
            let mut form = Form::default();
            form.base(shared.bases.get(&server).map(String::as_str), style);
            form.block(config, server, style);
            forms.push(((reads, has_map), form.clone()));
            form
        });
        for (number, location) in slice.locations.iter().enumerate() {
            let asked = slice.path.as_deref().filter(|_| number == 0);
            form.pattern(slice::written(config, *location), asked, style);
            form.fact(self.audience(*location));
            form.block(config, *location, style);
        }
        if looks_at_paths {
            // A rule may ask for a path that a condition names, and another location may take it.
            if config.children(server).size_hint().0 > MAX_SIBLINGS {
                return;
            }
            let openers = config.children(server).filter_map(|sibling| config.context(sibling).opener);
            openers.for_each(|opener| form.directive(config, opener, style));
        }
        form.fact(if shared.led_to.contains(&location) { b"led to" } else { b"" });
        for way in &slice.ways {
            form.fact(way.map_or_else(String::new, |way| way.to_string()).as_bytes());
        }
        self.add(&form, location, blocks, has_map);
    }

    /// Who requests what a location serves: its name may say so, which is otherwise a name like others.
    fn audience(&self, location: ContextId) -> &'static [u8] {
        let (audiences, config) = (self.shared.audiences, self.shared.model.config);
        match audiences.of(location) {
            Audience::OwnPages if audiences.is_beside_data(config, location) => b"own pages beside data",
            Audience::Pages if audiences.is_beside_data(config, location) => b"files beside data",
            Audience::Pages => b"",
            Audience::OwnPages => b"own pages",
            Audience::NoPage => b"no page",
        }
    }

    /// Returns what the directives look at that a server has from the blocks around it, and its own.
    fn around(&self, server: ContextId) -> (Reads, bool) {
        self.variables.of_blocks(self.shared.outer, &[server])
    }

    /// Compares a server with all that is in it.
    fn whole(&mut self, server: ContextId) {
        let (shared, config) = (self.shared, self.shared.model.config);
        let blocks = within(config, server);
        let (reads, has_map) = self.variables.of_blocks(self.around(server), &blocks);
        let is_mentioned = |label: &[u8]| shared.mentioned.has(label, has_map || reads.origin);
        // Its paths lead from one location to the other.
        let style = Style { reads: reads | PATH, has_apps: shared.around.has_apps, is_mentioned: &is_mentioned };
        let mut form = Form::default();
        form.base(shared.bases.get(&server).map(String::as_str), style);
        form.block(config, server, style);
        let locations = locations_of(config, server);
        // They come in rows, the inner ones behind the outer ones.
        let numbers: HashMap<ContextId, usize> =
            locations.iter().zip(1..).map(|(place, number)| (*place, number)).collect();
        for &location in &locations {
            let around = config.context(location).parent.and_then(|parent| numbers.get(&parent));
            form.fact(around.copied().unwrap_or_default().to_string().as_bytes());
            if let Some(opener) = config.context(location).opener {
                form.directive(config, opener, style);
            }
            form.fact(self.audience(location));
            form.block(config, location, style);
        }
        self.add(&form, server, blocks, has_map);
    }

    fn add(&mut self, form: &Form, place: ContextId, blocks: Vec<ContextId>, has_map: bool) {
        let Some(form) = form.finished() else { return };
        match self.by_form.get(form).and_then(|kind| self.kinds.get_mut(*kind)) {
            Some((_, _, kind)) => kind.left.push(place),
            None => {
                self.by_form.insert(form.to_vec(), self.kinds.len());
                self.kinds.push((form.to_vec(), place, PlaceKind { first: place, blocks, left: Vec::new(), has_map }));
            }
        }
    }
}

/// A block, and those in it.
fn within(config: &Config<'_>, block: ContextId) -> Vec<ContextId> {
    let mut blocks = vec![block];
    let mut at = 0;
    while let Some(&block) = blocks.get(at) {
        at += 1;
        blocks.extend(config.children(block));
    }
    blocks
}

/// Returns whether a server has no directive, beside its locations, that they have in common: what is in force in all of them is judged in all
/// of them.
fn has_nothing_of_its_own(config: &Config<'_>, server: ContextId) -> bool {
    config.items(server).all(|item| match config.item(item).name {
        b"listen" | b"server_name" | b"location" | b"root" | b"index" | b"error_page" | b"http2" => true,
        name => is_unread(name),
    })
}
