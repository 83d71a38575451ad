//! Access-Control-Allow-Origin is made of the server's own name or of another part of the request.
//!
//! ## Why it matters
//!
//! Browsers compare the header with the origin of the *page*, and only `$http_origin` has that. `$host`, `$http_host`, and `$server_name`
//! are the names of the API, without a scheme; `$http_referer` is an address with a path; `$remote_addr` is the visitor. No page on
//! another origin can read such a response. `$scheme://$host` is the origin of the API itself where the API has the default port; for that
//! origin, browsers need no header.
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

use crate::cors::header::CorsHeader;
use crate::cors::origin::Origin;
use crate::cors::page::CredentialsMode;
use crate::cors::serialized::check_serialized;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::OriginFlow;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::deployment::field_place;
use crate::finding::{Finding, Severity};
use crate::nginx::origins::flow::{Flow, MadeOfRequest};
use crate::nginx::simulate::answer::Answer;
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
        let mut values: BTreeMap<Place, (&MadeOfRequest, &OriginFlow<'_>)> = BTreeMap::new();
        for field in site.distinct_flows() {
            for made in &field.1.made_of_request {
                values.entry(made.place).or_insert((made, field));
            }
        }
        for exchange in site.exchanges.iter().filter(|_| !values.is_empty()) {
            let blocked = exchange.main.iter().filter(|answer| !exchange.is_readable(answer));
            for (place, value) in blocked.filter_map(|answer| sent(site, answer)) {
                let is_it = |made: &MadeOfRequest| !made.is_own_origin || is_own_origin(exchange, value);
                if let Some((made, field)) = values.get(&place).filter(|(made, _)| is_it(made)) {
                    reported.entry(place).or_insert_with(|| finding(site, field, made, exchange));
                }
            }
        }
        for (place, (made, field)) in values.into_iter().filter(|(_, (made, (_, flow)))| is_all_of(flow, made)) {
            let exchange = without_field(site, field).filter(|_| !reported.contains_key(&place));
            reported.extend(exchange.map(|exchange| (place, finding(site, field, made, &exchange))));
        }
    }
    findings.extend(reported.into_values());
}

/// The place that the only Access-Control-Allow-Origin of a response is written at, and its value where it is known.
fn sent<'a>(site: &Site<'_>, answer: &'a Answer<'_>) -> Option<(Place, Option<&'a [u8]>)> {
    let field = answer.only_field_of(CorsHeader::AllowOrigin)?;
    let place = field_place::written(site, field, field.item?, CorsHeader::AllowOrigin)?;
    Some((place, field.value.bytes()))
}

/// Returns whether a value is the origin that the request goes to. `$host` has no port, so on another port than the default one it is the
/// origin of a page on the default port, which may read the response.
fn is_own_origin(exchange: &Exchange<'_>, value: Option<&[u8]>) -> bool {
    let text = value.and_then(|value| std::str::from_utf8(value).ok());
    text.and_then(|text| check_serialized(text).ok())
        .is_some_and(|origin| origin.is_same(&Origin::of(exchange.page.url())))
}

/// Returns whether a header is sent with this value or, where the value is empty, not at all: `$http_referer` of a client that sends none.
fn is_all_of(flow: &Flow, made: &MadeOfRequest) -> bool {
    let is_alone = flow.texts.is_empty() && flow.compared.is_empty() && flow.reflected.is_empty();
    is_alone && flow.made_of_request.len() == 1 && !made.is_own_origin
}

/// The exchange in which a foreign page gets no Allow-Origin at all where this directive is in force.
fn without_field<'d>(site: &Site<'d>, (field, _): &OriginFlow<'d>) -> Option<Exchange<'d>> {
    let index = questions::routes_of(site, field.item).next()?;
    let origin = site.routes.get(index)?.foreign_origin();
    let exchange = questions::ask(site, index, &origin, CredentialsMode::Omit)?;
    let is_missing = |answer: &Answer<'_>| answer.fields_of(CorsHeader::AllowOrigin).next().is_none();
    exchange.main.iter().all(is_missing).then_some(exchange)
}

fn finding(site: &Site<'_>, (field, _): &OriginFlow<'_>, made: &MadeOfRequest, exchange: &Exchange<'_>) -> Finding {
    let route = site.routes.get(exchange.route);
    let text = String::from_utf8_lossy(&made.text);
    let (severity, label, message) = if made.is_own_origin {
        let wants_preflights = route.is_some_and(|route| route.wants_preflights);
        let severity = if wants_preflights { Severity::Error } else { Severity::Warning };
        let message =
            format!("the browser blocks pages on other origins: here, `{text}` is the origin of this server itself");
        (severity, "is the server's own origin", message)
    } else {
        let message = format!("the browser blocks the response: `{text}` is never the origin of a page");
        (Severity::Error, "is not the page's origin", message)
    };
    let is_partial = route.is_none_or(|route| route.is_partial);
    let severity = if is_partial { severity.min(Severity::Warning) } else { severity };
    let finding = RULE
        .finding(made.place, label, message)
        .beside(wording::sent_by(field, made.place))
        .with_help("send `$http_origin` through a `map` that lists the allowed origins");
    Finding { severity, request: Some(exchange.request(Kind::Main)), ..finding }
}
