//! A page that comes over plain http is allowed to read answers that are served over https.
//!
//! ## Why it matters
//!
//! Whoever sits on the way, in a café or at a provider, can write into a page that comes over `http://`. Once its origin is
//! allowed, what they write there reads the answers, with the user's login where credentials are allowed. The other way
//! round nothing works at all: a page that comes over https may not call an `http://` API, and the browser sends nothing (M07).
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     http://app.example.com $http_origin;
//! }
//! server {
//!     listen 443 ssl;
//!     server_name api.example.com;
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com,http://www.example.com
//! VITE_API_URL=http://api.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//! }
//! server {
//!     listen 443 ssl;
//!     server_name api.example.com;
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://www.example.com
//! VITE_API_URL=https://api.example.com
//! ```

use std::collections::BTreeMap;

use crate::cors::origin::{Origin, check_serialized};
use crate::deployment::{Deployment, Listed};
use crate::dotenv::app::App;
use crate::dotenv::keys::{Certainty, Key, Meaning};
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "insecure-origin",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[
        "https://w3c.github.io/webappsec-mixed-content/",
        "https://portswigger.net/web-security/cors#breaking-tls-with-poorly-configured-cors",
    ],
    source: include_str!("insecure_origin.rs"),
    check: Subject::Deployment(check),
};

/// How many further places one finding names.
const MAX_RELATED: usize = 4;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for list in deployment.origin_lists().iter().filter(|list| list.is_production && !list.is_page) {
        let plain: Vec<&Listed> =
            list.origins.iter().filter(|listed| is_plain(&listed.origin) && !listed.is_pattern).collect();
        if let Some((first, others)) = plain.split_first() {
            reported.entry(first.place).or_insert_with(|| finding(first, others));
        }
    }
    for app in deployment.env_files.iter().chain(deployment.behind.apps()) {
        for finding in mixed_content(deployment, app) {
            reported.entry(finding.primary.place).or_insert(finding);
        }
    }
    findings.extend(reported.into_values());
}

/// An http origin of the public network. A host of one label is a name between containers, and no page's.
fn is_plain(origin: &Origin) -> bool {
    let public = !origin.is_loopback() && !origin.is_private();
    origin.scheme() == Some("http") && public && origin.host().is_some_and(|host| host.contains('.'))
}

fn finding(first: &Listed, others: &[&Listed]) -> Finding {
    let message = "whoever can change this page on its way reads the answers: it comes over plain http";
    let mut related: Vec<Label> = Vec::new();
    for other in others {
        if related.len() < MAX_RELATED
            && related.iter().all(|label| label.place != other.place)
            && other.place != first.place
        {
            related.push(Label { place: other.place, text: "over plain http as well".to_owned() });
        }
    }
    let secure = first.origin.to_string().replacen("http://", "https://", 1);
    let help = format!("allow `{secure}`, and redirect the page there");
    Finding { related, help: Some(help), ..RULE.finding(first.place, "comes over plain http", message) }
}

/// An `http://` API of pages that come over https (M07). Loopback is exempt (M10).
fn mixed_content(deployment: &Deployment<'_>, app: &App) -> Vec<Finding> {
    let is_api = |key: &Key| key.meaning == Meaning::ApiUrl && key.certainty > Certainty::Unverified;
    let apis = app.settings.iter().filter(|setting| !setting.keys.is_empty() && setting.keys.iter().all(&is_api));
    let is_page = |origin: &Origin| origin.scheme() == Some("https") && !origin.is_loopback() && !origin.is_private();
    let mut findings = Vec::new();
    for setting in apis.filter(|setting| deployment.is_production_file(setting.key_place.file)) {
        let Some(text) = setting.text() else { continue };
        if !url_origin(&text).is_some_and(|origin| is_plain(&origin)) {
            continue;
        }
        let pages = app
            .origins
            .iter()
            .filter(|origin| origin.cors || origin.keys.iter().any(|key| key.meaning == Meaning::FrontendUrl));
        let page = pages.filter_map(|page| Some((page, url_origin(&page.text)?))).find(|(_, origin)| is_page(origin));
        let Some((page, origin)) = page else { continue };
        let message = format!(
            "a page of `{origin}` cannot call this API: browsers send nothing over http from a page that came over https"
        );
        let related = vec![Label { place: page.place, text: "the page comes over https".to_owned() }];
        let finding = RULE.finding(setting.value_place, "is called over plain http", message);
        findings.push(Finding {
            related,
            help: Some("serve the API over https, and write `https://`".to_owned()),
            ..finding
        });
    }
    findings
}

/// The origin of a URL, whatever its path.
fn url_origin(text: &str) -> Option<Origin> {
    match check_serialized(text) {
        Ok(origin) => Some(origin),
        Err(fault) => check_serialized(&fault.suggestion?).ok().filter(|_| text.contains("://")),
    }
}
