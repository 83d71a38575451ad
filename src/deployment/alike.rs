//! Places that mean the same to nginx and to browsers: one of them is asked for all.
//!
//! A fleet has a thousand locations that differ in their names, in comments, in directives that no response depends on, in the order of
//! lines. The first of each kind is asked. Where no rule finds anything in it there is nothing in the others, and they are not asked at all;
//! where one does, all of them are asked themselves ([`Deployment::ask_alike`]). So what is reported of a place was judged there.

mod form;
mod reads;
mod slice;
mod touched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use hashbrown::{HashMap, HashSet};

use super::route;
use super::targets::led_to;
use crate::nginx::answer::Model;
use crate::nginx::condition::{Condition, condition};
use crate::nginx::config::{Config, ContextId, ContextKind};
use crate::nginx::locations::Pattern;
use crate::nginx::sample::sample;
use crate::nginx::variables::Key;
use crate::parallel;
use form::{Form, Style};
use reads::{PATH, Reads, Variables};
use slice::slice;
pub(super) use touched::Touched;

/// With fewer places than this, each is asked sooner than it is compared with the others.
const FEW: usize = 16;
/// How many locations a server may have for one to be compared whose conditions look at paths.
const MAX_SIBLINGS: usize = 64;
/// How many places one processor compares at a time.
const AT_A_TIME: usize = 256;

/// One kind of places.
#[derive(Debug)]
struct Kind {
    /// The one that was asked.
    first: ContextId,
    /// The blocks that responses of the first one come from, its server last.
    blocks: Vec<ContextId>,
    /// The places that were not asked: locations, or servers with all that is in them.
    left: Vec<ContextId>,
    /// Whether a variable of a map is among its words.
    has_map: bool,
}

/// The places of a configuration that are asked, and those that are like them.
#[derive(Debug, Default)]
pub(super) struct Alike {
    kinds: Vec<Kind>,
    /// The locations and servers that are not asked.
    left: HashSet<ContextId>,
    /// For each context whether it stands in one of them; empty where none is left out.
    is_hidden: Vec<bool>,
    /// The kind of each place that was compared and has others like it, and of each location in such a server.
    kind_of: HashMap<ContextId, KindOf>,
}

/// What is the same for places that are alike: of such it is enough to ask one. A place that is like no other is its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum KindOf {
    /// A location by itself, by the number of its kind, or the location of that number in a server that was compared as a whole.
    Known(usize, usize),
    /// Any other.
    Own(ContextId),
}

/// What is known outside of the places that are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// Whether an app is known that directives may hand requests to.
    pub(super) has_apps: bool,
    /// The texts that are not nginx's, in which hosts and paths may stand.
    pub(super) texts: &'a [&'a [u8]],
    /// Whether some of these texts are made of others, so that any host may stand in them.
    pub(super) is_open: bool,
}

impl Alike {
    /// Compares the places of a configuration, and leaves out those that are like an earlier one. `bases` are URLs of the servers that requests
    /// reach.
    pub(super) fn new(model: &Model<'_, '_>, bases: &BTreeMap<ContextId, String>, around: Around<'_>) -> Self {
        let config = model.config;
        let servers: Vec<ContextId> =
            config.contexts().filter(|&context| config.context(context).kind == ContextKind::Server).collect();
        let places = servers.iter().map(|server| config.children(*server).count().max(1)).sum::<usize>();
        let mut alike = Alike::default();
        if places < FEW {
            return alike;
        }
        let shared = Shared::new(model, bases, around);
        let parts = parts(config, &servers);
        let compared = parallel::map(&parts, 1, |part| {
            let mut comparison = Comparison::new(&shared);
            part.iter().for_each(|task| comparison.compare(task));
            comparison.kinds
        });
        let mut by_form: HashMap<Vec<u8>, usize> = HashMap::new();
        for (form, place, mut kind) in compared.into_iter().flatten() {
            match by_form.get(&form).and_then(|known| alike.kinds.get_mut(*known)) {
                Some(known) => {
                    known.left.push(place);
                    known.left.append(&mut kind.left);
                }
                None => {
                    by_form.insert(form, alike.kinds.len());
                    alike.kinds.push(kind);
                }
            }
        }
        for (number, kind) in alike.kinds.iter().enumerate().filter(|(_, kind)| !kind.left.is_empty()) {
            alike.left.extend(&kind.left);
            for &place in kind.left.iter().chain([&kind.first]) {
                // Servers of one kind have the same locations in the same order.
                let places = std::iter::once(place).chain(locations_of(config, place));
                let numbered = (0..).zip(places).map(|(at, place)| (place, KindOf::Known(number, at)));
                alike.kind_of.extend(numbered);
            }
        }
        alike.hide(config);
        alike
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

/// What is compared at once: some locations of a server, each by itself, or the server with all that is in it.
enum Task {
    Locations { server: ContextId, locations: Vec<ContextId>, has_expressions: bool },
    Server(ContextId),
}

/// The servers, and the locations of those where nothing is theirs together, in parts of about the same size.
fn parts(config: &Config<'_>, servers: &[ContextId]) -> Vec<Vec<Task>> {
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
                && route::entry(config, location).is_some()
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

/// What all comparisons look at.
struct Shared<'m, 'd> {
    model: &'m Model<'d, 'd>,
    /// A URL of each server that requests reach.
    bases: &'m BTreeMap<ContextId, String>,
    around: Around<'m>,
    /// What the directives look at that stand in no server.
    outer: (Reads, bool),
    /// The locations that other requests are led to.
    led_to: BTreeSet<ContextId>,
    /// The labels of hosts in other texts than nginx's, and in directives outside of servers.
    mentioned: HashSet<Vec<u8>>,
    /// Those in maps and conditions, once somebody asks for them.
    compared: OnceLock<HashSet<Vec<u8>>>,
}

impl<'m, 'd> Shared<'m, 'd> {
    fn new(model: &'m Model<'d, 'd>, bases: &'m BTreeMap<ContextId, String>, around: Around<'m>) -> Self {
        let mut mentioned: HashSet<Vec<u8>> = around.texts.iter().flat_map(|text| labels(text)).collect();
        let config = model.config;
        let is_outer = |kind| matches!(kind, ContextKind::Main | ContextKind::Http);
        let (mut outer, variables) = ((Reads::default(), false), Variables::new(model));
        for context in config.contexts().filter(|&context| is_outer(config.context(context).kind)) {
            let (reads, has_map) = variables.of_block(context);
            outer = (outer.0 | reads, outer.1 || has_map);
            let simple = config.items(context).filter(|item| config.item(*item).opens.is_none());
            for word in simple.flat_map(|item| config.parameters(item)) {
                mentioned.extend(labels(&word));
            }
        }
        Shared { model, bases, around, outer, led_to: led_to(model), mentioned, compared: OnceLock::new() }
    }

    /// Returns whether a label stands where hosts may be compared with those of the places.
    fn is_mentioned(&self, label: &[u8], is_compared: bool) -> bool {
        let compared = || self.compared.get_or_init(|| compared(self.model));
        self.around.is_open || self.mentioned.contains(label) || (is_compared && compared().contains(label))
    }
}

/// The forms of the places that were compared so far.
struct Comparison<'c, 'd> {
    shared: &'c Shared<'c, 'd>,
    variables: Variables<'c, 'd>,
    /// Each kind with its form and its first place.
    kinds: Vec<(Vec<u8>, ContextId, Kind)>,
    by_form: HashMap<Vec<u8>, usize>,
}

impl<'c, 'd> Comparison<'c, 'd> {
    fn new(shared: &'c Shared<'c, 'd>) -> Self {
        let variables = Variables::new(shared.model);
        Comparison { shared, variables, kinds: Vec::new(), by_form: HashMap::new() }
    }

    fn compare(&mut self, task: &Task) {
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
        let (reads, has_map) = self.read(own, inner);
        let looks_at_paths = reads.path;
        let reads = if has_expressions { reads | PATH } else { reads };
        let is_mentioned = |label: &[u8]| shared.is_mentioned(label, has_map || reads.origin);
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

    /// What the directives look at that a server has from the blocks around it, and its own.
    fn around(&self, server: ContextId) -> (Reads, bool) {
        self.read(self.shared.outer, &[server])
    }

    /// What the directives of these blocks look at, and what is looked at besides.
    fn read(&self, besides: (Reads, bool), blocks: &[ContextId]) -> (Reads, bool) {
        blocks.iter().fold(besides, |(reads, has_map), block| {
            let (other, has) = self.variables.of_block(*block);
            (reads | other, has_map || has)
        })
    }

    /// Compares a server with all that is in it.
    fn whole(&mut self, server: ContextId) {
        let (shared, config) = (self.shared, self.shared.model.config);
        let blocks = within(config, server);
        let (reads, has_map) = self.read(self.around(server), &blocks);
        let is_mentioned = |label: &[u8]| shared.is_mentioned(label, has_map || reads.origin);
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
                self.kinds.push((form.to_vec(), place, Kind { first: place, blocks, left: Vec::new(), has_map }));
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

/// Returns whether a server has no directive, beside its locations, that they have in common: what is in force in all of them is judged in all
/// of them.
fn has_nothing_of_its_own(config: &Config<'_>, server: ContextId) -> bool {
    config.items(server).all(|item| match config.item(item).name {
        b"listen" | b"server_name" | b"location" | b"root" | b"index" | b"error_page" | b"http2" => true,
        name => form::is_unread(name),
    })
}

/// What may be the labels of hosts in a text, or parts of paths, in lower case.
fn labels(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    text.split(move |byte| !is_part(byte)).filter(|label| !label.is_empty()).map(<[u8]>::to_ascii_lowercase)
}

/// The labels in the maps and conditions of a configuration, and in the hosts that their expressions match first.
fn compared(model: &Model<'_, '_>) -> HashSet<Vec<u8>> {
    let config = model.config;
    let mut found = HashSet::new();
    let mut expressions: BTreeSet<(Vec<u8>, bool)> = BTreeSet::new();
    for context in config.contexts() {
        let here = config.context(context);
        let opener = here.opener.filter(|_| matches!(here.kind, ContextKind::IfInServer | ContextKind::IfInLocation));
        let lines = config.items(context).filter(|_| here.kind == ContextKind::Map);
        for item in opener.into_iter().chain(lines) {
            for word in (0..=config.parameter_count(item)).filter_map(|index| config.parameter(item, index)) {
                found.extend(labels(&word));
            }
        }
        if let Some(Condition::Match { regex, ignore_case, .. }) = opener.and_then(|item| condition(config, item)) {
            expressions.insert((regex.into_owned(), ignore_case));
        }
        for entry in model.definitions.table(context).into_iter().flat_map(|table| &table.entries) {
            if let Key::Regex { pattern, ignore_case } = &entry.key {
                expressions.insert((pattern.to_vec(), *ignore_case));
            }
        }
    }
    for (pattern, ignore_case) in expressions {
        found.extend(sample(&model.regexes, &pattern, ignore_case).iter().flat_map(|text| labels(text)));
    }
    found
}
