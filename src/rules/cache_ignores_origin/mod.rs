//! nginx's cache gives the answer made for a page of one origin to pages of every other origin.
//!
//! ## Why it matters
//!
//! An app that allows several origins sends back the one that asks, and says `Vary: Origin`, by which nginx keeps the answers
//! apart (A7.1). `proxy_ignore_headers Vary` takes that away: the first page's answer is kept for all, and every other origin
//! is blocked until it expires, which looks like a fault that comes and goes. With `$http_origin` in the key each origin has an answer
//! of its own. What nginx adds itself is never in the cache.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_cache api;
//!         proxy_cache_valid 200 5m;
//!         proxy_ignore_headers Cache-Control Vary;
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
//!         proxy_cache api;
//!         proxy_cache_key $scheme$proxy_host$request_uri$http_origin;
//!         proxy_cache_valid 200 5m;
//!         proxy_ignore_headers Cache-Control Vary;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://admin.example.com
//! ```

mod detect;

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Finding, Severity};
use crate::nginx::config::inheritance::Protocol;
use crate::rule::{Rule, Subject};
use detect::MixedUp;

use crate::rules::shared::open::if_it_is;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cache-ignores-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_key",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        findings.extend(detect::mixed_up(site).into_iter().map(|mixed| finding(site, mixed)));
    }
}

fn finding(site: &Site<'_>, mixed: MixedUp) -> Finding {
    let config = site.config;
    let prefix = Protocol::split(config.item(mixed.cache).name).map_or("proxy", |(protocol, _)| protocol.prefix());
    let first = mixed.first;
    let message = format!("browsers block this answer once the cache holds the one that a page of `{first}` got");
    let finding = RULE
        .finding(config.place(mixed.ignored), "ignores `Vary: Origin`", message)
        .beside([(config.place(mixed.cache), "keeps one answer for every origin")])
        .with_help(format!("put `$http_origin` into `{prefix}_cache_key`, or do not ignore `Vary`"));
    let finding = Finding { request: Some(mixed.request), ..finding };
    match mixed.open {
        Some((pass, apps)) => if_it_is(&apps, pass, finding),
        None => finding,
    }
}
