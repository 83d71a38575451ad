//! nginx answers the preflight with a status that is neither 200–299 nor a redirect.
//!
//! ## Why it matters
//!
//! Whatever headers the answer to a preflight carries, browsers take it only with a status of 200–299 (E4xx). A guard that
//! lets only known methods in has to know OPTIONS too (A3.14), and an `if` in front of it has to answer OPTIONS well: 200
//! and 204 do equally.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         if ($request_method !~ ^(GET|POST)$) { return 405; }
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Headers "Content-Type" always;
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
//!         if ($request_method = OPTIONS) { return 204; }
//!         if ($request_method !~ ^(GET|POST)$) { return 405; }
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Headers "Content-Type" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::deployment::locations::targets;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::rules::shared::admission;
use crate::rules::shared::preflight;
use crate::rules::shared::preflight::PreflightRefusal;
use crate::rules::shared::preflight::Refused;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "preflight-bad-status",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-preflight-fetch"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "answer the preflight first:\n    if ($request_method = OPTIONS) { return 204; }";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        let led_to = targets::led_to(&site.asker.model);
        for refused in preflight::refused_preflights(site) {
            let PreflightRefusal::Status(status, item) = refused.refusal else { continue };
            let route = &site.routes[refused.exchange.route];
            // An error page refuses in the place of another location, whose answer is judged where it is asked for.
            if !refused.is_open && led_to.contains(&route.context) {
                continue;
            }
            // A location that refuses everybody is meant to, unless it lists what pages may send.
            if refused.is_open
                || admission::asks_for_cookie(site, item)
                || admission::lists_beside(site, route, item).is_some()
            {
                reported.add(finding(site, &refused, status, item), field_place::place_of(site, route.context));
            }
        }
        reported.finish(findings);
    }
}

fn finding(site: &Site<'_>, refused: &Refused<'_, '_>, status: u16, item: ItemId) -> Finding {
    let config = site.config;
    let context = config.context(config.item(item).context);
    let is_if = matches!(context.kind, ContextKind::IfInLocation | ContextKind::IfInServer);
    let guard = context.opener.filter(|_| is_if);
    let related = guard.map(|opener| Label { place: config.place(opener), text: "holds for OPTIONS".into() });
    let (label, message) = match status {
        444 => (
            "closes the connection of the preflight".to_owned(),
            "browsers block every request here that needs a preflight: it gets no answer".to_owned(),
        ),
        _ => (
            format!("answers OPTIONS with {status}"),
            format!("browsers block every request here that needs a preflight: they take 200–299, not {status}"),
        ),
    };
    Finding {
        related: related.into_iter().collect(),
        help: Some(HELP.into()),
        request: Some(refused.exchange.request(Kind::Preflight)),
        ..RULE.finding(config.place(item), label, message)
    }
}
