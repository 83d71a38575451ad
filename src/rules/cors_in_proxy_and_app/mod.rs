//! nginx and the app behind it both send Access-Control-Allow-Origin.
//!
//! ## Why it matters
//!
//! `add_header` adds a line and never replaces one (A4.3), so the browser receives Access-Control-Allow-Origin
//! twice and blocks the answer, even if both lines are the same (B11). Each side works when it is tried alone.
//! One of them has to be silent: the app's line is taken out with `proxy_hide_header`, or `fastcgi_hide_header`
//! and its like.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_hide_header Access-Control-Allow-Origin;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```

mod detect;

use crate::deployment::Deployment;
use crate::deployment::Project;
use crate::deployment::Site;
use crate::dotenv::products::app::Evidence;
use crate::dotenv::products::keys::Certainty;
use crate::finding::{Finding, Severity};
use crate::nginx::config::inheritance::Protocol;
use crate::rule::{Rule, Subject};
use detect::BesideApp;
use detect::Sender;

use crate::rules::shared::{edits, open};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-in-proxy-and-app",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for (site, found) in detect::beside_apps(deployment) {
        findings.push(match &found.app {
            Sender::Known(evidence) => beside(site, &found, evidence, told(evidence)),
            Sender::OneOfSeveral(evidence) => {
                let message = format!(
                    "browsers block this answer if `{}` is for the app behind this location: Access-Control-Allow-Origin then comes twice",
                    evidence.key_name
                );
                beside(site, &found, evidence, (Severity::Warning, message))
            }
            Sender::Open(apps) => beside_one_of(site, &found, apps),
        });
    }
}

/// Returns what a key means is read in a product's source or documentation, or else guessed from its name.
fn told(evidence: &Evidence) -> (Severity, String) {
    let (severity, end) = match evidence.certainty {
        _ if evidence.only_at.is_some() => {
            let product = evidence.product.unwrap_or("the app");
            let end = format!(" if {product} keeps its default and sends Access-Control-Allow-Origin, too");
            (Severity::Warning, end)
        }
        Certainty::Src | Certainty::Docs => {
            (Severity::Error, ": Access-Control-Allow-Origin comes twice, from nginx and from the app".to_owned())
        }
        _ => {
            let key = &evidence.key_name;
            (Severity::Warning, format!(" if the app sends its Access-Control-Allow-Origin for `{key}`, too"))
        }
    };
    (severity, format!("browsers block this answer{end}"))
}

fn beside(site: &Site<'_>, found: &BesideApp<'_>, evidence: &Evidence, told: (Severity, String)) -> Finding {
    let config = site.config;
    let prefix = Protocol::split(config.item(found.pass).name).map_or("proxy", |(protocol, _)| protocol.prefix());
    let (severity, message) = told;
    let finding = RULE.finding(config.place(found.item), "adds a second line to the app's", message);
    let fix = edits::hiding(config, found.item, prefix);
    Finding { severity, fix, request: found.request.clone(), ..finding }
        .beside([(evidence.place, shown_by(evidence))])
        .with_help(format!(
            "let one of them answer: `{prefix}_hide_header Access-Control-Allow-Origin;` beside it takes the app's line out"
        ))
}

/// Returns what a key shows of the app.
fn shown_by(evidence: &Evidence) -> &'static str {
    match evidence.only_at {
        Some(_) => "a key of a product that sends CORS headers by default",
        None => "switches the app's own CORS on",
    }
}

/// How many apps that may be meant are pointed at.
const MAX_SHOWN: usize = 8;

/// Where it stays open which app answers.
fn beside_one_of(site: &Site<'_>, found: &BesideApp<'_>, apps: &[&Project<'_>]) -> Finding {
    let names: Vec<String> = apps.iter().map(|app| app.directory.clone()).collect();
    let message = format!(
        "browsers block this answer if the app behind this location is {}, which sends Access-Control-Allow-Origin, too",
        open::named(&names)
    );
    let keys = apps.iter().filter_map(|app| app.production.evidence.as_ref()).take(MAX_SHOWN);
    let place = |item| site.config.place(item);
    open::open(RULE.finding(place(found.item), "may add a second line to the app's", message))
        .beside([(place(found.pass), "names none of the apps whose files are here")])
        .beside(keys.map(|key| (key.place, "switches an app's own CORS on")))
}
