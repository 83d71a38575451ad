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

use hashbrown::HashSet;

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
use crate::nginx::origins::flow::sets;
use crate::nginx::simulate::answer::AnsweredBy;
use crate::nginx::simulate::locations;
use crate::rule::{Rule, Subject};
use crate::rules::shared::apis::apis;
use crate::rules::shared::repeated::Repeated;

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
    let mut apis = deployment.projects.iter().flat_map(|project| apis(deployment, &project.production)).peekable();
    if apis.peek().is_none() {
        return;
    }
    let known: Vec<Servers> = deployment.sites.iter().map(Servers::new).collect();
    let mut reported = Repeated::default();
    for (setting, origin) in apis {
        let mut sites = deployment.sites.iter().zip(&known);
        let found = sites.find_map(|(site, servers)| blocked(site, servers, setting, &origin));
        found.into_iter().for_each(|finding| reported.keep(finding));
    }
    reported.finish(findings);
}

/// The servers of a configuration, by what matters here. There may be as many as there are addresses, so they are looked at once.
#[derive(Debug, Default)]
struct Servers {
    /// True if a block around them sends Allow-Origin, or a part of it is not known.
    is_sent_around: bool,
    /// Those that send Allow-Origin anywhere, or of which a part is not known.
    sending: HashSet<ContextId>,
    /// Those that hand requests to an app.
    reaching_apps: HashSet<ContextId>,
    /// Those that serve the page of an application.
    with_pages: Vec<ContextId>,
}

impl Servers {
    fn new(site: &Site<'_>) -> Self {
        let config = site.config;
        let mut servers = Servers::default();
        for context in config.contexts() {
            // Headers are inherited: those of a block around the servers may be in force in each of them.
            let sends = config.context(context).incomplete
                || config.items(context).any(|item| sets(config, item, CorsHeader::AllowOrigin));
            let Some(server) = config.enclosing(context, ContextKind::Server) else {
                servers.is_sent_around |= sends;
                continue;
            };
            if sends {
                servers.sending.insert(server);
            }
            if locations::reaches_app(config, context) {
                servers.reaching_apps.insert(server);
            }
            if audience::falls_back_to_html(config, context) && servers.with_pages.last() != Some(&server) {
                servers.with_pages.push(server);
            }
        }
        servers
    }

    /// The origin of the page: that of the one other server that serves an application's page.
    fn page_beside(&self, site: &Site<'_>, api: ContextId, origin: &Origin) -> Option<(Origin, ContextId)> {
        let [server] = self.with_pages[..] else { return None };
        let page = meant_origin(&site.base(server)?)?;
        (server != api && !page.is_same(origin)).then_some((page, server))
    }
}

/// The API of one key, where nginx serves its host and a page on another of its hosts cannot read what it sends.
fn blocked(site: &Site<'_>, servers: &Servers, setting: &Setting, api: &Origin) -> Option<Finding> {
    let config = site.config;
    let server = server_of(site, api)?;
    let (page, page_server) = servers.page_beside(site, server, api)?;
    if servers.is_sent_around || servers.sending.contains(&server) {
        return None;
    }
    let caller = Caller { origin: page.to_string(), credentials: false };
    let text = setting.text()?;
    let path = text.split_once("://")?.1.split_once('/').map_or("", |(_, path)| path.trim_end_matches('/'));
    let separator = if path.is_empty() { "" } else { "/" };
    let asked = visit::visit_url(site, &format!("{api}{separator}{path}/x"), &caller)?;
    let answer = asked.lacking(CorsHeader::AllowOrigin)?;
    // Where the address has no path, the frontend may ask for any, and an app may answer it.
    let may_be_app = path.is_empty() && servers.reaching_apps.contains(&server);
    let by_app = may_be_app || asked.told().any(|answer| answer.by == AnsweredBy::App);
    let message = match by_app {
        true => format!(
            "if the app sends no Access-Control-Allow-Origin, the browser blocks its responses to `{page}`: nginx sends none"
        ),
        false => {
            format!("the browser blocks every response to `{page}`: nginx sends no Access-Control-Allow-Origin")
        }
    };
    let place = field_place::place_of(site, answer.location(config).unwrap_or(server));
    let finding = RULE.finding(place, "serves the API without CORS headers", message);
    let line = format!("add\n    add_header Access-Control-Allow-Origin {page} always;");
    let finding = finding
        .beside([(setting.value_place, "names the API"), (field_place::place_of(site, page_server), "serves the page")])
        .shown_by(Some(asked.request()))
        .with_help(match config.add_headers(answer.context).last() {
            // One in the `server` would not be inherited there (A1.1).
            Some(_) => format!("next to the `add_header` lines that are in force there, {line}"),
            None => format!("in this `server`, {line}"),
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
