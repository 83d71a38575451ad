//! nginx, the app and the frontend's own address name nearly the same origin, and not quite.
//!
//! ## Why it matters
//!
//! The page has one origin, and every place that allows it has to say the same. Where one says `https://app.example.com` and
//! another `http://`, another port, `www.` before it or one label more or less, the page is blocked by the one that differs.
//! Only near misses are reported, and only where the place that differs does not have the other origin as well.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! map $http_origin $cors_origin {
//!     https://example.com $http_origin;
//! }
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin $cors_origin always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! FRONTEND_URL=https://www.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! map $http_origin $cors_origin {
//!     https://www.example.com $http_origin;
//! }
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin $cors_origin always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! FRONTEND_URL=https://www.example.com
//! ```

mod detect;

mod before_apps;
mod ports;

use std::collections::BTreeSet;

use crate::deployment::Deployment;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use detect::NearMiss;
use ports::PortLeftOut;

use crate::rules::shared::open;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "inconsistent-origins",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-check"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    findings.extend(detect::near_misses(deployment).iter().map(finding));
    let mut known = BTreeSet::new();
    let left_out = ports::ports_left_out(deployment).into_iter().filter(|found| known.insert(found.place));
    findings.extend(left_out.map(|found| port_left_out(&found)));
}

fn port_left_out(PortLeftOut { place, wanted, page, product }: &PortLeftOut) -> Finding {
    let message = format!("{product} also compares the port, and `{wanted}` is not in this list");
    RULE.finding(*place, "lacks the port of the page", message)
        .beside([(*page, "the page")])
        .with_help(format!("write `{wanted}`"))
}

fn finding(NearMiss { origin, other, what, who, open }: &NearMiss) -> Finding {
    let message = format!("{who} does not allow this origin, but one that differs in {what}: `{}`", other.origin);
    let label = format!("differs in {what} from what {who} allows");
    let related = vec![Label::new(other.place, format!("allows `{}`", other.origin))];
    let finding = Finding { related, ..RULE.finding(origin.place, label, message) };
    match open {
        None => finding.with_help("write the same origin in both places: the one in the address bar of the page"),
        Some(app) => {
            let message = format!("if nginx hands those requests to the app in `{app}`: {}", finding.message);
            open::open(Finding { message: message.into(), ..finding })
        }
    }
}
