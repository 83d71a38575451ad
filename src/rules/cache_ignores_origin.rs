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
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::{Ask, Deployment, Exchange, Site, upstream_to};
use crate::dotenv::app::{AllowOrigin, App};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::config::ItemId;
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

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let Some(app) = deployment.behind.only().filter(|app| app.evidence.is_some()) else { return };
    let Some((first, second)) = echoed(app) else { return };
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let is_wanted = |name: &[u8]| Protocol::split(name).is_some_and(|(_, rest)| CACHE.contains(&rest));
        let nearest = Nearest::new(site.config, is_wanted);
        if nearest.is_empty() {
            continue;
        }
        for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get && exchange.origin() == second)
        {
            let Some((cache, ignored)) = mixed(site, &nearest, exchange) else { continue };
            if !is_poisoned(site, exchange, app, &first) {
                continue;
            }
            let found = || finding(site, exchange, cache, ignored, &first);
            reported.entry(site.config.place(ignored)).or_insert_with(found);
        }
    }
    findings.extend(reported.into_values());
}

/// Two origins that the app sends back when they ask.
fn echoed(app: &App) -> Option<(String, String)> {
    let echoes = |origin: &&String| matches!(app.answer_for(origin).allow_origin, AllowOrigin::Origin(answered) if answered == **origin);
    let origins: Vec<String> = app.origins.iter().filter(|it| it.cors).map(|it| it.text.clone()).collect();
    let mut origins = origins.iter().filter(echoes);
    let first = origins.next()?;
    Some((first.clone(), origins.find(|other| *other != first)?.clone()))
}

/// The cache that keeps one answer for all origins, and what makes it forget that they differ.
fn mixed(site: &Site<'_>, nearest: &Nearest<'_>, exchange: &Exchange<'_>) -> Option<(ItemId, ItemId)> {
    let config = site.config;
    let answer = exchange.main.iter().find(|answer| answer.by == AnsweredBy::App)?;
    let (protocol, _) = Protocol::split(config.item(answer.item?).name)?;
    let get = |name: &str| nearest.get(config, answer.context, format!("{}_{name}", protocol.prefix()).as_bytes());
    let cache = get("cache")?;
    // Where one origin's answer may go to another, nobody knows what the app's line says.
    let from_app = || site.fields(answer, CorsHeader::AllowOrigin).find(|field| field.item.is_none());
    from_app().filter(|field| field.value.bytes().is_none())?;
    let ignored = get("ignore_headers")?;
    let words =
        |item: ItemId| (1..=config.parameter_count(item)).filter_map(move |index| config.parameter(item, index));
    words(ignored).find(|name| name.eq_ignore_ascii_case(b"Vary"))?;
    let depends = |item: ItemId| words(item).any(|text| site.depends_on_origin(&text));
    let apart = ["cache_key", "cache_bypass", "no_cache"].into_iter().filter_map(get).any(depends);
    (!apart).then_some((cache, ignored))
}

/// Whether a page is blocked that gets what the app answered to a page of the `other` origin.
fn is_poisoned(site: &Site<'_>, exchange: &Exchange<'_>, app: &App, other: &str) -> bool {
    let from_app = |answer: &&Answer<'_>| answer.by == AnsweredBy::App;
    let own = site.when_app_says(exchange, &upstream_to(app, &exchange.origin()));
    let reads = own.answers.iter().filter(from_app).all(|answer| own.verdict(answer) == Verdict::Allowed);
    let kept = site.when_app_says(exchange, &upstream_to(app, other));
    let is_blocked = |answer: &Answer<'_>| {
        let app_speaks = site.fields(answer, CorsHeader::AllowOrigin).any(|field| field.item.is_none());
        app_speaks && matches!(kept.verdict(answer), Verdict::Blocked(_))
    };
    reads && kept.answers.iter().filter(from_app).all(is_blocked)
}

fn finding(site: &Site<'_>, exchange: &Exchange<'_>, cache: ItemId, ignored: ItemId, first: &str) -> Finding {
    let config = site.config;
    let prefix = Protocol::split(config.item(cache).name).map_or("proxy", |(protocol, _)| protocol.prefix());
    let message = format!("browsers block this answer once the cache holds the one that a page of `{first}` got");
    Finding {
        related: vec![Label { place: config.place(cache), text: "keeps one answer for every origin".to_owned() }],
        help: Some(format!("put `$http_origin` into `{prefix}_cache_key`, or do not ignore `Vary`")),
        request: Some(exchange.request(Kind::Main)),
        ..RULE.finding(config.place(ignored), "ignores `Vary: Origin`", message)
    }
}
