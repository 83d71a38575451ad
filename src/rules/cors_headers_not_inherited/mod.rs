//! An `add_header` of its own makes a location or server drop every CORS header of the level around it.
//!
//! ## Why it matters
//!
//! nginx inherits `add_header` all or nothing (A1.1–A1.3): one line for caching or security in a location, even with an
//! empty value (A1.14), and none of the server's headers are sent there any more. CORS was set up once for the whole
//! server and works, until somebody adds a header to one location. From nginx 1.29.3 on, `add_header_inherit merge`
//! keeps the outer headers (A1.13); in older versions every header has to be repeated.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     location /api/ {
//!         add_header X-Content-Type-Options nosniff;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     include snippets/cors.conf;
//!     location /api/ {
//!         include snippets/cors.conf;
//!         add_header X-Content-Type-Options nosniff;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```nginx snippets/cors.conf
//! add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! ```

mod detect;

use crate::cors::header::CorsHeader;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::ContextKind;
use crate::rule::{Rule, Subject};
use detect::Dropped;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-headers-not-inherited",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// The version that brought `add_header_inherit`.
const MERGE: (u32, u32, u32) = (1, 29, 3);

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for dropped in detect::dropped(site) {
            let at = field_place::place_of(site, dropped.dropping.level);
            finding(deployment, site, dropped).into_iter().for_each(|finding| reported.add(finding, at));
        }
    }
    reported.finish(findings);
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, dropped: Dropped<'_>) -> Option<Finding> {
    let (config, dropping, header) = (site.config, &dropped.dropping, dropped.header);
    let field = dropping.fields.iter().find(|field| field.header == header)?;
    let around = match config.context(config.item(field.item).context).kind {
        ContextKind::Http => "`http`",
        ContextKind::Server => "the server",
        _ => "the location around it",
    };
    let with = if header == CorsHeader::AllowCredentials { " to a request with credentials" } else { "" };
    let name = header.name();
    let message = match dropped.is_rare {
        false => format!("browsers block this answer{with}: an `add_header` here drops the {name} of {around}"),
        true => format!(
            "an `add_header` here drops the {name} of {around}; that matters only if pages of other origins read this with `fetch()`"
        ),
    };
    Some(Finding {
        severity: if dropped.is_rare { Severity::Advice } else { Severity::Error },
        related: vec![Label { place: config.place(field.item), text: "is not sent there".into() }],
        help: Some(help(deployment).into()),
        request: Some(dropped.request),
        ..RULE.finding(config.place(dropping.by), format!("drops every header of {around}"), message)
    })
}

fn help(deployment: &Deployment<'_>) -> &'static str {
    match deployment.is_nginx_since(MERGE) {
        Some(true) => "write `add_header_inherit merge;` beside it, which keeps the outer headers",
        Some(false) => "repeat the CORS headers beside it; a file that both levels include keeps them the same",
        None => {
            "repeat the CORS headers beside it, from a file that both levels include; from nginx 1.29.3 on, \
             `add_header_inherit merge;` beside it keeps the outer ones"
        }
    }
}
