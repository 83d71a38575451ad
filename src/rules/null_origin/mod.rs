//! The origin `null` is allowed, and every sandboxed frame has it.
//!
//! ## Why it matters
//!
//! `null` is no page's name. Browsers send `Origin: null` for sandboxed frames, `data:` and `file:` pages and after some
//! redirects, and `Access-Control-Allow-Origin: null` lets all of them in (D01). Any site can put its script into
//! `<iframe sandbox="allow-scripts">` and so become `null`. It is often meant as "nobody"; to allow nobody, send no header.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     default null;
//!     https://app.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     default "";
//!     https://app.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::verdict::Kind;
use crate::deployment::Admission;
use crate::deployment::Deployment;
use crate::deployment::ask::questions;
use crate::deployment::origins::lists;
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::products::setting::AllowedOrigin;
use crate::finding::{Finding, Severity};
use crate::nginx::origins::flow::Flow;
use crate::nginx::regex::Regexes;
use crate::rule::{Rule, Subject};
use crate::source::Place;

use crate::rules::shared::wording;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "null-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#origin-header",
        "https://portswigger.net/web-security/cors#whitelisted-null-origin-value",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const MESSAGE: &str = "any site can read these answers: a sandboxed frame in it has the origin `null`";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let allowing = site.flows().into_iter().filter_map(|(flow, fields)| {
            let (place, label) = allows_null(&site.asker.model.regexes, flow)?;
            Some(fields.into_iter().map(move |(field, _)| (field, place, label)))
        });
        for (field, place, label) in allowing.flatten() {
            if reported.contains_key(&place) || questions::is_open_to_all(site, field.item, "GET") {
                continue;
            }
            let Some((admission, exchange)) = questions::admission(site, field.item, "null") else {
                continue;
            };
            let is_partial = site.routes.get(exchange.route).is_none_or(|route| route.is_partial);
            let certain = admission == Admission::Always && !is_partial;
            let severity = if certain { Severity::Error } else { Severity::Warning };
            let finding = RULE
                .finding(place, label, MESSAGE)
                .beside(wording::sent_by(field, place))
                .with_help("to allow no origin, send no header: nginx does not send an empty value");
            let request = Some(exchange.request(Kind::Main));
            reported.insert(place, Finding { severity, request, ..finding });
        }
    }
    findings.extend(reported.into_values());
    let all: Vec<&AllowedOrigin> = lists::env_origins(deployment).collect();
    let allowing = all.iter().filter(|origin| origin.cors && origin.text == "null");
    findings.extend(allowing.filter_map(|origin| in_env(origin, &all)));
}

/// Where `null` is written, or matched.
fn allows_null(regexes: &Regexes, flow: &Flow) -> Option<(Place, &'static str)> {
    if let Some(text) = flow.texts.iter().find(|text| text.text == b"null") {
        return Some((text.place, "allows `null`"));
    }
    let takes = |ignore_case: Option<bool>, text: &[u8]| match ignore_case {
        None => text.eq_ignore_ascii_case(b"null"),
        Some(ignore_case) => regexes.is_match(text, ignore_case, b"null") == Some(true),
    };
    let compared = flow.compared.iter().find(|compared| takes(compared.regex, &compared.text))?;
    Some((compared.place, if compared.regex.is_some() { "matches `null`" } else { "lets `null` in" }))
}

/// In a list of a .env file; a value that is `null` and nothing else mostly stands for a key that is not set.
fn in_env(origin: &AllowedOrigin, all: &[&AllowedOrigin]) -> Option<Finding> {
    let others = || all.iter().filter(|other| other.key_place == origin.key_place).count() > 1;
    let severity = match origin.keys.iter().map(|key| key.certainty).min()? {
        Certainty::Src | Certainty::Docs => Severity::Error,
        Certainty::Usage | Certainty::Convention if others() => Severity::Warning,
        _ => return None,
    };
    let finding = RULE.finding(origin.place, "allows `null`", MESSAGE);
    Some(Finding { severity, ..finding.with_help("take `null` out of the list") })
}
