//! The API that a frontend calls is served here for another origin, and sends no CORS header.
//!
//! ## Why it matters
//!
//! In development, the dev server forwards `/api` and everything is one origin. In production the frontend calls the address in its .env file.
//! If that is another origin, every response needs `Access-Control-Allow-Origin`, or the browser blocks it.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! events {}
//! http {
//!     server {
//!         listen 443 ssl;
//!         server_name api.example.com;
//!         root /srv/api;
//!         location / { try_files $uri =404; }
//!     }
//!     server {
//!         listen 443 ssl;
//!         server_name app.example.com;
//!         root /srv/app;
//!         location / { try_files $uri /index.html; }
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! VITE_API_URL=https://api.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! events {}
//! http {
//!     server {
//!         listen 443 ssl;
//!         server_name api.example.com;
//!         root /srv/api;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         location / { try_files $uri =404; }
//!     }
//!     server {
//!         listen 443 ssl;
//!         server_name app.example.com;
//!         root /srv/app;
//!         location / { try_files $uri /index.html; }
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! VITE_API_URL=https://api.example.com
//! ```

use crate::cors::header::CorsHeader;
use crate::cors::origin::Origin;
use crate::deployment::Caller;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::deployment::field_place;
use crate::deployment::locations::audience;
use crate::deployment::meant_origin;
use crate::dotenv::products::setting::Setting;
use crate::finding::{Finding, Severity};
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::simulate::answer::AnsweredBy;
use crate::nginx::simulate::locations;
use crate::rule::{Rule, Subject};
use crate::rules::shared::apis::apis;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "no-cors-headers",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-cors-protocol"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for project in deployment.projects {
        for (setting, origin) in apis(deployment, &project.production) {
            let found = deployment.sites.iter().find_map(|site| blocked(site, setting, &origin));
            findings.extend(found);
        }
    }
}

/// The API of one key, where nginx serves its host and a page on another of its hosts cannot read what it sends.
fn blocked(site: &Site<'_>, setting: &Setting, api: &Origin) -> Option<Finding> {
    let config = site.config;
    let server = server_of(site, api)?;
    let (page, page_server) = page_beside(site, server, api)?;
    // The path is the frontend's own affair: a location with CORS headers of its own is for it, wherever it is.
    let sets_any = |context: ContextId| {
        let fields = visit::fields_in_force(site, context);
        fields.iter().any(|field| field.header == CorsHeader::AllowOrigin) || config.is_incomplete(context)
    };
    let within = |context: &ContextId| config.ancestors(*context).any(|it| it == server);
    if config.contexts().filter(within).any(|it| sets_any(it) || !config.relevant_more_headers(it).is_empty()) {
        return None;
    }
    let caller = Caller { origin: page.to_string(), credentials: false };
    let text = setting.text()?;
    let path = text.split_once("://")?.1.split_once('/').map_or("", |(_, path)| path.trim_end_matches('/'));
    let separator = if path.is_empty() { "" } else { "/" };
    let asked = visit::visit_url(site, &format!("{api}{separator}{path}/x"), &caller)?;
    let answer = asked.lacking(CorsHeader::AllowOrigin)?;
    // Where the address has no path, the frontend may ask for any, and an app may answer it.
    let reaches = |context: ContextId| locations::reaches_app(config, context);
    let may_be_app = path.is_empty() && config.contexts().filter(within).any(reaches);
    let by_app = may_be_app || asked.told().any(|answer| answer.by == AnsweredBy::App);
    let message = match by_app {
        true => format!(
            "if the app sends no Access-Control-Allow-Origin, the browser blocks its responses to `{page}`: nginx sends none"
        ),
        false => format!("the browser blocks every response to `{page}`: nginx sends no Access-Control-Allow-Origin"),
    };
    let place = field_place::place_of(site, answer.location(config).unwrap_or(server));
    let finding = RULE.finding(place, "serves the API without CORS headers", message);
    let finding = finding
        .beside([(setting.value_place, "names the API"), (field_place::place_of(site, page_server), "serves the page")])
        .shown_by(Some(asked.request()))
        .with_help(match config.add_headers(answer.context).last() {
            // One in the `server` would not be inherited there (A1.1).
            Some(_) => format!("next to the `add_header` lines that are in force there, add\n    add_header Access-Control-Allow-Origin {page} always;"),
            None => format!("in this `server`, add\n    add_header Access-Control-Allow-Origin {page} always;"),
        });
    let severity = if by_app { Severity::Advice } else { finding.severity };
    Some(Finding { severity, ..finding })
}

/// The server that has the API's host by name and port.
fn server_of(site: &Site<'_>, api: &Origin) -> Option<ContextId> {
    let config = site.config;
    let host = api.host()?;
    let server = site.asker.model.server_for(host, api.port()?)?;
    let mut names = config.named(server, b"server_name").flat_map(|item| config.parameters(item));
    names.any(|name| name.eq_ignore_ascii_case(host.as_bytes())).then_some(server)
}

/// The origin of the page: that of the one other server that serves an application's page.
fn page_beside(site: &Site<'_>, api: ContextId, origin: &Origin) -> Option<(Origin, ContextId)> {
    let config = site.config;
    let serves_page = |server: &ContextId| {
        let mut contexts = std::iter::once(*server).chain(config.children(*server));
        contexts.any(|context| audience::is_shown(config, context))
    };
    let is_server = |context: &ContextId| config.context(*context).kind == ContextKind::Server && *context != api;
    let mut servers = config.contexts().filter(is_server).filter(serves_page);
    let server = servers.next()?;
    if servers.next().is_some() || serves_page(&api) {
        return None;
    }
    let page = meant_origin(&site.base(server)?)?;
    (!page.is_same(origin)).then_some((page, server))
}
