//! nginx itself sends Access-Control-Allow-Origin twice.
//!
//! ## Why it matters
//!
//! Browsers take two lines for one value with a comma in it, which equals no origin, and block the answer, even if both
//! lines are the same (B11–B13). `add_header` always adds a line (A4.1): a snippet included beside a header of one's own
//! doubles it, so does `more_set_headers`, which runs before `add_header` and replaces only what the app sent (A4.7), and so
//! does `add_header_inherit merge`, where an inner header does not override the outer one of the same name (A1.13).
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         include snippets/cors.conf;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```nginx snippets/cors.conf
//! add_header Access-Control-Allow-Origin * always;
//! add_header Access-Control-Allow-Methods "GET, POST" always;
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, POST" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

mod detect;

use std::collections::BTreeMap;

use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::finding::{Finding, Fix, Severity};
use crate::nginx::config::ItemId;
use crate::rule::{Rule, Subject};
use crate::source::Place;

use crate::rules::shared::edits;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "duplicate-allow-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-check",
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// The version that brought `add_header_inherit`.
const MERGE: (u32, u32, u32) = (1, 29, 3);

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for exchange in &site.exchanges {
            for (kind, answer) in exchange.answers() {
                let Some((first, second)) = detect::both_lines(site, answer) else { continue };
                let place = site.config.place(second);
                if !reported.contains_key(&place)
                    && let Some(finding) = finding(deployment, site, (first, second), (exchange, kind))
                {
                    reported.insert(place, finding);
                }
            }
        }
    }
    findings.extend(reported.into_values());
}

fn finding(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    (first, second): (ItemId, ItemId),
    (exchange, kind): (&Exchange<'_>, Kind),
) -> Option<Finding> {
    let config = site.config;
    let is_add = |item: ItemId| config.item(item).name == b"add_header";
    let merged = detect::are_merged(site, first, second);
    let note = match deployment.is_nginx_since(MERGE) {
        // An older nginx knows no `merge` and does not start.
        Some(false) if merged => return None,
        None if merged => ", as `add_header_inherit merge` has it from nginx 1.29.3 on",
        _ => "",
    };
    let help = match (is_add(first), is_add(second)) {
        (true, true) if config.place(first) == config.place(second) => "include the file once",
        (true, true) if merged => "keep one of the two: merged headers add up, an inner one does not override",
        (true, true) => "keep one of the two",
        _ => "keep one of the two: `add_header` adds its line to that of `more_set_headers`",
    };
    let message = format!("browsers block this answer: nginx sends Access-Control-Allow-Origin twice{note}");
    // Where one directive was included twice, the engine shows both includes.
    let other = Some(config.place(first)).filter(|place| *place != config.place(second));
    let fix = edits::without_copy(config, first, second).map(Fix::safe);
    let finding = RULE.finding(config.place(second), "adds a second line", message).with_help(help);
    let finding = finding.beside(other.map(|place| (place, "the other line comes from here")));
    Some(Finding { fix, ..finding.shown_by(Some(exchange.request(kind))) })
}
