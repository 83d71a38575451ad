//! nginx's caches that give the answer made for a page of one origin to pages of every other.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Ask;
use crate::deployment::Caller;
use crate::deployment::Exchange;
use crate::deployment::Project;
use crate::deployment::Site;
use crate::deployment::Visit;
use crate::deployment::ask::questions::MAX_CANDIDATES;
use crate::deployment::ask::visit;
use crate::deployment::upstream_to;
use crate::dotenv::products::app::{AllowOrigin, App};
use crate::nginx::config::inheritance::Protocol;
use crate::nginx::config::nearest_directives::Nearest;
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::limits::{self, Limit};
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::nginx::syntax::parts::{Part, parts};
use crate::source::Place;

/// The names after a protocol's prefix in the directives that decide what is kept for whom.
const CACHE: [&[u8]; 5] = [b"cache", b"cache_key", b"ignore_headers", b"cache_bypass", b"no_cache"];

/// How many origins of the app's list are tried; asking it about each costs as much as the list is long.
const MAX_ORIGINS: usize = 64;

/// A cache that keeps one answer for all origins, and a page that it shuts out.
#[derive(Debug)]
pub(super) struct MixedUp {
    /// The directive that switches the cache on.
    pub cache: ItemId,
    /// The directive by which it ignores that the responses differ.
    pub ignored: ItemId,
    /// The origin of the page whose answer is kept.
    pub first: String,
    /// The request of another page that is blocked by it.
    pub request: Request,
    /// Where it stays open which app answers: what hands requests to it, and the directories of those it may be.
    pub open: Option<(Place, Vec<String>)>,
}

/// The caches of a site in which the answers of an app are mixed up, one for each place that makes it so.
pub(super) fn mixed_up(site: &Site<'_>) -> Vec<MixedUp> {
    let is_wanted = |name: &[u8]| Protocol::split(name).is_some_and(|(_, rest)| CACHE.contains(&rest));
    let nearest = Nearest::new(site.config, is_wanted);
    if nearest.is_empty() {
        return Vec::new();
    }
    let asked = AskedCache { site, nearest };
    let mut found: BTreeMap<Place, MixedUp> = BTreeMap::new();
    let mut pairs = BTreeMap::new();
    for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
        let Some((cache, app)) = asked.cache_of(exchange) else { continue };
        let place = site.config.place(cache.ignored);
        let pair = pairs.entry(app.files.first()).or_insert_with(|| two_echoed(app)).as_ref();
        let Some((first, _)) = pair.filter(|(_, second)| exchange.origin() == *second) else { continue };
        if !found.contains_key(&place) && asked.shuts_out(exchange, app, first) {
            found.insert(place, cache.mixed_up(first.clone(), exchange.request(Kind::Main), None));
        }
    }
    for context in visit::entered(site) {
        if let Some(open) = asked.open(context) {
            found.entry(site.config.place(open.ignored)).or_insert(open);
        }
    }
    found.into_values().collect()
}

/// A cache that keeps one answer for all origins.
#[derive(Debug, Clone, Copy)]
struct Cache {
    cache: ItemId,
    ignored: ItemId,
}

impl Cache {
    fn mixed_up(self, first: String, request: Request, open: Option<(Place, Vec<String>)>) -> MixedUp {
        MixedUp { cache: self.cache, ignored: self.ignored, first, request, open }
    }
}

struct AskedCache<'e, 'd> {
    site: &'e Site<'d>,
    nearest: Nearest<'e>,
}

impl<'d> AskedCache<'_, 'd> {
    /// The cache in which the answers of this app are mixed up.
    fn cache_of(&self, exchange: &Exchange<'d>) -> Option<(Cache, &'d App)> {
        let answer = exchange.main.iter().find(|answer| answer.by == AnsweredBy::App)?;
        let pass = answer.item?;
        let app = self.site.asker.behind.app(self.site.config.place(pass)).filter(|app| app.evidence.is_some())?;
        // Where one origin's answer may go to another, it is not known what the app's line says.
        let mut lines = answer.fields_of(CorsHeader::AllowOrigin).filter(|field| field.item.is_none());
        lines.next().filter(|field| field.value.bytes().is_none())?;
        Some((self.cache(answer.context, pass)?, app))
    }

    fn cache(&self, context: ContextId, pass: ItemId) -> Option<Cache> {
        let config = self.site.config;
        let (protocol, _) = Protocol::split(config.item(pass).name)?;
        let get = |name: &str| self.nearest.get(config, context, format!("{}_{name}", protocol.prefix()).as_bytes());
        let cache = get("cache")?;
        let ignored = get("ignore_headers")?;
        let words = |item: ItemId| config.parameters(item);
        words(ignored).find(|name| name.eq_ignore_ascii_case(b"Vary"))?;
        let depends = |item: ItemId| words(item).any(|text| depends_on_origin(self.site, &text));
        let apart = ["cache_key", "cache_bypass", "no_cache"].into_iter().filter_map(get).any(depends);
        (!apart && !config.parameter_is(cache, 1, "off")).then_some(Cache { cache, ignored })
    }

    /// Returns whether a page that reads its own answer is blocked by the one that a page of `first` got.
    fn shuts_out(&self, exchange: &Exchange<'d>, app: &App, first: &str) -> bool {
        let says = |origin: &str| visit::when_app_says(self.site, exchange, &upstream_to(app, origin));
        is_poisoned(&says(&exchange.origin()), &says(first))
    }

    /// Where it stays open which app answers: what comes if it is one that allows several origins, and which ones may be it.
    fn open(&self, context: ContextId) -> Option<MixedUp> {
        let (site, behind) = (self.site, &self.site.asker.behind);
        let candidates = |pass: &ItemId| behind.candidates(site.config.place(*pass));
        let pass = visit::passes(site, context).find(|pass| candidates(pass).next().is_some())?;
        let cache = self.cache(context, pass)?;
        let suffers = |app: &App| {
            let (first, origin) = two_echoed(app).filter(|_| app.evidence.is_some())?;
            let caller = Caller { origin, credentials: false };
            let own = visit::visit(site, context, &caller, &upstream_to(app, &caller.origin))?;
            let kept = visit::visit(site, context, &caller, &upstream_to(app, &first))?;
            is_poisoned(&own, &kept).then(|| (first, kept.request()))
        };
        let suffering = |app: &'d Project<'d>| Some((app.directory.clone(), suffers(&app.production)?));
        let found: Vec<_> = candidates(&pass).take(MAX_CANDIDATES).filter_map(suffering).collect();
        if found.is_empty() && candidates(&pass).nth(MAX_CANDIDATES).is_some() {
            site.asker.model.give_up(site.config.item(pass).context, Limit::Apps);
        }
        let (_, (first, request)) = found.first()?.clone();
        let directories = found.into_iter().map(|(directory, _)| directory).collect();
        Some(cache.mixed_up(first, request, Some((site.config.place(pass), directories))))
    }
}

/// Two origins that the app sends back when they ask.
fn two_echoed(app: &App) -> Option<(String, String)> {
    let echoes = |origin: &&String| matches!(app.answer_for(origin).allow_origin, AllowOrigin::Origin(answered) if answered == **origin);
    let origins: Vec<&String> = app.origins.iter().filter(|it| it.cors).map(|it| &it.text).collect();
    let mut echoed = origins.iter().copied().take(MAX_ORIGINS).filter(echoes);
    let first = echoed.next();
    let found = first.and_then(|first| Some((first.clone(), echoed.find(|other| *other != first)?.clone())));
    if found.is_none() && origins.len() > MAX_ORIGINS {
        limits::meet(Limit::Origins);
    }
    found
}

/// Returns whether a page reads its `own` answer, and is blocked by the one that was `kept` of another page's.
fn is_poisoned(own: &Visit<'_>, kept: &Visit<'_>) -> bool {
    let from_app = |answer: &&Answer<'_>| answer.by == AnsweredBy::App;
    let reads = own.answers.iter().filter(from_app).all(|answer| own.verdict(answer) == Verdict::Allowed);
    let is_blocked = |answer: &Answer<'_>| {
        let app_speaks = answer.fields_of(CorsHeader::AllowOrigin).any(|field| field.item.is_none());
        app_speaks && matches!(kept.verdict(answer), Verdict::Blocked(_))
    };
    reads && kept.answers.iter().filter(from_app).all(is_blocked)
}

/// Returns whether a text depends on the request's Origin, itself or through maps and `set`.
fn depends_on_origin(site: &Site<'_>, text: &[u8]) -> bool {
    let definitions = &site.asker.model.definitions;
    let mut seen = BTreeSet::new();
    let mut waiting = vec![text.to_vec()];
    while let Some(text) = waiting.pop() {
        for part in parts(&text) {
            let Part::Variable(name) = part else { continue };
            let name = name.to_ascii_lowercase();
            if name == b"http_origin" {
                return true;
            }
            let source = definitions.map(&name).map(|map| map.source.to_vec());
            let sets = definitions.get(&name).map_or(&[][..], |definition| &definition.sets);
            if seen.insert(name) {
                waiting.extend(source);
                waiting.extend(sets.iter().filter_map(|set| Some(site.config.parameter(*set, 2)?.into_owned())));
            }
        }
    }
    false
}
