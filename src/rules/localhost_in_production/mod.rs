//! A page on somebody's own machine is allowed to read what production answers.
//!
//! ## Why it matters
//!
//! `http://localhost:3000` is a different page on every machine: whatever program listens there on a user's computer, the
//! development server of another project among them, reads the answers, with the user's login where credentials are allowed.
//! A private address is whatever answers to it in the network that the user is in. As the only origin in a production file
//! it also means that the real page is not allowed at all.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     http://localhost:3000 $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com,http://localhost:5173
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```

use std::collections::BTreeMap;

use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::Listed;
use crate::deployment::OriginList;
use crate::deployment::origins::lists;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::rules::shared::apis::apis;
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "localhost-in-production",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://portswigger.net/web-security/cors"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// How many further places one finding names.
const MAX_RELATED: usize = 4;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for list in lists::origin_lists(deployment).iter().filter(|list| !list.is_development) {
        if let Some(finding) = judge(list) {
            reported.entry(finding.primary.place).or_insert(finding);
        }
    }
    for app in deployment.file_apps().chain(deployment.behind.apps()) {
        for (setting, api) in apis(deployment, app).filter(|(_, api)| api.is_loopback()) {
            reported.entry(setting.value_place).or_insert_with(|| called(setting.value_place, &api));
        }
    }
    findings.extend(reported.into_values());
}

/// An API that the page calls.
fn called(place: Place, api: &Origin) -> Finding {
    let message = format!("in production, the page calls `{api}`, which is the visitor's own computer");
    RULE.finding(place, "is every machine's own", message).with_help("write the public address of the API")
}

fn judge(list: &OriginList) -> Option<Finding> {
    let public = list.origins.iter().find(|listed| is_public(&listed.origin));
    // An app made of a page has the origin `capacitor://localhost` on one system, and `http://localhost` on the other.
    let is_shell = |listed: &Listed| matches!(listed.origin.scheme(), Some("capacitor" | "ionic"));
    let has_shell = list.origins.iter().any(is_shell);
    let judged = |listed: &&Listed| {
        let is_bare = || matches!(listed.origin.to_string().as_str(), "http://localhost" | "https://localhost");
        let own = listed.origin.is_loopback() && !(has_shell && is_bare());
        let private = listed.origin.is_private() && public.is_some();
        own && (public.is_some() || list.is_production) || private
    };
    let found: Vec<&Listed> = list.origins.iter().filter(judged).collect();
    let (first, others) = found.split_first()?;
    let message = if public.is_none() {
        format!("in production, `{}` is whatever runs on a user's own machine, and not the page", first.origin)
    } else if first.origin.is_loopback() {
        format!("whatever runs at `{}` on a user's own machine reads what production answers", first.origin)
    } else {
        format!("whatever answers to `{}` in the network a user is in reads what production answers", first.origin)
    };
    let mut related: Vec<Label> = Vec::new();
    let mut add = |place: Place, text: &'static str| {
        let known = place == first.place || related.iter().any(|label| label.place == place);
        if !known && related.len() < MAX_RELATED {
            related.push(Label { place, text: text.into() });
        }
    };
    others.iter().for_each(|other| add(other.place, "another one"));
    if let Some(public) = public {
        add(public.place, "stands beside a public origin");
    }
    let help = "keep it in the file for development".to_owned();
    let label = if first.origin.is_loopback() { "is every machine's own" } else { "is in no public network" };
    Some(Finding { related, help: Some(help.into()), ..RULE.finding(first.place, label, message) })
}

/// A page of the public network; a host of one label is a name between containers.
fn is_public(origin: &Origin) -> bool {
    let named = origin.host().is_some_and(|host| host.contains('.'));
    matches!(origin.scheme(), Some("http" | "https")) && named && !origin.is_loopback() && !origin.is_private()
}
