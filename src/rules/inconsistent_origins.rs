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

use std::collections::BTreeMap;

use crate::cors::near::difference;
use crate::cors::origin::Origin;
use crate::deployment::{Deployment, Front, Listed, Project, meant_origin};
use crate::dotenv::app::{AllowedOrigin, App};
use crate::dotenv::keys::{Certainty, Meaning};
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "inconsistent-origins",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-check"],
    source: include_str!("inconsistent_origins.rs"),
    check: Subject::Deployment(check),
};

/// Origins that one party allows.
struct Party<'p> {
    origins: Vec<Listed>,
    /// What it is called in a message.
    name: &'static str,
    /// Where it is nginx: what of it stands before the app.
    front: Option<&'p Front>,
}

impl<'p> Party<'p> {
    fn app(origins: Vec<Listed>, name: &'static str) -> Self {
        Party { origins, name, front: None }
    }

    fn nginx(deployment: &Deployment<'_>, front: &'p Front) -> Self {
        Party { origins: deployment.listed_before(front), name: "nginx", front: Some(front) }
    }

    fn has(&self, origin: &Origin) -> bool {
        self.origins.iter().any(|listed| listed.origin == *origin)
    }

    /// Whether it lets the origin in.
    fn admits(&self, deployment: &Deployment<'_>, origin: &Origin) -> bool {
        self.has(origin) || self.front.is_some_and(|front| deployment.is_admitted_before(front, origin))
    }
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let fronts = deployment.fronts();
    let perhaps = Party::nginx(deployment, fronts.open());
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for (index, project) in deployment.projects.iter().enumerate() {
        let app = &project.production;
        let pages = Party::app(own(app, true), "the page");
        let allowed = Party::app(own(app, false), "the app");
        let mut add = |left: &Party<'_>, right: &Party<'_>, is_open: bool| {
            for (origin, other, what) in differing(deployment, left, right) {
                let found = || match is_open {
                    false => finding(origin, other, right.name, what),
                    true => open(project, finding(origin, other, right.name, what)),
                };
                reported.entry(origin.place).or_insert_with(found);
            }
        };
        let front = fronts.before(index).map(|front| Party::nginx(deployment, front));
        if let Some(front) = &front {
            add(&pages, front, false);
        }
        if app.any_origin.is_none() {
            add(&pages, &allowed, false);
        }
        if let Some(front) = &front {
            add(&allowed, front, false);
        } else if fronts.may_be_open(index) {
            add(&pages, &perhaps, true);
            add(&allowed, &perhaps, true);
        }
    }
    findings.extend(reported.into_values());
}

/// What an app's production files name: its pages, or the origins it lets in.
fn own(app: &App, link: bool) -> Vec<Listed> {
    let wanted = |origin: &&AllowedOrigin| if link { is_link(origin) } else { origin.cors && !is_link(origin) };
    app.origins.iter().filter(wanted).filter_map(listed).collect()
}

/// The origins of `left` that `right` does not let in, each with the one that it has instead, and in what they differ.
fn differing<'o>(
    deployment: &Deployment<'_>,
    left: &'o Party<'_>,
    right: &'o Party<'_>,
) -> Vec<(&'o Listed, &'o Listed, &'static str)> {
    let near = |origin: &Listed| {
        let others = right.origins.iter().filter(|other| !other.is_pattern && !left.has(&other.origin));
        others.filter_map(|other| Some((other, difference(&origin.origin, &other.origin)?))).next()
    };
    let found = left.origins.iter().filter_map(|origin| near(origin).map(|(other, what)| (origin, other, what)));
    found.filter(|(origin, ..)| !right.admits(deployment, &origin.origin)).collect()
}

/// Where nobody says which app stands behind those locations.
fn open(project: &Project<'_>, finding: Finding) -> Finding {
    let message = format!("if nginx hands those requests to the app in `{}`: {}", project.directory, finding.message);
    let help = "say in corslint.toml which app it is: `[[app]]` with its `path` and its `upstream`".to_owned();
    Finding { severity: Severity::Advice, message, help: Some(help), ..finding }
}

/// A key that holds the address of a page.
fn is_link(origin: &AllowedOrigin) -> bool {
    origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl)
}

fn listed(entry: &AllowedOrigin) -> Option<Listed> {
    let sure = entry.keys.iter().all(|key| key.certainty > Certainty::Unverified);
    let origin = meant_origin(&entry.text)?;
    (sure && origin != Origin::Opaque).then_some(Listed { origin, place: entry.place, is_pattern: false })
}

fn finding(origin: &Listed, other: &Listed, who: &str, what: &str) -> Finding {
    let message = format!("{who} does not allow this origin, but one that differs in {what}: `{}`", other.origin);
    let related = vec![Label { place: other.place, text: format!("allows `{}`", other.origin) }];
    let help = "write the same origin in both places: the one in the address bar of the page".to_owned();
    let label = format!("differs in {what} from what {who} allows");
    Finding { related, help: Some(help), ..RULE.finding(origin.place, label, message) }
}
