//! The name of a CORS header is misspelled, so browsers do not know it.
//!
//! ## Why it matters
//!
//! nginx sends any name as it is written, a colon or a blank in it included (A2.8), and browsers skip what they do not know (B28,
//! B29). The header seems to be there in the file and in the developer tools, one letter or one colon away from the one that counts.
//! Access-Control-Request-Method and Access-Control-Request-Headers are what the browser asks; an answer has
//! Access-Control-Allow-Methods and Access-Control-Allow-Headers.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin: "https://app.example.com" always;
//!     add_header Access-Control-Allow-Header "Authorization" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Headers "Authorization" always;
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::misnomer::{Misnomer, misnomer};
use crate::cors::request::Request;
use crate::deployment::{Caller, Deployment, Site, upstream};
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::nginx::config::{ContextId, ItemId};
use crate::nginx::names::names;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "misspelled-cors-header",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-responses"],
    source: include_str!("misspelled_cors_header.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for site in &deployment.sites {
        let mut entered = None;
        // By context: what a page gets there. Asked once, however many names are misspelled.
        let mut seen = BTreeMap::new();
        // By context: the headers that are set there under their right names.
        let mut right: BTreeMap<ContextId, BTreeSet<CorsHeader>> = BTreeMap::new();
        for item in site.config.contexts().flat_map(|context| site.config.items(context)) {
            for (place, name) in names(site.config, item) {
                let Some(misnomer) = misnomer(&name) else { continue };
                if !reported.insert(place) {
                    continue;
                }
                let context = site.config.item(item).context;
                let set = || site.fields_in_force(context).into_iter().map(|field| field.header).collect();
                let right = right.entry(context).or_insert_with(set);
                let finding = finding(site, item, place, &name, &misnomer, right);
                let contexts =
                    entered.get_or_insert_with(|| site.entered_by_level()).get(&site.config.item(item).context);
                let context = contexts.and_then(|contexts| contexts.first()).copied();
                let is_asked = misnomer.meant() == Some(CorsHeader::AllowOrigin) && finding.severity == Severity::Error;
                if !is_asked {
                    findings.push(finding);
                    continue;
                }
                let (severity, request) = seen.entry(context).or_insert_with(|| got(deployment, site, context));
                findings.push(Finding { severity: *severity, request: request.clone(), ..finding });
            }
        }
    }
}

/// The request of a page that lacks Allow-Origin in a context; where the answer has it from elsewhere, that is no error.
fn got(deployment: &Deployment<'_>, site: &Site<'_>, context: Option<ContextId>) -> (Severity, Option<Request>) {
    let caller = Caller { origin: Site::foreign_origin(), credentials: false };
    let Some(visit) = context.and_then(|it| site.visit(it, &caller, &upstream(site.config, &deployment.behind))) else {
        return (Severity::Error, None);
    };
    match visit.lacking(CorsHeader::AllowOrigin) {
        Some(_) => (Severity::Error, Some(visit.request())),
        None if visit.told().next().is_some() => (Severity::Warning, None),
        None => (Severity::Error, None),
    }
}

fn finding(
    site: &Site<'_>,
    item: ItemId,
    place: Place,
    name: &str,
    misnomer: &Misnomer,
    right: &BTreeSet<CorsHeader>,
) -> Finding {
    let meant = misnomer.meant();
    let label = match misnomer {
        Misnomer::Delimited(_) if name.contains(':') => "the colon is part of the name",
        Misnomer::Delimited(_) => "a blank is part of the name",
        Misnomer::Request(_) => "is a header of the preflight request",
        Misnomer::Near(_) | Misnomer::Unknown => "no browser knows this name",
    };
    // The right one beside it does the work.
    let is_there = |header: CorsHeader| right.contains(&header);
    let (severity, message) = match meant {
        Some(header) if is_there(header) => {
            (Severity::Advice, format!("browsers ignore `{name}`; {} is set beside it", header.name()))
        }
        // Without these two no request fails.
        Some(header @ (CorsHeader::MaxAge | CorsHeader::ExposeHeaders)) => {
            (Severity::Warning, format!("browsers ignore `{name}`: {} is not sent", header.name()))
        }
        Some(header) => (Severity::Error, format!("browsers ignore `{name}`: {} is not sent", header.name())),
        None => (Severity::Warning, format!("browsers ignore `{name}`: CORS has no header of this name")),
    };
    let safe = !matches!(misnomer, Misnomer::Request(_));
    let edit = |header: CorsHeader| Fix { safe, edits: vec![Edit { place, text: header.name().to_owned() }] };
    let whole = site.config.item(item).name == b"add_header";
    Finding {
        severity,
        help: meant.map(|header| format!("write `{}`", header.name())),
        fix: meant.filter(|header| whole && !is_there(*header)).map(edit),
        ..RULE.finding(place, label, message)
    }
}
