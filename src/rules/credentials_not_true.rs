//! Access-Control-Allow-Credentials is something other than `true`.
//!
//! ## Why it matters
//!
//! `true` in lower case is the only value that allows credentials. `True`, `1`, `yes`, the word in quotes or the header
//! sent twice allow none (C06–C11, C16), and every request with cookies or a login is blocked while others work (C13).
//! `false` is the same as no header.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Credentials True always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Credentials true always;
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::fault::is_placeholder;
use crate::cors::header::CorsHeader;
use crate::cors::verdict::{Blocked, Kind, Reason, Verdict};
use crate::deployment::{Deployment, Exchange, Site};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::config::{Config, ItemId};
use crate::nginx::flow::{SetField, Text, flow, set_fields};
use crate::rule::{Rule, Subject};
use crate::source::Place;

use super::edits;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "credentials-not-true",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-access-control-allow-credentials"],
    source: include_str!("credentials_not_true.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let config = site.config;
        let items = config.contexts().flat_map(|context| config.items(context));
        let shown = shown(site);
        let fields = items.flat_map(|item| set_fields(config, item));
        for field in fields.filter(|field| field.header == CorsHeader::AllowCredentials) {
            for text in flow(config, &site.model.definitions, &field).texts {
                let found = judge(config, shown.get(&(field.item, text.text.as_slice())).copied(), &field, &text);
                reported.extend(found.filter(|_| !reported.contains_key(&text.place)).map(|found| (text.place, found)));
            }
        }
        for exchange in site.exchanges.iter().filter(|exchange| exchange.page.has_credentials()) {
            if let Some((place, finding)) = twice(site, exchange) {
                reported.entry(place).or_insert(finding);
            }
        }
    }
    findings.extend(reported.into_values());
}

fn judge(
    config: &Config<'_>,
    shown: Option<(&Exchange<'_>, Kind)>,
    field: &SetField<'_>,
    text: &Text,
) -> Option<Finding> {
    let written = String::from_utf8_lossy(&text.text);
    let value = written.trim_matches([' ', '\t']);
    if value.is_empty() || value == "true" || is_placeholder(value) || value.contains(['\r', '\n']) {
        return None;
    }
    let refuses = ["false", "0", "no", "off"].iter().any(|word| value.eq_ignore_ascii_case(word));
    // In a map or a variable, a word that says no is how the others are turned away.
    if refuses && text.place != field.place {
        return None;
    }
    if refuses {
        let message = "browsers read this as if it were not there: only `true` allows credentials";
        let finding = RULE.finding(text.place, "says no more than no header does", message);
        let fix = edits::without(config, field.item).map(Fix::safe);
        return Some(Finding { severity: Severity::Advice, help: Some("leave it out".to_owned()), fix, ..finding });
    }
    let message = "browsers block every request with credentials: only `true`, in lower case, allows them";
    let request = shown.map(|(exchange, kind)| exchange.request(kind));
    let exact = text.place.span.len() as usize == written.len();
    let edit = Edit { place: text.place, text: "true".to_owned() };
    let fix = exact.then(|| Fix { safe: value.eq_ignore_ascii_case("true"), edits: vec![edit] });
    let finding = RULE.finding(text.place, "is not `true`", message);
    // Without a request that gets it, it is a trap for the one that will.
    let severity = if request.is_some() { RULE.severity } else { Severity::Warning };
    Some(Finding { severity, help: Some("write `true`".to_owned()), request, fix, ..finding })
}

/// The first exchange with credentials in which a directive's Allow-Credentials is sent with each value.
fn shown<'e, 'd>(site: &'e Site<'d>) -> BTreeMap<(ItemId, &'e [u8]), (&'e Exchange<'d>, Kind)> {
    let mut shown = BTreeMap::new();
    for exchange in site.exchanges.iter().filter(|exchange| exchange.page.has_credentials()) {
        for (kind, answer) in exchange.answers() {
            for field in site.fields(answer, CorsHeader::AllowCredentials) {
                if let (Some(item), Some(value)) = (field.item, field.value.bytes()) {
                    shown.entry((item, value)).or_insert((exchange, kind));
                }
            }
        }
    }
    shown
}

/// Two lines of `true`, which browsers read as `true, true` (C16). Where Allow-Origin comes twice as well, that is the fault.
fn twice(site: &Site<'_>, exchange: &Exchange<'_>) -> Option<(Place, Finding)> {
    exchange.answers().find_map(|(kind, answer)| {
        let mut lines = site.fields(answer, CorsHeader::AllowCredentials);
        let (first, second) = (lines.next()?, lines.next()?);
        site.only_field(answer, CorsHeader::AllowOrigin)?;
        let blocked = exchange.verdict(kind, answer);
        let Verdict::Blocked(Blocked { reason: Reason::CredentialsNotTrue(_), .. }) = blocked else { return None };
        let place = site.config.place(second.item?);
        let message =
            "browsers block every request with credentials: `true` comes twice, and `true, true` is not `true`";
        let other = first.item.filter(|item| Some(*item) != second.item).map(|item| site.config.place(item));
        let related = other.map(|place| Label { place, text: "the first line".to_owned() });
        let label = if first.item.is_some() { "is sent a second time" } else { "adds a second line to the app's" };
        let finding = RULE.finding(place, label, message);
        let help = Some("send it once".to_owned());
        Some((
            place,
            Finding { related: related.into_iter().collect(), help, request: Some(exchange.request(kind)), ..finding },
        ))
    })
}
