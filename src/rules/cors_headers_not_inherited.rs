//! An `add_header` of its own makes a location or server drop every CORS header of the level around it.
//!
//! ## Why it matters
//!
//! nginx inherits `add_header` all or nothing (A1.1–A1.3): one line for caching or security in a location, even with an
//! empty value (A1.14), and none of the server's headers are sent there any more. CORS was set up once for the whole
//! server and works, until somebody adds a header to one location. From nginx 1.29.3 on, `add_header_inherit merge`
//! keeps the outer headers (A1.13); in older versions every header has to be repeated.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     location /api/ {
//!         add_header X-Content-Type-Options nosniff;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     include snippets/cors.conf;
//!     location /api/ {
//!         include snippets/cors.conf;
//!         add_header X-Content-Type-Options nosniff;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```nginx snippets/cors.conf
//! add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::{Ask, Deployment, Dropping, Site, is_told, lacking, upstream};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{ContextId, ContextKind};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-headers-not-inherited",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header"],
    source: include_str!("cors_headers_not_inherited.rs"),
    check: Subject::Deployment(check),
};

/// The version that brought `add_header_inherit`.
const MERGE: (u32, u32, u32) = (1, 29, 3);
/// How many of the locations that one level's headers reach are asked before it counts as harmless.
const MAX_ASKED: usize = 16;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for (level, contexts) in site.entered_by_level() {
            if let Some(dropping) = site.dropping(level)
                && let Some((header, request)) = entering(deployment, site, &dropping, &contexts)
            {
                report(deployment, site, &dropping, header, request, &mut reported);
            }
        }
        for (dropping, header, request) in jumping(site) {
            report(deployment, site, &dropping, header, request, &mut reported);
        }
    }
    findings.extend(reported.into_values());
}

/// A request from outside that fails for want of a dropped header.
fn entering(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    dropping: &Dropping<'_>,
    contexts: &[ContextId],
) -> Option<(CorsHeader, Request)> {
    let outer = site.config.context(dropping.level).parent?;
    // What the page would be told if nothing were dropped: credentials may be dropped from beside an origin that stays.
    let around: Vec<_> = site.fields_in_force(outer);
    let caller = site.welcome(&around, deployment.app)?;
    contexts.iter().filter(|&&context| !site.config.is_incomplete(context)).take(MAX_ASKED).find_map(|&context| {
        let visit = site.visit(context, &caller, &upstream(deployment.app))?;
        let header =
            dropping.fields.iter().map(|field| field.header).find(|&header| visit.lacking(header).is_some())?;
        let is_here = visit.told().all(|answer| site.level_of(answer.context) == Some(dropping.level));
        is_here.then(|| (header, visit.request()))
    })
}

/// Requests that enter a location with the header and are answered, after a jump, by one that drops the server's.
fn jumping<'d>(site: &Site<'d>) -> Vec<(Dropping<'d>, CorsHeader, Request)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Get) {
        let entry = site.routes[exchange.route].context;
        for answer in exchange.main.iter().filter(|answer| is_told(answer)) {
            let Some(header) = lacking(&exchange.verdict(Kind::Main, answer)) else { continue };
            if answer.location(site.config) == Some(entry) || site.config.is_incomplete(answer.context) {
                continue;
            }
            let level = site.level_of(answer.context);
            let dropping = level.filter(|level| !seen.contains(level)).and_then(|level| site.dropping(level));
            let Some(dropping) = dropping.filter(|dropping| dropping.fields.iter().any(|field| field.header == header))
            else {
                continue;
            };
            seen.insert(dropping.level);
            found.push((dropping, header, exchange.request(Kind::Main)));
        }
    }
    found
}

fn report(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    dropping: &Dropping<'_>,
    header: CorsHeader,
    request: Request,
    reported: &mut BTreeMap<Place, Finding>,
) {
    let config = site.config;
    let place = config.place(dropping.by);
    let Some(field) = dropping.fields.iter().find(|field| field.header == header) else { return };
    let around = match config.context(config.item(field.item).context).kind {
        ContextKind::Http => "`http`",
        ContextKind::Server => "the server",
        _ => "the location around it",
    };
    let with = if header == CorsHeader::AllowCredentials { " to a request with credentials" } else { "" };
    let name = header.name();
    let message = format!("browsers block this answer{with}: an `add_header` here drops the {name} of {around}");
    reported.entry(place).or_insert_with(|| Finding {
        related: vec![Label { place: config.place(field.item), text: "is not sent there".to_owned() }],
        help: Some(help(deployment).to_owned()),
        request: Some(request),
        ..RULE.finding(place, format!("drops every header of {around}"), message)
    });
}

fn help(deployment: &Deployment<'_>) -> &'static str {
    match deployment.is_nginx_since(MERGE) {
        Some(true) => "write `add_header_inherit merge;` beside it, which keeps the outer headers",
        Some(false) => "repeat the CORS headers beside it; a file that both levels include keeps them the same",
        None => {
            "repeat the CORS headers beside it, from a file that both levels include; from nginx 1.29.3 on, \
             `add_header_inherit merge;` beside it keeps the outer ones"
        }
    }
}
