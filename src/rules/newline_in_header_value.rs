//! A line break stands in a header's value, and HTTP/2 clients refuse the whole answer.
//!
//! ## Why it matters
//!
//! nginx sends a quoted value as it is written, line breaks and all (A4.12). Over HTTP/1.1 browsers take the next line for a
//! continuation and nothing seems wrong; over HTTP/2 no field may hold a line break, so the browser drops the whole answer with
//! a protocol error, which pages see as a failed request. It happens to long lists that were broken to be easier to read.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     listen 443 ssl http2;
//!     add_header Access-Control-Allow-Headers "Authorization,
//!         Content-Type" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     listen 443 ssl http2;
//!     add_header Access-Control-Allow-Headers "Authorization, Content-Type" always;
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::{Deployment, Site};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::flow::set_fields;
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "newline-in-header-value",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://www.rfc-editor.org/rfc/rfc9113.html#section-8.2.1"],
    source: include_str!("newline_in_header_value.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for site in &deployment.sites {
        let config = site.config;
        let mut broken: Vec<(ItemId, Place)> = Vec::new();
        for item in config.contexts().flat_map(|context| config.items(context)) {
            broken.extend(values(config, item).into_iter().map(|place| (item, place)));
        }
        // A value may come from a `map` or a `set`.
        for (field, flow) in site.distinct_flows() {
            let texts = flow.texts.iter().filter(|text| has_break(&text.text) && text.place != field.place);
            broken.extend(texts.map(|text| (field.item, text.place)));
        }
        let answers = site.answers_with(&broken.iter().map(|(item, _)| *item).collect());
        let mut servers: BTreeMap<Option<ContextId>, Option<ItemId>> = BTreeMap::new();
        for (item, place) in broken {
            let server = config.enclosing(config.item(item).context, ContextKind::Server);
            let http2 = *servers.entry(server).or_insert_with(|| speaks_http2(config, server?));
            // What is no header of CORS matters where the whole answer is lost for certain.
            let matters = http2.is_some() || !set_fields(config, item).is_empty();
            if matters && reported.insert(place) {
                let shown = answers.get(&item).and_then(|answers| answers.first());
                let request = shown.map(|(exchange, kind, _)| exchange.request(*kind));
                findings.push(Finding { request, ..finding(deployment, site, place, http2) });
            }
        }
    }
}

fn has_break(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Where values with a line break stand in a directive that sets headers.
fn values(config: &Config<'_>, item: ItemId) -> Vec<Place> {
    let words = match config.item(item).name {
        b"add_header" => 2..=2,
        b"more_set_headers" => 1..=config.parameter_count(item),
        _ => return Vec::new(),
    };
    let broken = |index: &usize| config.parameter(item, *index).is_some_and(|value| has_break(&value));
    words.filter(broken).map(|index| config.value_place(item, index)).collect()
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, place: Place, http2: Option<ItemId>) -> Finding {
    let config = site.config;
    let (severity, message) = match http2 {
        Some(_) => (Severity::Error, "browsers refuse the whole answer: over HTTP/2 no header may hold a line break"),
        None => (Severity::Warning, "browsers refuse the whole answer once it comes over HTTP/2"),
    };
    let related = http2.map(|item| Label { place: config.place(item), text: "HTTP/2 is spoken here".to_owned() });
    let edits = edits(deployment, place);
    Finding {
        severity,
        related: related.into_iter().collect(),
        help: Some("write the value on one line".to_owned()),
        // A break that is written as an escape is left to the author.
        fix: (!edits.is_empty()).then_some(Fix { safe: true, edits }),
        ..RULE.finding(place, "holds a line break", message)
    }
}

/// The directive that switches HTTP/2 on for a server.
fn speaks_http2(config: &Config<'_>, server: ContextId) -> Option<ItemId> {
    let is_http2 = |item: &ItemId| match config.item(*item).name {
        b"listen" => (2..=config.parameter_count(*item)).any(|index| config.parameter_is(*item, index, "http2")),
        b"http2" => config.parameter_is(*item, 1, "on"),
        _ => false,
    };
    let around = config.context(server).parent;
    let in_http = || around.and_then(|http| config.named(http, b"http2").find(is_http2));
    config.items(server).find(is_http2).or_else(in_http)
}

/// Every line break, with the blanks around it, becomes one blank; at an end of the value nothing.
fn edits(deployment: &Deployment<'_>, place: Place) -> Vec<Edit> {
    let bytes = deployment.sources.bytes(place);
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')))
    {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let before = bytes.get(at..at + found).unwrap_or_default();
        let start = at + before.len() - before.iter().rev().take_while(|byte| is_blank(byte)).count();
        let rest = bytes.get(start..).unwrap_or_default();
        let end = start + rest.iter().take_while(|byte| is_blank(byte)).count();
        let text = if start == 0 || end == bytes.len() { "" } else { " " };
        let span = Span::at(start, end);
        let span = Span::new(place.span.start + span.start, place.span.start + span.end);
        edits.push(Edit { place: Place { span, ..place }, text: text.to_owned() });
        at = end;
    }
    edits
}
