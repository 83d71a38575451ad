//! A request ends in another location than the one whose CORS headers are meant for it.
//!
//! ## Why it matters
//!
//! `try_files`, `index`, `error_page` and `rewrite … last` send a request on inside nginx, and the headers of the location it
//! ends in are sent, not those of the location it started in (A1.11, A2.5). Files are answered with the headers, so a first
//! test looks fine; what falls through to `index.php`, a named location or an error page comes without.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     location / {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         try_files $uri /index.php$is_args$args;
//!     }
//!     location ~ \.php$ {
//!         fastcgi_pass unix:/run/php-fpm.sock;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     location / {
//!         try_files $uri /index.php$is_args$args;
//!     }
//!     location ~ \.php$ {
//!         fastcgi_pass unix:/run/php-fpm.sock;
//!     }
//! }
//! ```

mod detect;

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::deployment::locations::audience;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use detect::Lost;
use detect::When;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-lost-on-internal-redirect",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for lost in detect::lost_headers(site) {
            reported.add(finding(deployment, site, &lost), field_place::place_of(site, lost.from));
        }
    }
    reported.finish(findings);
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, lost: &Lost) -> Finding {
    let config = site.config;
    let who = deployment.sources.text(field_place::place_of(site, lost.target));
    let what = match (lost.when, lost.by.map(|item| config.item(item).name)) {
        (When::Always, _) => "block every answer",
        (When::Down, _) => "hide from the page that the app is down",
        (When::Fails(_, Some(200..300)), _) => "block what takes the place of an error",
        (When::Fails(..), _) | (_, Some(b"error_page")) => "hide this error from the page",
        (When::Sometimes, None) => "block the answer for a directory",
        (When::Sometimes, Some(b"try_files")) => "block what is no file",
        (When::Sometimes, Some(_)) => "block what is rewritten",
    };
    let message = format!("browsers {what}: `{who}` answers it without {}", lost.header.name());
    let place = lost.by.map_or(field_place::place_of(site, lost.from), |item| config.place(item));
    let label = if lost.by.is_some() { "leads to another location" } else { "its index is in another location" };
    let meant = detect::fields_of(site, lost.from).into_iter().find(|field| field.header == lost.header);
    let meant = meant.map(|field| Label { place: config.place(field.item), text: "is not sent from there".into() });
    let end =
        Label { place: field_place::place_of(site, lost.target), text: "answers, with its own headers alone".into() };
    Finding {
        severity: match lost.when {
            _ if audience::is_shown(config, lost.target) => Severity::Advice,
            When::Always => Severity::Error,
            _ => Severity::Warning,
        },
        related: meant.into_iter().chain([end]).collect(),
        help: Some("set the headers at the level around both locations, or in the other location as well".into()),
        request: Some(lost.request.clone()),
        ..RULE.finding(place, label, message)
    }
}
