//! `proxy_set_header` sends a CORS response header to the app, where no browser ever sees it.
//!
//! ## Why it matters
//!
//! `proxy_set_header` changes the request that goes to the app; the browser judges the answer (A4.10). An
//! Access-Control-Allow-Origin set there has no effect, and since nothing complains, it is often kept while the fault is looked for
//! elsewhere. Access-Control-Request-Method and Access-Control-Request-Headers belong into requests and may be forwarded.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         proxy_set_header Access-Control-Allow-Origin "https://app.example.com";
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_set_header Access-Control-Request-Method $http_access_control_request_method;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::{Caller, Deployment, Site, upstream};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::settings::{List, Protocol};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-header-on-request",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header"],
    source: include_str!("cors_header_on_request.rs"),
    check: Subject::Deployment(check),
};

/// How many of the locations that one level's headers reach are asked.
const MAX_ASKED: usize = 16;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let mut levels: BTreeMap<ContextId, (Vec<ItemId>, Vec<ContextId>)> = BTreeMap::new();
        for level in site.config.contexts() {
            let items: Vec<ItemId> =
                site.config.items(level).filter(|item| is_for_browsers(site.config, *item)).collect();
            if !items.is_empty() {
                levels.insert(level, (items, Vec::new()));
            }
        }
        if levels.is_empty() {
            continue;
        }
        for context in site.entered() {
            let first = site.config.list(context, List::SetHeader(Protocol::Proxy)).first();
            // What another protocol sets is looked for in the location alone.
            let level = first.map_or(context, |item| site.config.item(*item).context);
            if let Some((_, contexts)) = levels.get_mut(&level) {
                contexts.push(context);
            }
        }
        for (items, contexts) in levels.into_values() {
            let Some(&first) = items.first() else { continue };
            let found = || finding(deployment, site, &items, first, &contexts);
            reported.entry(site.config.place(first)).or_insert_with(found);
        }
    }
    findings.extend(reported.into_values());
}

/// Whether it sets a header for the app that is meant for browsers. An empty value takes one away, which does no harm.
fn is_for_browsers(config: &Config<'_>, item: ItemId) -> bool {
    let is_set = matches!(config.item(item).name, b"proxy_set_header" | b"grpc_set_header");
    let header = || CorsHeader::from_name(&config.parameter(item, 1)?);
    let is_answers = |header: CorsHeader| !header.is_request() && header != CorsHeader::Vary;
    is_set && header().is_some_and(is_answers) && config.parameter(item, 2).is_none_or(|value| !value.is_empty())
}

fn finding(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    items: &[ItemId],
    first: ItemId,
    contexts: &[ContextId],
) -> Finding {
    let config = site.config;
    let name = config.parameter(first, 1).map_or(String::new(), |name| String::from_utf8_lossy(&name).into_owned());
    let blocked = contexts.iter().take(MAX_ASKED).find_map(|&context| blocked(deployment, site, context));
    let (severity, message) = match &blocked {
        Some(_) => {
            (Severity::Error, format!("browsers block this answer: {name} goes to the app, and no answer has it"))
        }
        None => (Severity::Warning, format!("browsers never see {name}: it goes to the app and has no effect")),
    };
    let others = items.iter().filter(|item| **item != first);
    let related = others.map(|item| Label { place: config.place(*item), text: "goes to the app, too".to_owned() });
    let edit = |item: &ItemId| Edit { place: config.word_place(*item, 0), text: "add_header".to_owned() };
    let (help, fix) = match &blocked {
        // An `add_header` here may drop those of the level around it.
        Some(_) => (
            "`add_header` sets headers of the answer",
            Some(Fix { safe: false, edits: items.iter().map(edit).collect() }),
        ),
        None => ("leave it out; `add_header` sets headers of the answer", None),
    };
    Finding {
        severity,
        related: related.collect(),
        help: Some(help.to_owned()),
        request: blocked,
        fix,
        ..RULE.finding(config.place(first), "sets a header of the request to the app", message)
    }
}

/// A page's request that gets no Allow-Origin here.
fn blocked(deployment: &Deployment<'_>, site: &Site<'_>, context: ContextId) -> Option<Request> {
    let config = site.config;
    if config.is_incomplete(context) || config.context(context).opener.is_none() {
        return None;
    }
    let origin =
        deployment.app.and_then(|app| app.origins.iter().find(|origin| origin.cors).map(|origin| origin.text.clone()));
    let around = site.fields_in_force(context);
    let caller = site.welcome(&around, deployment.app);
    let elsewhere = || Caller { origin: origin.unwrap_or_else(Site::foreign_origin), credentials: false };
    let caller = caller.unwrap_or_else(elsewhere);
    let visit = site.visit(context, &caller, &upstream(deployment.app))?;
    visit.lacking(CorsHeader::AllowOrigin).map(|_| visit.request())
}
