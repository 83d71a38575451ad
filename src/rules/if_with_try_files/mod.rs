//! An `if` that matches takes `try_files` out of its location.
//!
//! ## Why it matters
//!
//! While an `if` in a location matches, the location is answered from inside the `if`, and `try_files` is not
//! inherited into it (A1.12): a path that is no file gets 404 instead of the app or `index.html`. An `if` for
//! CORS matches just those requests that come from another origin, so the site works when it is tried by
//! itself. A `map` chooses the header's value without an `if`.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     root /srv/www;
//!     location / {
//!         if ($http_origin = "https://app.example.com") {
//!             add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         }
//!         try_files $uri /index.html;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     "https://app.example.com" $http_origin;
//! }
//! server {
//!     root /srv/www;
//!     location / {
//!         add_header Access-Control-Allow-Origin $cors_origin always;
//!         try_files $uri /index.html;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::simulate::answer::{Answer, AnsweredBy};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "if-with-try-files",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        for exchange in &site.exchanges {
            for (kind, answer) in exchange.answers() {
                let Some((block, try_files)) = taken_out(site, answer) else { continue };
                let found =
                    || Finding { request: Some(exchange.request(kind)), ..finding(site, block, try_files, answer.by) };
                reported.entry(field_place::place_of(site, block)).or_insert_with(found);
            }
        }
    }
    findings.extend(reported.into_values());
}

/// The `if` that an answer was given in, and the `try_files` of its location that was not asked.
fn taken_out(site: &Site<'_>, answer: &Answer<'_>) -> Option<(ContextId, ItemId)> {
    let config = site.config;
    let block = answer.context;
    if config.context(block).kind != ContextKind::IfInLocation || config.named(block, b"try_files").next().is_some() {
        return None;
    }
    // What a `return` or a redirect answers asks for no file anyway; nor does an `if` with an app of its own.
    let by_content = match answer.by {
        AnsweredBy::App => answer.item.is_some_and(|item| config.item(item).context != block),
        AnsweredBy::File => true,
        AnsweredBy::Nginx => answer.item.is_none() && matches!(answer.status, Some(403..=405)),
        AnsweredBy::Nobody => false,
    };
    let location = config.context(block).parent.filter(|_| by_content)?;
    Some((block, config.named(location, b"try_files").last()?))
}

fn finding(site: &Site<'_>, block: ContextId, try_files: ItemId, by: AnsweredBy) -> Finding {
    let config = site.config;
    let message = match by {
        AnsweredBy::App => {
            "requests that this `if` matches go to the app even for a file: `try_files` is not asked then"
        }
        _ => "requests that this `if` matches get 404 for what is no file: `try_files` is not asked then",
    };
    let related = Label { place: config.place(try_files), text: "has no effect while the `if` matches".into() };
    Finding {
        related: vec![related],
        help: Some("choose the value with a `map` and write the `add_header` in the location".into()),
        ..RULE.finding(field_place::place_of(site, block), "takes `try_files` out while it matches", message)
    }
}
