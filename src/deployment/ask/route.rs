//! The locations that involve CORS.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::{CorsHeader, list_values};
use crate::cors::origin::FOREIGN_ORIGIN;
use crate::cors::safelist::is_safelisted_name;
use crate::cors::serialized::check_serialized;
use crate::deployment::Site;
use crate::deployment::locations::audience::Audience;
use crate::deployment::locations::entry::entry;
use crate::deployment::locations::entry_url::url;
use crate::dotenv::products::app::{App, Evidence};
use crate::nginx::config::inheritance::List;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::limits::{self, Limit, watched};
use crate::nginx::origins::flow::{ExampleOrigins, Flow, SetField, set_fields};
use crate::nginx::regex::example::example_path;
use crate::nginx::simulate::answer::EntryPoint;
use crate::nginx::simulate::locations::{self, FoundLocation, is_pass, passes_on};
use crate::nginx::simulate::model::Model;
use crate::source::lossy;

/// How many steps of a run a request takes beside those of the run: it is made, kept, and looked at by every rule.
pub(crate) const STEPS_OF_A_REQUEST: usize = 70;
/// How many a field of an answer takes.
pub(crate) const STEPS_OF_A_FIELD: usize = 5;
/// How many origins of an allow-list are asked about at one location; the others are alike.
const MAX_ORIGINS: usize = 4;
/// Origins that show an expression at work where it matches them.
const PLAIN_ORIGINS: [&str; 4] =
    ["https://app.example.com", "https://example.com", "http://localhost:3000", "http://127.0.0.1:3000"];
/// How many steps it takes to look at a location, and to keep it.
const STEPS_OF_A_ROUTE: u64 = 20;
/// How many it takes to keep one of its fields.
const STEPS_OF_A_FIELD_KEPT: u64 = 8;
/// How many steps a directive of the rewrite module takes in a request, by far: a server may have as many as it has locations.
const STEPS_OF_A_REWRITE: usize = 10;
/// How many files a `try_files` may ask for before they count: as many take no time.
const FEW_FILES: usize = 8;
/// How many bytes beyond those of such a list are looked through in the time of one step.
const BYTES_OF_A_STEP: usize = 4;
/// How many bytes a list may have whose names are looked at: nginx reads no longer parameter.
const MAX_LISTED: usize = 4096;

/// A location, or a server without one, in which CORS is about.
#[derive(Debug)]
pub struct Route<'d> {
    /// The server; for a fragment, the top.
    pub server: ContextId,
    /// The location, or the server itself.
    pub context: ContextId,
    /// Where requests enter.
    pub entry: EntryPoint,
    /// A URL that leads there.
    pub url: String,
    /// The CORS fields that nginx may set there: those in force, and those of its `if`s.
    pub fields: Vec<SetField<'d>>,
    /// Origins that the configuration or the app mentions, a few of them.
    pub origins: Vec<String>,
    /// True if requests here reach an app.
    pub reaches_app: bool,
    /// That app, where it is known which one it is.
    pub app: Option<&'d App>,
    /// True if a `limit_except` leaves nothing but reading.
    pub is_read_only: bool,
    /// True if the configuration shows that pages send preflights here: it names methods or headers that need one. Reading needs
    /// none, and files that anybody may read are read.
    pub wants_preflights: bool,
    /// True if what is not shown may answer or change requests here: a fragment stands in a location of its own, or a
    /// part could not be read.
    pub is_partial: bool,
}

impl<'d> Route<'d> {
    /// The fields of this name.
    pub fn fields(&self, header: CorsHeader) -> impl Iterator<Item = &SetField<'d>> {
        self.fields.iter().filter(move |field| field.header == header)
    }

    /// The key that switches the CORS of the app here on.
    pub fn app_evidence(&self) -> Option<&'d Evidence> {
        self.app.and_then(|app| app.evidence.as_ref())
    }

    /// The names that the lists of a header hold, as written; none of a list that browsers cannot read.
    pub fn listed(&self, header: CorsHeader) -> Vec<String> {
        // nginx refuses a parameter that does not fit its buffer of 4,096 bytes.
        let texts = self
            .fields(header)
            .filter(|field| field.value.len() <= MAX_LISTED)
            .map(|field| lossy(&field.value).into_owned());
        let names = |text: String| {
            list_values(&text).map_or(Vec::new(), |names| names.iter().map(|name| (*name).to_owned()).collect())
        };
        texts.flat_map(names).collect()
    }

    fn shows_preflights(&self, site: &Site<'_>) -> bool {
        let config = site.config;
        // The headers of an API are in force for the files of its server too, and pages do not write to files.
        let is_own =
            |field: &SetField<'_>| config.ancestors(config.item(field.item).context).any(|it| it == self.context);
        if site.audiences.is_beside_data(config, self.context) && !self.fields.iter().any(is_own) {
            return false;
        }
        if site.audiences.dav_method(config, self.context).is_some() {
            return true;
        }
        let reads = ["GET", "HEAD", "OPTIONS"];
        let methods = self.listed(CorsHeader::AllowMethods);
        if self.is_public_files() {
            return methods.iter().any(|method| !reads.contains(&&**method) && method != "POST" && method != "*");
        }
        let headers = self.listed(CorsHeader::AllowHeaders);
        methods.iter().any(|method| !reads.contains(&&**method))
            || headers.iter().any(|name| !is_safelisted_name(name) || name.eq_ignore_ascii_case("content-type"))
            || (self.reaches_app
                && !self.is_read_only
                && self.fields(CorsHeader::AllowCredentials).any(|field| !field.value.is_empty()))
    }

    /// Returns whether nginx serves files here that every page may read.
    fn is_public_files(&self) -> bool {
        let all_may = self.fields(CorsHeader::AllowOrigin).all(|field| *field.value == *b"*");
        !self.reaches_app && all_may && self.fields(CorsHeader::AllowCredentials).all(|field| field.value.is_empty())
    }

    /// A page's origin that is mentioned nowhere.
    pub fn foreign_origin(&self) -> String {
        FOREIGN_ORIGIN.to_owned()
    }
}

/// The routes of a configuration, as long as steps are left for them.
pub(crate) fn routes<'d>(site: &Site<'d>) -> Vec<Route<'d>> {
    let (model, config) = (&site.asker.model, site.config);
    let (ifs, bases, flows) = (&site.ifs, &site.bases, &site.origin_flows);
    let by_item: BTreeMap<ItemId, &Flow> = flows.iter().map(|(field, flow)| (field.item, &**flow)).collect();
    let mut routes = Vec::new();
    for context in site.contexts() {
        let Some((server, entry)) = entry(config, context) else { continue };
        if site.audiences.of(context) == Audience::NoPage {
            continue;
        }
        if limits::is_spent() {
            if !config.list(context, List::RelevantHeader).is_empty() {
                model.give_up(context, Limit::Budget);
            }
            continue;
        }
        let mut fields = fields_at(config, ifs, server, context);
        // Each field is kept for each location that has it.
        limits::spend(STEPS_OF_A_ROUTE + STEPS_OF_A_FIELD_KEPT * fields.len() as u64);
        let mut reaches_app = locations::reaches_app(config, context);
        let named = handed_on(model, server, context);
        if let Some(named) = named {
            let known: BTreeSet<ItemId> = fields.iter().map(|field| field.item).collect();
            fields
                .extend(fields_at(config, ifs, server, named).into_iter().filter(|field| !known.contains(&field.item)));
            reaches_app |= passes_on(config, named);
        }
        let app = handing_on(model, server, context).find_map(|item| site.asker.behind.app(config.place(item)));
        let speaking = app.filter(|app| app.evidence.is_some());
        if fields.is_empty() && speaking.is_none() {
            continue;
        }
        let flows: Vec<&Flow> = fields.iter().filter_map(|field| by_item.get(&field.item).copied()).collect();
        let origins = origins(model, &flows, speaking);
        // What no request gets to harms no page.
        let (url, met) = watched(|| url(model, bases, server, context));
        met.inspect(|limit| model.give_up(context, *limit));
        let Some(url) = url else { continue };
        let is_partial = config.is_incomplete(context) || config.context(context).opener.is_none();
        let is_read_only = is_read_only(config, context);
        let mut route = Route {
            server,
            context,
            entry,
            url,
            fields,
            origins,
            reaches_app,
            app,
            is_read_only,
            wants_preflights: false,
            is_partial,
        };
        route.wants_preflights = route.shows_preflights(site);
        routes.push(route);
    }
    routes
}

/// How many steps it takes to ask a route all that is asked, nearly, as far as it is known before anything is asked.
pub(crate) fn weight(config: &Config<'_>, ifs: &BTreeMap<ContextId, Vec<ContextId>>, route: &Route<'_>) -> u64 {
    // Where an `if` may ask for the method, each of the others is asked by itself.
    let methods = if ifs.contains_key(&route.context) || ifs.contains_key(&route.server) { 3 * 4 } else { 0 };
    // Each field of each answer is kept.
    let fields = STEPS_OF_A_FIELD * route.fields.len();
    let steps = (requests(route) + methods) * (STEPS_OF_A_REQUEST + fields);
    heavy(config, ifs, route) + u64::try_from(steps).unwrap_or(u64::MAX / 2)
}

/// The requests that a route is asked.
fn requests(route: &Route<'_>) -> usize {
    4 * (route.origins.len() + 1)
}

/// The same as far as it comes of parts that files rarely have many of: directives of the rewrite module that each request runs through, files that may
/// be there, and long lists.
pub(crate) fn heavy(config: &Config<'_>, ifs: &BTreeMap<ContextId, Vec<ContextId>>, route: &Route<'_>) -> u64 {
    let runs = |context: ContextId| {
        let blocks = ifs.get(&context).into_iter().flatten();
        config.rewrites(context).len() + blocks.map(|block| config.rewrites(*block).len()).sum::<usize>()
    };
    let rewrites = runs(route.server) + if route.server == route.context { 0 } else { runs(route.context) };
    // Each `if` with a header of its own is asked about by itself.
    let probes = ifs.get(&route.context).map_or(0, Vec::len);
    // Each file that may be there is a way of its own, which asks for all the files before it.
    let files = config.named(route.context, b"try_files").last().map_or(0, |item| config.parameter_count(item));
    let files = files.saturating_sub(FEW_FILES).pow(2);
    // Each answer's lists are looked through, and are longer than nginx reads them where somebody means harm.
    let bytes: usize = route.fields.iter().map(|field| field.value.len().saturating_sub(MAX_LISTED)).sum();
    let steps = requests(route) * (STEPS_OF_A_REWRITE * rewrites + 2 * files + bytes / BYTES_OF_A_STEP);
    u64::try_from(steps + probes * rewrites).unwrap_or(u64::MAX / 2)
}

/// The `if` and `limit_except` blocks, by the context they stand in.
pub(crate) fn ifs_by_parent(config: &Config<'_>) -> BTreeMap<ContextId, Vec<ContextId>> {
    let is_if = |kind| matches!(kind, ContextKind::IfInLocation | ContextKind::IfInServer | ContextKind::LimitExcept);
    let mut ifs: BTreeMap<ContextId, Vec<ContextId>> = BTreeMap::new();
    for context in config.contexts().filter(|&context| is_if(config.context(context).kind)) {
        if let Some(parent) = config.context(context).parent {
            ifs.entry(parent).or_default().push(context);
        }
    }
    ifs
}

/// The CORS fields in force in `context`, and those of the `if`s that run for its requests.
fn fields_at<'d>(
    config: &Config<'d>,
    ifs: &BTreeMap<ContextId, Vec<ContextId>>,
    server: ContextId,
    context: ContextId,
) -> Vec<SetField<'d>> {
    let ifs = |context| ifs.get(&context).into_iter().flatten().copied();
    let mut contexts: Vec<ContextId> = vec![context];
    contexts.extend(ifs(context));
    if server != context {
        contexts.extend(ifs(server));
    }
    let mut seen = BTreeSet::new();
    let mut fields = Vec::new();
    for context in contexts {
        for item in config.relevant_headers(context).iter().copied().chain(config.relevant_more_headers(context)) {
            if seen.insert(item) {
                fields.extend(set_fields(config, item));
            }
        }
    }
    fields
}

/// The named location that `try_files` hands requests on to where no file is there.
fn handed_on(model: &Model<'_, '_>, server: ContextId, context: ContextId) -> Option<ContextId> {
    let item = model.config.named(context, b"try_files").last()?;
    let last = model.config.parameter(item, model.config.parameter_count(item))?;
    model.locations.named(server, &last)
}

/// Returns whether a `limit_except` of a location lists no method but those that read.
fn is_read_only(config: &Config<'_>, context: ContextId) -> bool {
    let reads = |item| config.parameters(item).all(|method| matches!(&*method, b"GET" | b"HEAD" | b"OPTIONS"));
    let denies = |block| config.named(block, b"deny").any(|item| config.parameter_is(item, 1, "all"));
    let limits = config.children(context).filter(|&block| config.context(block).kind == ContextKind::LimitExcept);
    limits.into_iter().any(|block| config.context(block).opener.is_some_and(reads) && denies(block))
}

/// The directives that hand requests of a location to an app, those of its `if`s last.
pub(crate) fn pass_items(config: &Config<'_>, context: ContextId) -> impl Iterator<Item = ItemId> {
    let is_if = |child: &ContextId| config.context(*child).kind == ContextKind::IfInLocation;
    let contexts = std::iter::once(context).chain(config.children(context).filter(is_if));
    contexts.flat_map(|context| config.items(context)).filter(|item| is_pass(config.item(*item).name))
}

/// The same with those of the named location that `try_files` hands requests on to.
pub(crate) fn handing_on<'c>(
    model: &Model<'c, '_>,
    server: ContextId,
    context: ContextId,
) -> impl Iterator<Item = ItemId> {
    let config = model.config;
    let named = handed_on(model, server, context);
    pass_items(config, context).chain(named.into_iter().flat_map(|named| pass_items(config, named)))
}

/// A few origins that the values compare with or hold, in file order, then the app's. Those that both nginx and the app name come first: with any
/// other, one of them rejects the page.
pub(crate) fn origins(model: &Model<'_, '_>, flows: &[&Flow], app: Option<&App>) -> Vec<String> {
    let named: Vec<&ExampleOrigins> =
        flows.iter().map(|flow| flow.origins.get_or_init(|| origins_of(model, flow))).collect();
    let of_app = app.iter().flat_map(|app| &app.origins).filter(|origin| origin.cors);
    let of_app: Vec<(String, bool)> = of_app.filter_map(|origin| example(&origin.text)).take(2 * MAX_ORIGINS).collect();
    let live = |example: &&(String, bool)| example.1;
    let all = |only_live: bool| {
        let of_nginx = named.iter().flat_map(move |named| if only_live { &named.live } else { &named.meant });
        let of_app = of_app.iter().filter(move |example| !only_live || live(example)).map(|(origin, _)| origin);
        of_nginx.chain(of_app)
    };
    let mut origins: Vec<String> = Vec::new();
    let in_both = |origin: &&String| of_app.iter().any(|(own, is_live)| *is_live && own == *origin);
    let of_both = named.iter().flat_map(|named| &named.live).filter(in_both);
    for origin in of_both.chain(all(true)) {
        if origins.len() < MAX_ORIGINS && !origins.contains(origin) {
            origins.push(origin.clone());
        }
    }
    // An entry that no page's Origin equals shows something only where there is no other.
    if origins.is_empty() {
        for origin in all(false) {
            if origins.len() < MAX_ORIGINS && !origins.contains(origin) {
                origins.push(origin.clone());
            }
        }
    }
    origins
}

/// The first origins of one value, as many as are kept even where others have some of them already. An allow-list may be long: it is read no
/// further.
fn origins_of(model: &Model<'_, '_>, flow: &Flow) -> ExampleOrigins {
    let texts = flow.texts.iter().map(|text| Cow::Borrowed(&text.text));
    let compared = flow.compared.iter().filter_map(|compared| match compared.regex {
        None => Some(Cow::Borrowed(&compared.text)),
        Some(ignore_case) => matching_origin(model, &compared.text, ignore_case).map(Cow::Owned),
    });
    let mut origins = ExampleOrigins::default();
    for (origin, is_live) in texts.chain(compared).filter_map(|text| example(&lossy(&text))) {
        let known = if is_live { &mut origins.live } else { &mut origins.meant };
        if !known.contains(&origin) && known.len() < 2 * MAX_ORIGINS {
            known.push(origin);
        }
        if origins.live.len() >= 2 * MAX_ORIGINS {
            break;
        }
    }
    origins
}

/// An origin that an expression matches: one that a reader knows for a page's, where one of those does.
fn matching_origin(model: &Model<'_, '_>, pattern: &[u8], ignore_case: bool) -> Option<Vec<u8>> {
    let plain = PLAIN_ORIGINS.iter().map(|origin| origin.as_bytes());
    let mut plain = plain.filter(|origin| model.regexes.is_match(pattern, ignore_case, origin) == Some(true));
    plain.next().map(<[u8]>::to_vec).or_else(|| example_path(&model.regexes, pattern, ignore_case))
}

/// The origin that a text is, with `true`, or is meant to be.
fn example(text: &str) -> Option<(String, bool)> {
    let (origin, is_live) = match check_serialized(text) {
        Ok(origin) => (Some(origin.to_string()), true),
        Err(fault) => (fault.suggestion, false),
    };
    origin.filter(|origin| origin != "null").map(|origin| (origin, is_live))
}

/// Returns whether nginx chooses the route's location for a path.
pub(crate) fn leads_to(site: &Site<'_>, route: usize, path: &[u8]) -> bool {
    let Route { server, context, .. } = site.routes[route];
    let is_server = site.config.context(context).kind != ContextKind::Location;
    is_server
        || site.asker.model.locations.find(site.config, &site.asker.model.regexes, server, path).0
            == FoundLocation::Location(context)
}
