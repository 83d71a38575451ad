//! nginx tells the app another Origin than the page's, and the app decides CORS by it.
//!
//! ## Why it matters
//!
//! nginx hands the page's Origin on by itself. With `proxy_set_header Origin` the app sees a fixed one, or none, and answers to that:
//! it echoes the wrong origin, or sends no CORS header at all, and the browser blocks the answer (A4.10). The line is written to get past a
//! check of the app, often for WebSockets, and hits every other request of the location as well.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_set_header Origin "https://api.example.com";
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://admin.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_set_header Host $host;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://admin.example.com
//! ```

mod detect;

use std::collections::BTreeMap;

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use detect::Rewritten;

use crate::rules::shared::repeated::Repeated;

/// How many apps one finding names.
const MAX_RELATED: usize = 4;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "origin-header-rewritten",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for rewritten in detect::rewritten_origins(site) {
            reported.keep(finding(deployment, site, rewritten));
        }
    }
    reported.finish(findings);
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, rewritten: Rewritten) -> Finding {
    let (severity, message) = match &rewritten.page {
        Some(page) => (
            Severity::Error,
            format!("browsers block this answer: the app never hears of `{page}`, so it cannot allow it"),
        ),
        None => (
            Severity::Warning,
            "browsers block this answer if the app decides by Origin: it never hears of the page's".to_owned(),
        ),
    };
    let label = match rewritten.told.as_str() {
        "" => "takes the page's Origin away",
        _ => "puts another in the place of the page's Origin",
    };
    let decides = |place| Label { place, text: "lets the app decide by Origin".into() };
    let related = match rewritten.evidence {
        Some(place) => vec![decides(place)],
        None => candidates(deployment, site, &rewritten),
    };
    let help = "leave it out, nginx hands the page's Origin on by itself; or answer CORS in nginx";
    Finding {
        severity,
        related,
        request: Some(rewritten.request),
        help: Some(help.into()),
        ..RULE.finding(site.config.place(rewritten.item), label, message)
    }
}

/// The keys of the apps that may be meant where it is not stated which app it is.
fn candidates(deployment: &Deployment<'_>, site: &Site<'_>, rewritten: &Rewritten) -> Vec<Label> {
    let places = rewritten.passes.iter().map(|pass| site.config.place(*pass));
    let apps = places.flat_map(|place| deployment.behind.candidates(place));
    let named = apps.filter_map(|app| {
        let evidence = app.production.evidence.as_ref()?;
        let text = format!("lets the app decide by Origin if it is `{}`", app.directory);
        Some((evidence.place, Label { place: evidence.place, text: text.into() }))
    });
    named.collect::<BTreeMap<_, _>>().into_values().take(MAX_RELATED).collect()
}
