//! Several origins in one Access-Control-Allow-Origin, of which browsers accept none.
//!
//! ## Why it matters
//!
//! The header holds one origin or `*`. A list, with commas or with blanks, equals no page's origin, and every request is
//! blocked, also from the first in the list (B14, B15). nginx has to look at the Origin of the request and send back the
//! one that asks. A list in an app's .env file is another matter: the app splits it.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com, https://www.example.com" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     https://www.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```

use crate::cors::header::CorsHeader;
use crate::cors::origin::{OriginFault, check_serialized};
use crate::cors::verdict::{Blocked, Kind, Reason, Verdict};
use crate::deployment::{Deployment, Exchange, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::ItemId;
use crate::rule::{Rule, Subject};
use crate::source::Place;

use super::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "multiple-origins",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-access-control-allow-origin"],
    source: include_str!("multiple_origins.rs"),
    check: Subject::Deployment(check),
};

/// How many origins the help writes out.
const MAX_SHOWN: usize = 6;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let senders = deployment.senders(site);
        for (origin_flow, text) in site.sent_texts() {
            let field = &origin_flow.0;
            let Some(origins) = several(&String::from_utf8_lossy(&text.text)) else { continue };
            let first = origins.iter().find(|origin| origin.contains("://")).map(String::as_str);
            let request = senders.of_text(origin_flow, &text.text, first.unwrap_or("https://app.example.com"));
            let sent = Label { place: field.place, text: "is sent as Access-Control-Allow-Origin here".to_owned() };
            let related = if field.place == text.place { Vec::new() } else { vec![sent] };
            // Without a request that gets it, it is a trap for the one that will.
            let severity = if request.is_some() { RULE.severity } else { Severity::Warning };
            reported.keep(Finding { severity, related, request, ..finding(text.place, &origins) });
        }
        for exchange in &site.exchanges {
            if let Some((item, value, kind)) = built(site, exchange) {
                let place = site.origin_flow(item).map_or(site.config.place(item), |(field, _)| field.place);
                let origins = several(&value).unwrap_or_default();
                let request = Some(exchange.request(kind));
                reported.keep(Finding { request, ..finding(place, &origins) });
            }
        }
    }
    reported.finish(findings);
}

/// The origins in a value that holds more than one. A line break in it is another fault.
fn several(value: &str) -> Option<Vec<String>> {
    let fault = check_serialized(value.trim()).err()?;
    (fault.fault == OriginFault::Several && !value.contains(['\r', '\n'])).then(|| {
        let separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
        value.split(separator).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    })
}

/// A value with variables in it that turns out to be several origins: `"$http_origin, https://app.example.com"`.
fn built(site: &Site<'_>, exchange: &Exchange<'_>) -> Option<(ItemId, String, Kind)> {
    exchange.answers().find_map(|(kind, answer)| {
        let line = site.only_field(answer, CorsHeader::AllowOrigin)?;
        let item =
            line.item.filter(|&item| site.origin_flow(item).is_some_and(|(field, _)| field.value.contains(&b'$')))?;
        let Verdict::Blocked(Blocked { reason: Reason::SeveralAllowOrigins(value), .. }) =
            exchange.verdict(kind, answer)
        else {
            return None;
        };
        let from_text = site.origin_flow(item)?.1.texts.iter().any(|text| text.text == value.as_bytes());
        (!from_text && several(&value).is_some()).then_some((item, value, kind))
    })
}

fn finding(place: Place, origins: &[String]) -> Finding {
    let message = "browsers block every request: Access-Control-Allow-Origin holds one origin, and a list equals none";
    let finding = RULE.finding(place, format!("holds {} origins", origins.len()), message);
    Finding { help: Some(help(origins)), ..finding }
}

fn help(origins: &[String]) -> String {
    if origins.iter().any(|origin| origin == "*") {
        return "`*` alone allows every origin; the others add nothing to it".to_owned();
    }
    let usable = |origin: &&String| check_serialized(origin).is_ok();
    let lines = origins.iter().filter(usable).take(MAX_SHOWN).map(|origin| format!("{origin} $http_origin; "));
    let lines: String = lines.collect();
    format!(
        "send back the one that asks, from a `map` beside the servers:
    map $http_origin $cors_origin {{ {lines}}}
    add_header Access-Control-Allow-Origin $cors_origin always;
    add_header Vary Origin always;"
    )
}
