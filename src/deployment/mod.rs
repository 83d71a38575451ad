//! nginx and the app together: the requests worth asking about, and the answers they get.
//!
//! Every location in which CORS is about is asked what a page of each origin the configuration mentions, and a page of
//! a foreign one, would get: a preflight and the request itself, with and without credentials. Rules judge these
//! exchanges instead of the text.

pub(crate) mod apps;
pub(crate) mod ask;
pub(crate) mod before_after;
mod equivalence;
pub(crate) mod field_place;
pub(crate) mod locations;
pub(crate) mod origins;

pub use apps::environment::{Apps, EnvFile, EnvKey, KeyNames, Project};
pub use apps::pairing::Behind;
pub(crate) use apps::responses::evidence_at;
pub use apps::responses::{upstream, upstream_to};
pub use ask::asker::{Asker, assumption};
pub use ask::exchange::{Ask, Exchange};
pub use ask::questions::Admission;
pub use ask::route::Route;
pub use ask::visit::{Caller, Dropping, Visit};
pub(crate) use ask::visit::{is_doubtful, is_told, lacking};
pub use before_after::Difference;
pub(crate) use origins::lists::meant_origin;
pub use origins::lists::{Listed, OriginList};
pub use origins::senders::Senders;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use ask::{exchange, methods, probe, questions, route};
pub(crate) use equivalence::KindOf;
use equivalence::{Around, Equivalence, Touched};
use locations::audience::Audiences;
use locations::entry_url;

use hashbrown::HashMap;

use crate::cors::header::CorsHeader;
use crate::dotenv::products::app::{App, Evidence};
use crate::dotenv::products::keys::OwnKeys;
use crate::dotenv::syntax::file_name::Role;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::limits::{Limit, location_steps_for, metered, steps_for, watched};
use crate::nginx::origins::flow::{Flow, SetField, Text, flow, is_guarded, set_fields};
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::nginx::syntax::parts::only_variable;
use crate::source::{FileId, Place, Sources};

/// nginx and the app.
#[derive(Debug)]
pub struct Deployment<'d> {
    /// The bytes of all files.
    pub sources: &'d Sources,
    /// The nginx configurations: one for a main file, several for fragments.
    pub sites: Vec<Site<'d>>,
    /// The apps behind them whose .env files were given.
    pub behind: Arc<Behind<'d>>,
    /// Every .env file by itself, for what is wrong in it whatever overrides it.
    pub env_files: &'d [Arc<App>],
    /// The nginx that will read the files, where that is known.
    pub nginx_version: Option<(u32, u32, u32)>,
    /// The apps whose .env files were given, behind nginx or not.
    pub projects: &'d [Project<'d>],
    /// The settings' rows for a team's own keys.
    pub own_keys: &'d OwnKeys,
    /// See [`origins::lists::origin_lists`].
    origin_lists: OnceLock<Vec<OriginList>>,
    /// The role of each .env file.
    roles: OnceLock<HashMap<FileId, Role>>,
    /// The rest of the steps that all sites may take.
    steps: StepsLeft,
}

/// One nginx configuration, asked.
#[derive(Debug)]
pub struct Site<'d> {
    /// The configuration.
    pub config: &'d Config<'d>,
    /// The same with its apps, ready for requests.
    pub asker: Asker<'d>,
    /// Every Allow-Origin that nginx may set, and where its value comes from.
    pub origin_flows: Vec<OriginFlow<'d>>,
    /// The locations in which CORS is about.
    pub routes: Vec<Route<'d>>,
    /// The `if` and `limit_except` blocks, by the context they stand in.
    pub ifs: BTreeMap<ContextId, Vec<ContextId>>,
    /// Who requests what each location serves.
    pub(crate) audiences: Audiences,
    /// A URL of each server, without a path.
    bases: BTreeMap<ContextId, String>,
    /// The routes at which a directive may set a field, by directive.
    routes_by_item: BTreeMap<ItemId, Vec<usize>>,
    /// The index of each route served over https under a name of the public network.
    public: OnceLock<BTreeSet<usize>>,
    /// The routes that reach an app, by each of its .env files; of those that are alike the first.
    routes_by_file: OnceLock<BTreeMap<FileId, Vec<usize>>>,
    /// See [`methods::mapped`].
    mapped_methods: Vec<&'static str>,
    /// The exchanges of pages there, by route.
    pub exchanges: Vec<Exchange<'d>>,
    /// How many of these are asked at every route; those behind them are asked for the sake of an `if`.
    common: usize,
    /// The places that are not asked since they are like others.
    equivalence: Equivalence,
}

impl<'d> Deployment<'d> {
    /// Asks every configuration what matters to CORS. Of places that mean the same, the first is asked: see [`Deployment::ask_equivalents`].
    pub fn new(sources: &'d Sources, configs: &'d [Config<'d>], apps: &'d Apps<'d>) -> Self {
        let files = apps.files.iter().flat_map(|app| &app.files);
        let texts: Vec<&[u8]> = files.map(|file| &sources.get(*file).bytes[..]).collect();
        let has_apps = !apps.projects.is_empty() || apps.stated.is_some();
        // What is filled in from elsewhere is written nowhere.
        let is_open = texts.iter().any(|text| text.contains(&b'$'));
        let around = Around { has_apps, texts: &texts, is_open };
        Deployment::asked(sources, configs, apps, (Some(around), false))
    }

    /// Asks every place, also those that are like others.
    #[cfg(test)]
    pub fn every_place(sources: &'d Sources, configs: &'d [Config<'d>], apps: &'d Apps<'d>) -> Self {
        Deployment::asked(sources, configs, apps, (None, false))
    }

    /// Asks every place, with every header field in the answers.
    pub fn with_all_fields(sources: &'d Sources, configs: &'d [Config<'d>], apps: &'d Apps<'d>) -> Self {
        Deployment::asked(sources, configs, apps, (None, true))
    }

    fn asked(
        sources: &'d Sources,
        configs: &'d [Config<'d>],
        apps: &'d Apps<'d>,
        depth: (Option<Around<'_>>, bool),
    ) -> Self {
        let behind = Arc::new(Behind::new(configs, apps));
        let mut steps = StepsLeft::new(configs);
        let sites = configs.iter().map(|config| Site::new(config, &behind, depth, &mut steps)).collect();
        Deployment {
            sources,
            sites,
            behind,
            env_files: &apps.files,
            projects: &apps.projects,
            own_keys: &apps.own_keys,
            nginx_version: None,
            origin_lists: OnceLock::new(),
            roles: OnceLock::new(),
            steps,
        }
    }

    /// Asks the places that are like those in which something was found: at these places in the files, or because a limit was met. Says whether
    /// there were any. What was found before is to be looked for again.
    pub fn ask_equivalents(&mut self, found: &[Place]) -> bool {
        let mut is_any = false;
        for site in &mut self.sites {
            let mut touched = Touched::new(site, found);
            touched.add_blocks(site, &site.asker.model.given_up().into_iter().map(|(block, _)| block).collect());
            if !touched.is_empty() && site.equivalence.show(site.config, &touched) {
                site.ask_routes(&mut self.steps);
                is_any = true;
            }
        }
        if is_any {
            self.origin_lists = OnceLock::new();
        }
        is_any
    }

    /// Every .env file by itself.
    pub fn file_apps(&self) -> impl Iterator<Item = &'d App> + use<'d> {
        self.env_files.iter().map(|app| &**app)
    }

    /// The key that switches the CORS of the app on that gave this answer.
    pub fn evidence_behind(&self, site: &Site<'d>, answer: &Answer<'_>) -> Option<&'d Evidence> {
        let pass = answer.item.filter(|_| answer.by == AnsweredBy::App)?;
        evidence_at(site.config, self.behind.app(site.config.place(pass))?, pass)
    }

    /// Returns whether nginx is of this version or a later one; `None` where its version is not known.
    pub fn is_nginx_since(&self, version: (u32, u32, u32)) -> Option<bool> {
        self.nginx_version.map(|own| own >= version)
    }
}

impl<'d> Site<'d> {
    /// Every way an Allow-Origin may come about, each once, with the first directive that goes it.
    pub fn distinct_flows(&self) -> impl Iterator<Item = &OriginFlow<'d>> {
        let mut seen = BTreeSet::new();
        self.origin_flows.iter().filter(move |(_, flow)| seen.insert(flow.number))
    }

    /// The texts that may become an Allow-Origin, each place once, with the first directive that sends it.
    pub fn sent_texts(&self) -> impl Iterator<Item = (&OriginFlow<'d>, &Text)> {
        let mut seen = BTreeSet::new();
        let texts = self.distinct_flows().flat_map(|flow| flow.1.texts.iter().map(move |text| (flow, text)));
        texts.filter(move |(_, text)| seen.insert(text.place))
    }

    /// The ways of [`Site::distinct_flows`], each with all directives that go it, so that a long list is walked once and not once a header.
    pub fn flows(&self) -> Vec<(&Flow, Vec<&OriginFlow<'d>>)> {
        together(self.origin_flows.iter())
    }

    fn new(
        config: &'d Config<'d>,
        behind: &Arc<Behind<'d>>,
        (around, with_all_fields): (Option<Around<'_>>, bool),
        steps: &mut StepsLeft,
    ) -> Self {
        let asker = Asker::new(config, behind, with_all_fields);
        let model = &asker.model;
        let ifs = route::ifs_by_parent(config);
        let bases = || entry_url::bases(model);
        let (bases, met) = watched(|| metered(&mut steps.for_locations, bases));
        met.inspect(|limit| model.give_up(config.top(), *limit));
        let mapped_methods = methods::mapped(model);
        let audiences = Audiences::new(model);
        let places = (&bases, &audiences);
        let equivalence = around.map_or_else(Equivalence::default, |around| Equivalence::new(model, places, around));
        let mut site = Site {
            public: OnceLock::new(),
            routes_by_file: OnceLock::new(),
            mapped_methods,
            config,
            asker,
            origin_flows: Vec::new(),
            routes: Vec::new(),
            ifs,
            audiences,
            bases,
            routes_by_item: BTreeMap::new(),
            exchanges: Vec::new(),
            common: 0,
            equivalence,
        };
        site.ask_routes(steps);
        site
    }

    /// Asks the routes that are to be asked and were not asked before.
    fn ask_routes(&mut self, steps: &mut StepsLeft) {
        self.origin_flows = origin_flows(self);
        for (field, _) in self.origin_flows.iter().filter(|(_, flow)| flow.is_cut) {
            self.asker.model.give_up(self.config.item(field.item).context, Limit::Variables);
        }
        let routes = metered(&mut steps.for_locations, || route::routes(self));
        let before = std::mem::replace(&mut self.routes, routes);
        self.routes_by_item = questions::routes_by_item(self.config, &self.equivalence, &self.routes);
        self.public = OnceLock::new();
        self.routes_by_file = OnceLock::new();
        let numbers: BTreeMap<ContextId, usize> =
            (0..).zip(&self.routes).map(|(at, route)| (route.context, at)).collect();
        let number = |route: usize| before.get(route).and_then(|route| numbers.get(&route.context)).copied();
        let mut common = std::mem::take(&mut self.exchanges);
        common.iter_mut().for_each(|exchange| exchange.route = number(exchange.route).unwrap_or(exchange.route));
        let mut probes = common.split_off(self.common);
        let known: BTreeSet<ContextId> = before.iter().map(|route| route.context).collect();
        let is_new = |route: &usize| self.routes.get(*route).is_some_and(|route| !known.contains(&route.context));
        let new: Vec<usize> = (0..self.routes.len()).filter(is_new).collect();
        let asked = exchange::ask_routes(self, &new, &mut steps.for_locations);
        let probed = metered(&mut steps.for_probes, || probe::ask_ifs(self, &new, &asked));
        common.extend(asked);
        probes.extend(probed);
        if !before.is_empty() {
            common.sort_by_key(|exchange| exchange.route);
            probes.sort_by_key(|exchange| exchange.route);
        }
        self.common = common.len();
        self.exchanges = common;
        self.exchanges.append(&mut probes);
    }

    /// A URL of a server without a path; `None` where no request reaches it.
    pub(crate) fn base(&self, server: ContextId) -> Option<String> {
        self.bases.get(&server).cloned()
    }

    /// Which kind a place is of; places of one kind get the same responses but for the words that differ.
    pub(crate) fn kind_of(&self, context: ContextId) -> KindOf {
        self.equivalence.kind_of(self.config, context)
    }

    /// The contexts of the configuration but for those in places that are not asked, parents before children.
    pub fn contexts(&self) -> impl Iterator<Item = ContextId> {
        self.config.contexts().filter(|context| !self.equivalence.is_hidden(*context))
    }
}

/// The steps that are left for all configurations of a run: many small files take no more than a large one.
#[derive(Debug)]
struct StepsLeft {
    for_locations: u64,
    for_probes: u64,
}

impl StepsLeft {
    fn new(configs: &[Config<'_>]) -> Self {
        let bytes = configs.iter().map(Config::byte_count).sum();
        let directives = configs.iter().map(Config::item_count).sum();
        StepsLeft { for_locations: location_steps_for(bytes), for_probes: steps_for(directives) }
    }
}

/// Ways that an Allow-Origin may come about, each once, with all directives that go it.
fn together<'f, 'd>(flows: impl Iterator<Item = &'f OriginFlow<'d>>) -> Vec<(&'f Flow, Vec<&'f OriginFlow<'d>>)> {
    let mut together: Vec<(&Flow, Vec<&OriginFlow<'d>>)> = Vec::new();
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for origin_flow in flows {
        let index = *known.entry(origin_flow.1.number).or_insert(together.len());
        match together.get_mut(index) {
            Some((_, same)) => same.push(origin_flow),
            None => together.push((&origin_flow.1, vec![origin_flow])),
        }
    }
    together
}

/// An Allow-Origin that nginx may set, and where its value comes from; directives with the same value share it.
pub type OriginFlow<'d> = (SetField<'d>, Arc<Flow>);

fn origin_flows<'d>(site: &Site<'d>) -> Vec<OriginFlow<'d>> {
    let (config, model) = (site.config, &site.asker.model);
    let is_if = |kind| matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer);
    let items = site.contexts().flat_map(|context| config.items(context));
    let fields = items.flat_map(|item| set_fields(config, item));
    let mut shared: BTreeMap<Vec<u8>, Arc<Flow>> = BTreeMap::new();
    let mut number = 0;
    let allow_origins = fields.filter(|field| field.header == CorsHeader::AllowOrigin).map(|field| {
        let mut find = || {
            number += 1;
            Arc::new(Flow { number, ..flow(config, &model.definitions, &field) })
        };
        // A text stands where it stands, and an `if` around or beside it adds its condition; a variable comes from the same places
        // everywhere.
        let context = config.item(field.item).context;
        let is_own = is_if(config.context(context).kind) || is_guarded(config, context);
        let flow = if is_own || only_variable(&field.value).is_none() {
            find()
        } else {
            shared.entry(field.value.to_vec()).or_insert_with(find).clone()
        };
        (field, flow)
    });
    allow_origins.collect()
}
