//! Access-Control-Allow-Origin is made of the server's own name or of another part of the request.
//!
//! ## Why it matters
//!
//! Browsers compare the header with the origin of the *page*, and only `$http_origin` has that. `$host`, `$http_host`, and `$server_name`
//! are the names of the API, without a scheme; `$http_referer` is an address with a path; `$remote_addr` is the visitor. No page on
//! another origin can read such a response. `$scheme://$host` is the origin of the API itself, for which no browser needs the header.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     listen 80;
//!     server_name api.example.com;
//!     location / {
//!         add_header Access-Control-Allow-Origin $host always;
//!         proxy_pass http://127.0.0.1:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//! }
//! server {
//!     listen 80;
//!     server_name api.example.com;
//!     location / {
//!         add_header Access-Control-Allow-Origin $cors_origin always;
//!         add_header Vary Origin always;
//!         proxy_pass http://127.0.0.1:8000;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::page::CredentialsMode;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::OriginFlow;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::finding::{Finding, Severity};
use crate::nginx::origins::flow::MadeOfRequest;
use crate::rule::{Rule, Subject};
use crate::source::Place;

use crate::rules::shared::wording;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "origin-not-an-origin",
    severity: Severity::Error,
    since: "0.2.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-check",
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#variables",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for (flow, fields) in site.flows() {
            for made in &flow.made_of_request {
                if !reported.contains_key(&made.place) {
                    let finding = fields.iter().find_map(|field| judge(site, field, made));
                    reported.extend(finding.map(|finding| (made.place, finding)));
                }
            }
        }
    }
    findings.extend(reported.into_values());
}

/// The finding at one directive, where a page of another origin asks and is blocked.
fn judge(site: &Site<'_>, (field, _): &OriginFlow<'_>, made: &MadeOfRequest) -> Option<Finding> {
    let (route, exchange) = questions::routes_of(site, field.item).find_map(|index| {
        let route = site.routes.get(index)?;
        let exchange = questions::ask(site, index, &route.foreign_origin(), CredentialsMode::Omit)?;
        exchange.main.iter().all(|answer| !exchange.is_readable(answer)).then_some((route, exchange))
    })?;
    let text = String::from_utf8_lossy(&made.text);
    let (severity, label, message) = if made.is_own_origin {
        let severity = if route.wants_preflights { Severity::Error } else { Severity::Warning };
        let message =
            format!("pages on other origins are blocked: `{text}` is always the origin of this server itself");
        (severity, "is the server's own origin", message)
    } else {
        let message = format!("the browser blocks the response: `{text}` is never the origin of a page");
        (Severity::Error, "is not the page's origin", message)
    };
    let severity = if route.is_partial { severity.min(Severity::Warning) } else { severity };
    let finding = RULE
        .finding(made.place, label, message)
        .beside(wording::sent_by(field, made.place))
        .with_help("send `$http_origin` through a `map` that lists the allowed origins");
    Some(Finding { severity, request: Some(exchange.request(Kind::Main)), ..finding })
}
