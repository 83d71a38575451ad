//! nginx tells the app another Origin than the page's, and the app decides CORS by it.
//!
//! ## Why it matters
//!
//! nginx hands the page's Origin on by itself. With `proxy_set_header Origin` the app sees a fixed one, or none, and answers to that:
//! it echoes the wrong origin, or sends no CORS header at all, and the browser blocks the answer (A4.10). The line is written to get past a
//! check of the app, often for WebSockets, and hits every other request of the location as well.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_set_header Origin "https://api.example.com";
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
//!         proxy_set_header Host $host;
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
use crate::cors::verdict::Verdict;
use crate::deployment::{Caller, Deployment, Site, Visit, upstream, upstream_to};
use crate::dotenv::app::{AllowedOrigin, App};
use crate::dotenv::keys::Certainty;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::settings::{List, Protocol};
use crate::nginx::value::only_variable;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "origin-header-rewritten",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header"],
    source: include_str!("origin_header_rewritten.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let config = site.config;
        let mut levels: BTreeMap<ContextId, ItemId> = BTreeMap::new();
        for level in config.contexts() {
            levels.extend(config.items(level).filter(|item| is_rewrite(config, *item)).map(|item| (level, item)));
        }
        if levels.is_empty() {
            continue;
        }
        for context in site.entered() {
            let first = config.list(context, List::SetHeader(Protocol::Proxy)).first();
            let Some(&item) = first.and_then(|first| levels.get(&config.item(*first).context)) else { continue };
            let place = config.place(item);
            let is_certain = reported.get(&place).is_some_and(|known| known.severity == Severity::Error);
            if !is_certain && let Some(found) = judge(deployment, site, context, item) {
                reported.insert(place, found);
            }
        }
    }
    findings.extend(reported.into_values());
}

/// Whether it tells the app another origin than the page's.
fn is_rewrite(config: &Config<'_>, item: ItemId) -> bool {
    let is_origin = config.parameter(item, 1).is_some_and(|name| name.eq_ignore_ascii_case(b"Origin"));
    let hands_on = |value: &[u8]| only_variable(value).is_some_and(|name| name.eq_ignore_ascii_case(b"http_origin"));
    config.item(item).name == b"proxy_set_header"
        && is_origin
        && config.parameter(item, 2).is_some_and(|value| !hands_on(&value))
}

fn judge(deployment: &Deployment<'_>, site: &Site<'_>, context: ContextId, item: ItemId) -> Option<Finding> {
    let config = site.config;
    // What a location for WebSockets tells its app is not about CORS.
    let upgrades = |item: &ItemId| config.parameter(*item, 1).is_some_and(|name| name.eq_ignore_ascii_case(b"Upgrade"));
    if config.is_incomplete(context) || config.list(context, List::SetHeader(Protocol::Proxy)).iter().any(upgrades) {
        return None;
    }
    let app = deployment.app.filter(|_| deployment.app_evidence().is_some());
    let told = config.parameter(item, 2)?;
    let told = String::from_utf8_lossy(&told).into_owned();
    let Some(app) = app else { return unknown(deployment, site, context, item) };
    // The last one: an app may answer with the first to whomever it does not know.
    let page = app.origins.iter().rfind(|origin| origin.cors)?.text.trim_end_matches('/').to_owned();
    let caller = Caller { origin: page.clone(), credentials: false };
    let honest = site.visit(context, &caller, &upstream_to(app, &page))?;
    honest.told().next()?;
    if told == page || honest.told().any(|answer| matches!(honest.verdict(answer), Verdict::Blocked(_))) {
        return None;
    }
    let visit = site.visit(context, &caller, &upstream_to(app, &told))?;
    let is_blocked = visit.told().all(|answer| matches!(visit.verdict(answer), Verdict::Blocked(_)));
    let may_read = visit.told().all(|answer| visit.verdict(answer) == Verdict::Allowed);
    if told.contains('$') || !(is_blocked || cannot_know(app)) {
        return (told.contains('$') || !may_read).then(|| doubtful(site, item, &visit));
    }
    let evidence = deployment.app_evidence()?;
    let message = format!("browsers block this answer: the app never hears of `{page}`, so it cannot allow it");
    Some(Finding {
        related: vec![Label { place: evidence.place, text: "lets the app decide by Origin".to_owned() }],
        request: Some(visit.request()),
        help: Some(help()),
        ..RULE.finding(config.place(item), label(&told), message)
    })
}

/// Whether the app cannot know which of several origins asks unless it is told.
fn cannot_know(app: &App) -> bool {
    let mut origins = app.origins.iter().filter(|origin| origin.cors);
    let chooses = |origin: &AllowedOrigin| {
        let sure = origin.keys.iter().all(|key| key.certainty >= Certainty::Usage && !key.is_verbatim());
        sure && origin.text.contains("://") && !origin.text.contains('*')
    };
    app.any_origin.is_none() && origins.clone().nth(1).is_some() && origins.all(chooses)
}

/// Without the app's files: where nginx sends no Access-Control-Allow-Origin itself, the app may.
fn unknown(deployment: &Deployment<'_>, site: &Site<'_>, context: ContextId, item: ItemId) -> Option<Finding> {
    let around = site.fields_in_force(context);
    let foreign = || Caller { origin: Site::foreign_origin(), credentials: false };
    let caller = site.welcome(&around, deployment.app).unwrap_or_else(foreign);
    let visit = site.visit(context, &caller, &upstream(None))?;
    visit.lacking(CorsHeader::AllowOrigin)?;
    Some(doubtful(site, item, &visit))
}

fn doubtful(site: &Site<'_>, item: ItemId, visit: &Visit<'_>) -> Finding {
    let told = site.config.parameter(item, 2).unwrap_or_default();
    let message = "browsers block this answer if the app decides by Origin: it never hears of the page's";
    Finding {
        severity: Severity::Warning,
        request: Some(visit.request()),
        help: Some(help()),
        ..RULE.finding(site.config.place(item), label(&String::from_utf8_lossy(&told)), message)
    }
}

fn label(told: &str) -> &'static str {
    if told.is_empty() { "takes the page's Origin away" } else { "puts another in the place of the page's Origin" }
}

fn help() -> String {
    "leave it out, nginx hands the page's Origin on by itself; or answer CORS in nginx".to_owned()
}
