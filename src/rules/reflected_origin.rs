//! Whatever Origin a request carries is sent back as the allowed one.
//!
//! ## Why it matters
//!
//! An answer that allows the origin it was asked from allows every origin. With Access-Control-Allow-Credentials any page
//! that a user opens reads the answers as that user: `*` is refused there by browsers (C01), an echo is not. The check
//! that should come before it is missing, or lets everybody by: a `map` with `default $http_origin`, an
//! `if ($http_origin)`, an expression such as `~.*`. Without credentials the echo does no more than `*` does.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin $http_origin always;
//!     add_header Access-Control-Allow-Credentials true always;
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
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Access-Control-Allow-Credentials true always;
//!     add_header Vary Origin always;
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::{Admission, Ask, Deployment, Exchange, Route, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::Answer;
use crate::nginx::config::{ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "reflected-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
        "https://portswigger.net/web-security/cors#server-generated-acao-header-from-client-specified-origin-header",
    ],
    source: include_str!("reflected_origin.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "let a `map` name the origins, and send what it gives:
    map $http_origin $cors_origin { https://app.example.com $http_origin; }
    add_header Access-Control-Allow-Origin $cors_origin always;";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut worst: BTreeMap<ItemId, (Severity, &Exchange<'_>)> = BTreeMap::new();
        for exchange in site.exchanges.iter().filter(|exchange| !exchange.mentioned && exchange.ask == Ask::Get) {
            let Some(item) = exchange.main.iter().find_map(|answer| echo(site, exchange, answer)) else { continue };
            let severity = severity(site, exchange);
            let kept = worst.entry(item).or_insert((severity, exchange));
            if severity > kept.0 {
                *kept = (severity, exchange);
            }
        }
        let takers = if worst.is_empty() { BTreeSet::new() } else { takers(site) };
        let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
        for (item, (severity, exchange)) in worst {
            let finding = finding(site, &takers, item, severity, exchange);
            let kept = reported.entry(finding.primary.place).or_insert_with(|| finding.clone());
            if finding.severity > kept.severity {
                *kept = finding;
            }
        }
        findings.extend(reported.into_values());
    }
}

/// The directive that sends a foreign page's own origin back to it, where the page gets in by that.
fn echo<'d>(site: &Site<'d>, exchange: &Exchange<'d>, answer: &Answer<'d>) -> Option<ItemId> {
    let line = site.only_field(answer, CorsHeader::AllowOrigin).filter(|_| exchange.gets_in(answer))?;
    line.item.filter(|_| line.value.bytes() == Some(exchange.origin().as_bytes()))
}

fn severity(site: &Site<'_>, exchange: &Exchange<'_>) -> Severity {
    let is_partial = site.routes.get(exchange.route).is_none_or(|route| route.is_partial);
    match exchange.page.has_credentials() {
        true if exchange.admission() == Admission::Always && !is_partial => Severity::Error,
        true => Severity::Warning,
        false => Severity::Advice,
    }
}

fn finding(
    site: &Site<'_>,
    takers: &BTreeSet<Place>,
    item: ItemId,
    severity: Severity,
    exchange: &Exchange<'_>,
) -> Finding {
    let message = match severity {
        Severity::Error => {
            "any page reads these answers as whoever is logged in: every Origin is sent back as the allowed one"
        }
        Severity::Warning => {
            "any page reads these answers as whoever is logged in, unless what is not shown here checks the Origin first"
        }
        Severity::Advice => "any page reads these answers, as with `*`; every Origin is sent back as the allowed one",
    };
    let flow = site.origin_flow(item);
    let place = flow.map_or(site.config.place(item), |(field, flow)| {
        let blamed = flow.reflected.iter().find(|place| takers.contains(place));
        blamed.or(flow.reflected.first()).copied().unwrap_or(field.place)
    });
    let mut related = Vec::new();
    if let Some((field, _)) = flow.filter(|(field, _)| field.place != place) {
        related.push(Label { place: field.place, text: "is sent as Access-Control-Allow-Origin here".to_owned() });
    }
    let answer = exchange.main.iter().find(|answer| echo(site, exchange, answer).is_some());
    let credentials = answer.and_then(|answer| site.only_field(answer, CorsHeader::AllowCredentials)?.item);
    if let Some(credentials) = credentials.filter(|_| severity > Severity::Advice) {
        related.push(Label { place: site.config.place(credentials), text: "credentials are allowed here".to_owned() });
    }
    let help =
        if severity == Severity::Advice { "`*` says the same, and lets caches keep one answer for all" } else { HELP };
    Finding {
        severity,
        related,
        help: Some(help.to_owned()),
        request: Some(exchange.request(Kind::Main)),
        ..RULE.finding(place, "sends back any Origin", message)
    }
}

/// The lines of maps that send an Origin back which nobody meant: of several that do, these are to blame.
fn takers(site: &Site<'_>) -> BTreeSet<Place> {
    let config = site.config;
    let maps = config.contexts().filter(|&context| config.context(context).kind == ContextKind::Map);
    let Some(origin) = site.routes.first().map(Route::foreign_origin) else { return BTreeSet::new() };
    let is_match = |pattern: &[u8], ignore_case| site.model.regexes.is_match(pattern, ignore_case, origin.as_bytes());
    let takes = |item: &ItemId| match config.parameter(*item, 0).as_deref() {
        Some(b"default") => true,
        Some([b'~', b'*', pattern @ ..]) => is_match(pattern, true) == Some(true),
        Some([b'~', pattern @ ..]) => is_match(pattern, false) == Some(true),
        _ => false,
    };
    let lines = maps.flat_map(|context| config.items(context)).filter(takes);
    lines.map(|item| config.value_place(item, 1)).collect()
}
