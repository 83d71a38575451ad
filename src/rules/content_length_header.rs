//! `add_header Content-Length` adds a second length, and browsers drop an answer that has two.
//!
//! ## Why it matters
//!
//! nginx sends the length of every body by itself, and `add_header` adds a line beside it (A4.11). Two different lengths are an
//! attack to a browser, so it drops the whole answer without a word about CORS. The line comes from a copied block for preflights,
//! `add_header Content-Length 0; return 204;`, where it does no harm because 204 has no length of its own (E903), and needs none.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Content-Length 0;
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
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::{Caller, Deployment, Exchange, Site, upstream};
use crate::finding::{Finding, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "content-length-header",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://www.rfc-editor.org/rfc/rfc9112.html#section-6.3"],
    source: include_str!("content_length_header.rs"),
    check: Subject::Deployment(check),
};

/// How many of the locations that one level's headers reach are asked.
const MAX_ASKED: usize = 16;

/// What the answers with the second length show.
enum Shown {
    /// This request gets two different ones.
    Harm(Request),
    /// They do no harm where the header is sent.
    Harmless,
    /// No request is known that gets one.
    Nothing,
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let config = site.config;
        let items: BTreeSet<ItemId> = config.contexts().flat_map(|context| lengths(config, context)).collect();
        if items.is_empty() {
            continue;
        }
        let (answers, entered) = (site.answers_with(&items), site.entered_by_level());
        for &item in &items {
            let Some(value) = config.parameter(item, 2) else { continue };
            let contexts = entered.get(&config.item(item).context).map_or(&[][..], Vec::as_slice);
            let sent = answers.get(&item).map_or(&[][..], Vec::as_slice);
            let shown = shown(deployment, site, (item, &value), sent, contexts);
            let place = config.place(item);
            let found = finding(config, item, shown);
            let kept = reported.entry(place).or_insert_with(|| found.clone());
            if found.severity > kept.severity {
                *kept = found;
            }
        }
    }
    findings.extend(reported.into_values());
}

/// The `add_header`s of a context that set a length which does not come from a variable.
fn lengths<'c>(config: &'c Config<'_>, context: ContextId) -> impl Iterator<Item = ItemId> + 'c {
    let is_length = |item: &ItemId| {
        let names = config.parameter(*item, 1).is_some_and(|name| name.eq_ignore_ascii_case(b"Content-Length"));
        names && config.parameter(*item, 2).is_some_and(|value| !value.is_empty() && !value.contains(&b'$'))
    };
    config.named(context, b"add_header").filter(move |item| is_length(item))
}

fn shown(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    (item, value): (ItemId, &[u8]),
    sent: &[(&Exchange<'_>, Kind, &Answer<'_>)],
    contexts: &[ContextId],
) -> Shown {
    if let Some((exchange, kind, _)) = sent.iter().find(|(_, _, answer)| is_harmed(site.config, answer, value)) {
        return Shown::Harm(exchange.request(*kind));
    }
    let has_it = |answer: &Answer<'_>| answer.fields.iter().any(|field| field.item == Some(item));
    let harms = |answer: &Answer<'_>| has_it(answer) && is_harmed(site.config, answer, value);
    let mut is_sent = !sent.is_empty();
    let caller = Caller { origin: Site::foreign_origin(), credentials: false };
    for &context in contexts.iter().take(MAX_ASKED) {
        let Some(visit) = site.visit(context, &caller, &upstream(deployment.app)) else { continue };
        is_sent |= visit.answers.iter().any(has_it);
        if visit.answers.iter().any(harms) {
            return Shown::Harm(visit.request());
        }
    }
    if is_sent { Shown::Harmless } else { Shown::Nothing }
}

/// Whether the answer has a length of its own, and another one.
fn is_harmed(config: &Config<'_>, answer: &Answer<'_>, value: &[u8]) -> bool {
    let body = match answer.by {
        _ if matches!(answer.status, None | Some(204 | 304)) => return false,
        AnsweredBy::Nobody => return false,
        // Whatever the body is, it is not always of this length.
        AnsweredBy::App | AnsweredBy::File => return true,
        AnsweredBy::Nginx => answer.item.filter(|item| config.item(*item).name == b"return"),
    };
    match body {
        Some(item) if config.parameter_count(item) == 1 && answer.status == Some(200) => value != b"0",
        Some(item) => config.parameter(item, 2).is_none_or(|text| text.len().to_string().as_bytes() != value),
        None => true,
    }
}

/// Whether the block only answers with 204.
fn only_204(config: &Config<'_>, context: ContextId) -> bool {
    config.named(context, b"return").any(|item| config.parameter_is(item, 1, "204"))
}

fn finding(config: &Config<'_>, item: ItemId, shown: Shown) -> Finding {
    let is_204 = only_204(config, config.item(item).context);
    let (severity, message, request) = match shown {
        Shown::Harm(request) => {
            (Severity::Error, "browsers drop this answer: it has two lengths, nginx's own and this one", Some(request))
        }
        Shown::Nothing if !is_204 => (
            Severity::Warning,
            "browsers drop an answer that has a body: it has two lengths, nginx's own and this one",
            None,
        ),
        _ => (Severity::Advice, "the line has no use: an answer without a body needs no length", None),
    };
    Finding {
        severity,
        help: Some("leave it out: nginx sends the length by itself".to_owned()),
        request,
        ..RULE.finding(config.place(item), "adds a second length", message)
    }
}
