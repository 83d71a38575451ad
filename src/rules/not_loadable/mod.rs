//! A directive that concerns CORS is written so that nginx does not load the configuration.
//!
//! ## Why it matters
//!
//! For one directive in the wrong place, one parameter too many or one unknown variable nginx does not start, and a
//! reload keeps the old configuration running, so the CORS headers that were just written are not in force. `nginx -t`
//! says the same, but for a file that is not on the server yet, or for a snippet, it is not run.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     if ($request_method = OPTIONS) {
//!         add_header Access-Control-Allow-Origin "https://app.example.com";
//!         return 204;
//!     }
//! }
//! ```
//!
//! ```nginx
//! location /api/ {
//!     add_header Access-Control-Allow-Methods GET, POST, OPTIONS;
//!     proxy_pass http://backend:8000;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com";
//!         add_header Access-Control-Allow-Methods "GET, POST, OPTIONS";
//!         if ($request_method = OPTIONS) {
//!             return 204;
//!         }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use crate::deployment::Deployment;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::load::{Refusal, refusals};
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "not-loadable",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/switches.html", "https://nginx.org/en/docs/control.html#reconfiguration"],
    source: include_str!("mod.rs"),
    check: Subject::Configuration(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let refused = deployment.sites.iter().flat_map(|site| refusals(site.config));
    findings.extend(refused.map(finding));
}

fn finding(refusal: Refusal) -> Finding {
    let message = format!("nginx does not start: {}", refusal.reason);
    let related = refusal.related.map(|(place, text)| Label { place, text: text.into() });
    Finding {
        related: related.into_iter().collect(),
        help: refusal.help.map(Into::into),
        ..RULE.finding(refusal.place, refusal.label, message)
    }
}
