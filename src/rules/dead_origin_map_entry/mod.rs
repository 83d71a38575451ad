//! An allowed origin is written so that no browser's Origin can match it.
//!
//! ## Why it matters
//!
//! A key of a `map` is compared with the whole Origin, which is scheme, host and, where it is not the scheme's
//! own, port (A5.3). A path, `:443`, a host without scheme match nothing; `https://*.example.com` is plain text
//! (A5.5), and so is an expression without its `~` (A5.4). The line looks like an entry, and the page it names
//! is blocked. Capitals do no harm in a key (A5.1), in an `if ($http_origin = …)` they do (A5.9).
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://*.example.com $http_origin;
//!     https://app.example.com:443 $http_origin;
//!     "^https://www\.example\.com$" $http_origin;
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
//!     ~^https://([a-z0-9-]+\.)+example\.com$ $http_origin;
//!     https://app.example.com $http_origin;
//!     "~^https://www\.example\.com$" $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```

use std::collections::BTreeSet;

use crate::cors::request::Request;
use crate::cors::serialized::{OriginFault, check_serialized};
use crate::deployment::Deployment;
use crate::deployment::OriginFlow;
use crate::deployment::Senders;
use crate::deployment::ask::questions;
use crate::finding::{Finding, Fix, Severity};
use crate::nginx::origins::comparison::Compared;
use crate::nginx::origins::flow::SetField;
use crate::nginx::origins::unmatchable::{Dead, why_unmatchable};
use crate::rule::{Rule, Subject};
use crate::source::Place;

use crate::rules::shared::{edits, wording};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "dead-origin-map-entry",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_map_module.html#map"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    // One map decides about many headers; each of its lines is judged once, unless an origin gets in by another header's way.
    let (mut reported, mut alive): (BTreeSet<Place>, BTreeSet<Place>) = Default::default();
    for site in &deployment.sites {
        let senders = Senders::new(site);
        for (flow, origin_flows) in site.flows() {
            let texts_alone = flow.compared_in_part.iter().filter(|compared| compared.regex.is_none());
            for compared in flow.compared.iter().chain(texts_alone) {
                let is_expression = compared.regex.is_some();
                if is_expression && alive.contains(&compared.place) || reported.contains(&compared.place) {
                    continue;
                }
                let Some(dead) = why_unmatchable(&site.asker.model, compared) else {
                    if is_expression {
                        alive.insert(compared.place);
                    }
                    continue;
                };
                let is_shut_out = |(field, _): &&OriginFlow<'_>| {
                    let gets_in = |origin: &String| questions::admission(site, field.item, origin).is_some();
                    !dead.meant.as_ref().is_some_and(gets_in)
                };
                if let Some(origin_flow) = questions::unlike_flows(site, &origin_flows).find(is_shut_out) {
                    reported.insert(compared.place);
                    let request = dead.meant.as_ref().and_then(|origin| senders.shut_out(origin_flow, origin));
                    findings.push(finding(request, &origin_flow.0, compared, &dead));
                }
            }
        }
    }
}

fn finding(request: Option<Request>, field: &SetField<'_>, compared: &Compared, dead: &Dead) -> Finding {
    let message = match &dead.meant {
        Some(origin) => format!("a page of `{origin}` is blocked: no Origin that browsers send matches this"),
        None => "the page that this is meant for is blocked: no Origin that browsers send matches it".to_owned(),
    };
    let text = String::from_utf8_lossy(&compared.text);
    let meant = dead.meant.clone().filter(|_| dead.is_spelling);
    // A path names one part of a site; its origin is the whole site, which is more than the entry says.
    let is_whole = check_serialized(&text).is_err_and(|fault| fault.fault != OriginFault::Path);
    let fix = meant.and_then(|origin| edits::whole(compared.place, &text, origin));
    let fix = fix.map(|edit| if is_whole { Fix::safe(edit) } else { Fix::risky(edit) });
    let finding = RULE.finding(compared.place, dead.why.words(), message).shown_by(request);
    Finding { fix, ..finding.beside(wording::decided_by(field, compared.place)) }
        .with_help(wording::alive(dead, compared))
}
