//! nginx's cache gives the answer made for a page of one origin to pages of every other origin.
//!
//! ## Why it matters
//!
//! An app that allows several origins sends back the one that asks, and says `Vary: Origin`, by which nginx keeps the answers
//! apart (A7.1). `proxy_ignore_headers Vary` takes that away: the first page's answer is kept for all, and every other origin
//! is blocked until it expires, which looks like a fault that comes and goes. With `$http_origin` in the key each origin has an answer
//! of its own. What nginx adds itself is never in the cache.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_cache api;
//!         proxy_cache_valid 200 5m;
//!         proxy_ignore_headers Cache-Control Vary;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://admin.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_cache api;
//!         proxy_cache_key $scheme$proxy_host$request_uri$http_origin;
//!         proxy_cache_valid 200 5m;
//!         proxy_ignore_headers Cache-Control Vary;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://admin.example.com
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::{Ask, Caller, Deployment, Exchange, Site, Visit, upstream_to};
use crate::dotenv::app::{AllowOrigin, App};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::nearest::Nearest;
use crate::nginx::settings::Protocol;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cache-ignores-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_key",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers",
    ],
    source: include_str!("cache_ignores_origin.rs"),
    check: Subject::Deployment(check),
};

/// What follows a protocol's prefix in the directives that decide what is kept for whom.
const CACHE: [&[u8]; 5] = [b"cache", b"cache_key", b"ignore_headers", b"cache_bypass", b"no_cache"];

/// How many of the apps that may be meant are asked.
const MAX_CANDIDATES: usize = 8;
/// How many origins of the app's list are tried; asking it about each costs as much as the list is long.
const MAX_ORIGINS: usize = 64;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut pairs = BTreeMap::new();
    for site in &deployment.sites {
        let is_wanted = |name: &[u8]| Protocol::split(name).is_some_and(|(_, rest)| CACHE.contains(&rest));
        let nearest = Nearest::new(site.config, is_wanted);
        if nearest.is_empty() {
            continue;
        }
        let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
        for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
            let mixed = mixed(deployment, site, &nearest, exchange);
            let Some((cache, app)) = mixed.filter(|(cache, _)| !reported.contains_key(&cache.place(site))) else {
                continue;
            };
            let pair = pairs.entry(app.files.first()).or_insert_with(|| echoed(app)).as_ref();
            let Some((first, _)) = pair.filter(|(_, second)| exchange.origin() == *second) else { continue };
            let own = site.when_app_says(exchange, &upstream_to(app, &exchange.origin()));
            let kept = site.when_app_says(exchange, &upstream_to(app, first));
            if is_poisoned(site, &own, &kept) {
                reported.insert(cache.place(site), finding(site, exchange.request(Kind::Main), &cache, first));
            }
        }
        for context in site.entered() {
            let found = open(deployment, site, &nearest, context);
            found.into_iter().for_each(|(place, found)| _ = reported.entry(place).or_insert(found));
        }
        findings.extend(reported.into_values());
    }
}

/// A cache that keeps one answer for all origins.
struct Cache {
    cache: ItemId,
    /// What makes it forget that they differ.
    ignored: ItemId,
}

impl Cache {
    fn place(&self, site: &Site<'_>) -> Place {
        site.config.place(self.ignored)
    }
}

/// Two origins that the app sends back when they ask.
fn echoed(app: &App) -> Option<(String, String)> {
    let echoes = |origin: &&String| matches!(app.answer_for(origin).allow_origin, AllowOrigin::Origin(answered) if answered == **origin);
    let origins: Vec<String> =
        app.origins.iter().filter(|it| it.cors).take(MAX_ORIGINS).map(|it| it.text.clone()).collect();
    let mut origins = origins.iter().filter(echoes);
    let first = origins.next()?;
    Some((first.clone(), origins.find(|other| *other != first)?.clone()))
}

/// The cache in which the answers of this app are mixed up.
fn mixed<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    nearest: &Nearest<'_>,
    exchange: &Exchange<'d>,
) -> Option<(Cache, &'d App)> {
    let answer = exchange.main.iter().find(|answer| answer.by == AnsweredBy::App)?;
    let app = deployment.behind.app(site.config.place(answer.item?)).filter(|app| app.evidence.is_some())?;
    // Where one origin's answer may go to another, nobody knows what the app's line says.
    let from_app = || site.fields(answer, CorsHeader::AllowOrigin).find(|field| field.item.is_none());
    from_app().filter(|field| field.value.bytes().is_none())?;
    Some((cache(site, nearest, answer.context, answer.item?)?, app))
}

fn cache(site: &Site<'_>, nearest: &Nearest<'_>, context: ContextId, pass: ItemId) -> Option<Cache> {
    let config = site.config;
    let (protocol, _) = Protocol::split(config.item(pass).name)?;
    let get = |name: &str| nearest.get(config, context, format!("{}_{name}", protocol.prefix()).as_bytes());
    let cache = get("cache")?;
    let ignored = get("ignore_headers")?;
    let words =
        |item: ItemId| (1..=config.parameter_count(item)).filter_map(move |index| config.parameter(item, index));
    words(ignored).find(|name| name.eq_ignore_ascii_case(b"Vary"))?;
    let depends = |item: ItemId| words(item).any(|text| site.depends_on_origin(&text));
    let apart = ["cache_key", "cache_bypass", "no_cache"].into_iter().filter_map(get).any(depends);
    (!apart && !config.parameter_is(cache, 1, "off")).then_some(Cache { cache, ignored })
}

/// Whether a page reads its `own` answer, and is blocked by the one that was `kept` of another page's.
fn is_poisoned(site: &Site<'_>, own: &Visit<'_>, kept: &Visit<'_>) -> bool {
    let from_app = |answer: &&Answer<'_>| answer.by == AnsweredBy::App;
    let reads = own.answers.iter().filter(from_app).all(|answer| own.verdict(answer) == Verdict::Allowed);
    let is_blocked = |answer: &Answer<'_>| {
        let app_speaks = site.fields(answer, CorsHeader::AllowOrigin).any(|field| field.item.is_none());
        app_speaks && matches!(kept.verdict(answer), Verdict::Blocked(_))
    };
    reads && kept.answers.iter().filter(from_app).all(is_blocked)
}

/// Where it stays open which app answers: what comes if it is one that allows several origins, and which ones may be it.
fn open(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    nearest: &Nearest<'_>,
    context: ContextId,
) -> Option<(Place, Finding)> {
    let pass =
        site.passes(context).find(|pass| deployment.behind.candidates(site.config.place(*pass)).next().is_some())?;
    let cache = cache(site, nearest, context, pass)?;
    let place = site.config.place(pass);
    let suffers = |app: &App| {
        let (first, origin) = echoed(app).filter(|_| app.evidence.is_some())?;
        let caller = Caller { origin, credentials: false };
        let own = site.visit(context, &caller, &upstream_to(app, &caller.origin))?;
        let kept = site.visit(context, &caller, &upstream_to(app, &first))?;
        is_poisoned(site, &own, &kept).then(|| (first, kept.request()))
    };
    let mut candidates = deployment.behind.candidates(place);
    let mut suffering =
        candidates.by_ref().take(MAX_CANDIDATES).filter_map(|app| Some((app, suffers(&app.production)?)));
    let (app, (first, request)) = suffering.next()?;
    let others = suffering.map(|(app, _)| app);
    let names: Vec<String> = [app].into_iter().chain(others).map(|app| format!("`{}`", app.directory)).collect();
    let found = finding(site, request, &cache, &first);
    let message = format!("if the app behind this location is {}: {}", names.join(" or "), found.message);
    let mut related = found.related;
    related.push(Label { place, text: "names none of the apps whose files are here".to_owned() });
    let help = "say in corslint.toml which app it is: `[[app]]` with its `path` and its `upstream`".to_owned();
    Some((cache.place(site), Finding { severity: Severity::Advice, message, related, help: Some(help), ..found }))
}

fn finding(site: &Site<'_>, request: Request, cache: &Cache, first: &str) -> Finding {
    let config = site.config;
    let prefix = Protocol::split(config.item(cache.cache).name).map_or("proxy", |(protocol, _)| protocol.prefix());
    let message = format!("browsers block this answer once the cache holds the one that a page of `{first}` got");
    Finding {
        related: vec![Label { place: config.place(cache.cache), text: "keeps one answer for every origin".to_owned() }],
        help: Some(format!("put `$http_origin` into `{prefix}_cache_key`, or do not ignore `Vary`")),
        request: Some(request),
        ..RULE.finding(cache.place(site), "ignores `Vary: Origin`", message)
    }
}
