//! `*` in a list of methods or headers means itself and nothing more where credentials are allowed.
//!
//! ## Why it matters
//!
//! For a request with credentials `*` is not a wildcard but the name of a method or header that no page sends: PUT and
//! Content-Type are not in the list, and the browser blocks the request (F10, G07). Without credentials the same
//! headers work, so the fault shows once a user is logged in. In Access-Control-Expose-Headers a `*` shows a script nothing then (K).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Credentials true always;
//!         add_header Access-Control-Allow-Headers * always;
//!         if ($request_method = OPTIONS) { return 204; }
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
//!         add_header Access-Control-Allow-Credentials true always;
//!         add_header Access-Control-Allow-Headers "Content-Type, Authorization" always;
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

mod detect;

use crate::cors::header::CorsHeader;
use crate::deployment::Deployment;
use crate::deployment::field_place;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};
use detect::StarredHeaders;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "wildcard-headers-with-credentials",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-protocol-and-credentials"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        for (exchange, star) in detect::stars(deployment, site) {
            reported.add(finding(star), field_place::place_of(site, site.routes[exchange.route].context));
        }
        reported.finish(findings);
    }
}

fn finding(star: StarredHeaders) -> Finding {
    let help = match star.header {
        CorsHeader::AllowMethods => "name the methods: `GET, POST, PUT, PATCH, DELETE`",
        CorsHeader::AllowHeaders => "name the headers that pages send: `Content-Type, Authorization`",
        _ => "name the headers that scripts read",
    };
    // Where names stand beside it, they work.
    let works = star.names_more || star.header == CorsHeader::ExposeHeaders;
    let severity = if works { Severity::Warning } else { Severity::Error };
    let (request, message) = match star.blocked {
        Some((what, request)) => {
            (Some(request), format!("browsers block {what} with credentials: `*` is no wildcard then"))
        }
        None => {
            (None, "scripts can't read the headers of answers with credentials: `*` is no wildcard then".to_owned())
        }
    };
    let finding = RULE.finding(star.place, "is a name like any other here", message).with_help(help);
    let finding = finding.beside(star.credentials.map(|place| (place, "credentials are allowed here")));
    Finding { severity, request, ..finding }
}
