//! An allowed origin is written so that no browser's Origin can match it.
//!
//! ## Why it matters
//!
//! A key of a `map` is compared with the whole Origin, which is scheme, host and, where it is not the scheme's own, port
//! (A5.3). A path, `:443`, a host without scheme match nothing; `https://*.example.com` is plain text (A5.5), and so is an
//! expression without its `~` (A5.4). The line looks like an entry, and the page it names is blocked. Capitals do no harm
//! in a key (A5.1), in an `if ($http_origin = …)` they do (A5.9).
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

use crate::cors::origin::OriginFault;
use crate::cors::request::Request;
use crate::deployment::{Deployment, OriginFlow};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::dead::{Dead, Why, dead, glob};
use crate::nginx::flow::{Compared, SetField};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "dead-origin-map-entry",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_map_module.html#map"],
    source: include_str!("dead_origin_map_entry.rs"),
    check: Subject::Deployment(check),
};

/// How many of the headers that one map decides about are asked whether they let in what a dead line means.
const MAX_FIELDS: usize = 8;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    // One map decides about many headers; each of its lines is judged once, unless an origin gets in by another header's way.
    let (mut reported, mut alive): (BTreeSet<Place>, BTreeSet<Place>) = Default::default();
    for site in &deployment.sites {
        let senders = deployment.senders(site);
        for (flow, origin_flows) in site.flows() {
            let texts_alone = flow.compared_in_part.iter().filter(|compared| compared.regex.is_none());
            for compared in flow.compared.iter().chain(texts_alone) {
                if alive.contains(&compared.place) || reported.contains(&compared.place) {
                    continue;
                }
                let Some(dead) = dead(site.config, &site.model.regexes, compared) else {
                    alive.insert(compared.place);
                    continue;
                };
                let is_shut_out = |(field, _): &&&OriginFlow<'_>| {
                    let gets_in = |origin: &String| deployment.admission(site, field.item, origin).is_some();
                    !dead.meant.as_ref().is_some_and(gets_in)
                };
                if let Some(origin_flow) = origin_flows.iter().take(MAX_FIELDS).find(is_shut_out) {
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
        None => "whoever this is meant to let in is blocked: no Origin that browsers send matches it".to_owned(),
    };
    let text = String::from_utf8_lossy(&compared.text);
    let is_exact = dead.is_spelling && compared.place.span.len() as usize == text.len();
    let edit = dead.meant.clone().filter(|_| is_exact).map(|text| Edit { place: compared.place, text });
    let sent = Label { place: field.place, text: "decides Access-Control-Allow-Origin here".to_owned() };
    Finding {
        related: vec![sent],
        help: Some(help(dead, &text)),
        // Without a request that shows it, nobody knows whom it keeps out.
        severity: if request.is_some() { RULE.severity } else { Severity::Warning },
        request,
        fix: edit.map(|edit| Fix { safe: true, edits: vec![edit] }),
        ..RULE.finding(compared.place, label(dead.why), message)
    }
}

fn label(why: Why) -> &'static str {
    match why {
        Why::NoTilde => "is plain text without a `~` before it",
        Why::Blank => "begins with a blank, which no Origin has",
        Why::Path => "wants a slash behind the host, which no Origin has",
        Why::Text(OriginFault::Wildcard) => "is plain text: a `*` in it stands for itself",
        Why::Text(other) => other.words(),
    }
}

fn help(dead: &Dead, text: &str) -> String {
    match (dead.why, &dead.meant) {
        (Why::NoTilde | Why::Blank, _) => format!("write `~{}`", text.trim_start()),
        (Why::Path, _) => "end the expression with the host: `…example\\.com$`".to_owned(),
        (Why::Text(_), Some(origin)) if dead.is_spelling => format!("write `{origin}`"),
        (Why::Text(OriginFault::Wildcard), _) => match glob(text) {
            Some((scheme, host)) => {
                let escaped = host.replace('.', "\\.");
                format!("write it as an expression: `~^{scheme}://([a-z0-9-]+\\.)+{escaped}$`")
            }
            None => "write it as an expression, which starts with `~`".to_owned(),
        },
        (Why::Text(OriginFault::Several), _) => "give each origin a line of its own".to_owned(),
        (Why::Text(_), _) => "write an origin as browsers send it, such as `https://app.example.com`".to_owned(),
    }
}
