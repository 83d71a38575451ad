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

mod detect;

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::finding::{Finding, Fix, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::origins::flow::set_fields;
use crate::rule::{Rule, Subject};
use crate::source::Place;
use detect::{broken_values, has_break, http2_servers};

use crate::rules::shared::edits;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "newline-in-header-value",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://www.rfc-editor.org/rfc/rfc9113.html#section-8.2.1"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for site in &deployment.sites {
        let config = site.config;
        let mut broken: Vec<(ItemId, Place)> = Vec::new();
        for item in site.contexts().flat_map(|context| config.items(context)) {
            broken.extend(broken_values(config, item).into_iter().map(|place| (item, place)));
        }
        // A value may come from a `map` or a `set`.
        for (field, flow) in site.distinct_flows() {
            let texts = flow.texts.iter().filter(|text| has_break(&text.text) && text.place != field.place);
            broken.extend(texts.map(|text| (field.item, text.place)));
        }
        let answers = visit::answers_with(site, &broken.iter().map(|(item, _)| *item).collect());
        let servers = if broken.is_empty() { BTreeMap::new() } else { http2_servers(config) };
        for (item, place) in broken {
            let server = config.enclosing(config.item(item).context, ContextKind::Server);
            let http2 = server.and_then(|server| servers.get(&server).copied());
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

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, place: Place, http2: Option<ItemId>) -> Finding {
    let (severity, message) = match http2 {
        Some(_) => (Severity::Error, "browsers refuse the whole answer: over HTTP/2 no header may hold a line break"),
        None => (Severity::Warning, "browsers refuse the whole answer once it comes over HTTP/2"),
    };
    // A break that is written as an escape is left to the author.
    let edits = edits::on_one_line(place, deployment.sources.bytes(place));
    let fix = (!edits.is_empty()).then_some(Fix { safe: true, edits });
    let finding = RULE.finding(place, "holds a line break", message).with_help("write the value on one line");
    let finding = finding.beside(http2.map(|item| (site.config.place(item), "HTTP/2 is spoken here")));
    Finding { severity, fix, ..finding }
}
