//! A page that comes over plain http is allowed to read answers that are served over https.
//!
//! ## Why it matters
//!
//! Anyone on the network path, in a café or at a provider, can write into a page that comes over `http://`. Once its origin is
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

mod detect;

use std::collections::BTreeMap;

use crate::deployment::Deployment;
use crate::deployment::Listed;
use crate::deployment::origins::lists;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};
use crate::source::Place;
use detect::{MixedContent, PlainPage};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "insecure-origin",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &[
        "https://w3c.github.io/webappsec-mixed-content/",
        "https://portswigger.net/web-security/cors#breaking-tls-with-poorly-configured-cors",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// How many further places one finding names.
const MAX_RELATED: usize = 4;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for list in lists::origin_lists(deployment).iter().filter(|list| list.is_production && !list.is_page) {
        let plain: Vec<&Listed> =
            list.origins.iter().filter(|listed| listed.origin.is_plain() && !listed.is_pattern).collect();
        if let Some((first, others)) = plain.split_first() {
            reported.entry(first.place).or_insert_with(|| insecure(first, others));
        }
    }
    for found in detect::mixed_content(deployment) {
        reported.entry(found.api).or_insert_with(|| mixed(&found));
    }
    for found in detect::plain_pages(deployment) {
        reported.entry(found.page).or_insert_with(|| plain_page(&found));
    }
    findings.extend(reported.into_values());
}

fn plain_page(PlainPage { page, other, secure }: &PlainPage) -> Finding {
    let message = format!(
        "this page uses http, but `{secure}` uses https: if the page is served over https, too, its origin is not this one"
    );
    RULE.finding(*page, "is a plain http address", message)
        .beside([(*other, "is served over https")])
        .with_help("write `https://` if the page is served over https")
}

fn insecure(first: &Listed, others: &[&Listed]) -> Finding {
    let message = "this origin is plain http: anyone on the network path can change the page and read these responses";
    let mut places: Vec<Place> = Vec::new();
    for place in others.iter().map(|other| other.place).filter(|place| *place != first.place) {
        if places.len() < MAX_RELATED && !places.contains(&place) {
            places.push(place);
        }
    }
    let secure = first.origin.to_string().replacen("http://", "https://", 1);
    RULE.finding(first.place, "comes over plain http", message)
        .beside(places.into_iter().map(|place| (place, "over plain http as well")))
        .with_help(format!("allow `{secure}`, and redirect the page there"))
}

fn mixed(MixedContent { api, page, origin }: &MixedContent) -> Finding {
    let message = format!(
        "a page of `{origin}` cannot call this API: browsers send nothing over http from a page that came over https"
    );
    RULE.finding(*api, "is called over plain http", message)
        .beside([(*page, "the page comes over https")])
        .with_help("serve the API over https, and write `https://`")
}
