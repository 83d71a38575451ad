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

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::near::difference;
use crate::cors::origin::{Origin, check_serialized};
use crate::deployment::{Deployment, Listed};
use crate::dotenv::app::AllowedOrigin;
use crate::dotenv::keys::{Certainty, Meaning};
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::source::{FileId, Place};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "inconsistent-origins",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-check"],
    source: include_str!("inconsistent_origins.rs"),
    check: Subject::Deployment(check),
};

/// How many directives are asked whether an origin gets in by them.
const MAX_FIELDS: usize = 64;

/// Origins that one party allows.
#[derive(Default)]
struct Party {
    origins: Vec<Listed>,
    /// What it is called in a message.
    name: &'static str,
}

impl Party {
    fn has(&self, origin: &Origin) -> bool {
        self.origins.iter().any(|listed| listed.origin == *origin)
    }
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let Some(app) = deployment.behind.only() else { return };
    let own = |link: bool| {
        let wanted =
            move |origin: &&AllowedOrigin| if link { is_link(origin) } else { origin.cors && !is_link(origin) };
        app.origins.iter().filter(wanted).filter_map(listed).collect::<Vec<_>>()
    };
    let pages = Party { origins: own(true), name: "the page" };
    let allowed = Party { origins: own(false), name: "the app" };
    let front = Party { origins: in_nginx(deployment), name: "nginx" };
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    let mut pairs = vec![(&pages, &front), (&allowed, &front)];
    if app.any_origin.is_none() {
        pairs.insert(1, (&pages, &allowed));
    }
    for (left, right) in pairs {
        for origin in left.origins.iter().filter(|origin| !admitted(deployment, right, &origin.origin)) {
            let near = right.origins.iter().filter(|other| !other.is_pattern && !left.has(&other.origin));
            let found = near.filter_map(|other| Some((other, difference(&origin.origin, &other.origin)?))).next();
            if let Some((other, what)) = found {
                reported.entry(origin.place).or_insert_with(|| finding(origin, other, right.name, what));
            }
        }
    }
    findings.extend(reported.into_values());
}

/// A key that holds the address of a page.
fn is_link(origin: &AllowedOrigin) -> bool {
    origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl)
}

fn listed(entry: &AllowedOrigin) -> Option<Listed> {
    let sure = entry.keys.iter().all(|key| key.certainty > Certainty::Unverified);
    let origin = match check_serialized(&entry.text) {
        Ok(origin) => origin,
        // A slash or a path is another fault; what is meant is compared here.
        Err(fault) => check_serialized(&fault.suggestion.filter(|_| entry.text.contains("://"))?).ok()?,
    };
    (sure && origin != Origin::Opaque).then_some(Listed { origin, place: entry.place, is_pattern: false })
}

/// What nginx allows by name, without what an app's list says.
fn in_nginx(deployment: &Deployment<'_>) -> Vec<Listed> {
    let files: BTreeSet<FileId> = deployment.sites.iter().flat_map(|site| site.config.files()).collect();
    let mut origins = Vec::new();
    for list in deployment.origin_lists() {
        origins.extend(list.origins.into_iter().filter(|listed| files.contains(&listed.place.file)));
    }
    origins
}

/// Whether the other party lets the origin in: by name, by an expression, or because it lets everybody in.
fn admitted(deployment: &Deployment<'_>, party: &Party, origin: &Origin) -> bool {
    if party.has(origin) {
        return true;
    }
    let text = origin.to_string();
    party.name == "nginx"
        && deployment.sites.iter().any(|site| {
            site.origin_flows
                .iter()
                .take(MAX_FIELDS)
                .any(|(field, _)| deployment.admission(site, field.item, &text).is_some())
        })
}

fn finding(origin: &Listed, other: &Listed, who: &str, what: &str) -> Finding {
    let message = format!("{who} does not allow this origin, but one that differs in {what}: `{}`", other.origin);
    let related = vec![Label { place: other.place, text: format!("allows `{}`", other.origin) }];
    let help = "write the same origin in both places: the one in the address bar of the page".to_owned();
    let label = format!("differs in {what} from what {who} allows");
    Finding { related, help: Some(help), ..RULE.finding(origin.place, label, message) }
}
