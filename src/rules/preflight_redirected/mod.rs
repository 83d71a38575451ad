//! The preflight is answered with a redirect, which browsers do not follow.
//!
//! ## Why it matters
//!
//! A browser follows the redirect of a plain GET, but not that of a preflight: "Redirect is not allowed for a preflight
//! request" (E301). So the endpoint seems to work when its URL is typed in, and every request with a JSON body or a token is
//! blocked. nginx redirects with `return 301`, with `rewrite … permanent`, and by itself: where only `location /graphql/` exists
//! and hands on to an app, `/graphql` is answered with 301, too (A3.11).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /v1/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
//!         return 308 https://api.example.com/v2/;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /v1/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
//!         if ($request_method = OPTIONS) { return 204; }
//!         return 308 https://api.example.com/v2/;
//!     }
//! }
//! ```

mod detect;

use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::nginx::simulate::locations::{Pattern, pattern};
use crate::rule::{Rule, Subject};
use crate::rules::shared::admission;
use crate::rules::shared::preflight;
use crate::rules::shared::preflight::PreflightRefusal;
use crate::rules::shared::preflight::Refused;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "preflight-redirected",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-preflight-fetch"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "answer the preflight before it is redirected, and have pages ask for the new URL:\n    \
                    if ($request_method = OPTIONS) { return 204; }";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        for refused in preflight::refused_preflights(site) {
            let PreflightRefusal::Redirect(status, item) = refused.refusal else { continue };
            let at = field_place::place_of(site, site.routes[refused.exchange.route].context);
            if let Some(finding) = finding(site, &refused, status, item) {
                reported.add(finding, at);
            }
        }
        for slash in detect::missing_slashes(site, deployment) {
            let path = &slash.path;
            let message = format!("browsers block every request for `{path}` that needs a preflight: it is redirected");
            let label = format!("makes nginx answer `{path}` with 301");
            let finding = Finding {
                related: vec![Label { place: slash.asked, text: "pages ask for it without the slash".into() }],
                help: Some(format!("take the path without the slash: `location {path}`").into()),
                request: Some(slash.request),
                ..RULE.finding(slash.location, label, message)
            };
            reported.add(finding, slash.location);
        }
        reported.finish(findings);
    }
}

fn finding(site: &Site<'_>, refused: &Refused<'_, '_>, status: u16, item: ItemId) -> Option<Finding> {
    let config = site.config;
    let route = &site.routes[refused.exchange.route];
    let request = Some(refused.exchange.request(Kind::Preflight));
    let label = format!("redirects the preflight with {status}");
    let finding = |message: &'static str| Finding {
        help: Some(HELP.into()),
        request: request.clone(),
        ..RULE.finding(config.place(item), label.clone(), message)
    };
    if refused.is_open || admission::asks_for_cookie(site, item) {
        return Some(finding(
            "browsers block every request here that needs a preflight: they follow no redirect of one",
        ));
    }
    // What is redirected as a whole is so on purpose; with lists for preflights of its own it is a fault.
    let context = config.item(item).context;
    let everything = match config.context(context).opener.and_then(|opener| pattern(config, opener)) {
        Some(Pattern::Prefix { path, .. }) => &*path == b"/",
        _ => config.context(context).kind == ContextKind::Server,
    };
    if !everything {
        admission::lists_beside(site, route, item)?;
        return Some(finding(
            "browsers block every request here that needs a preflight: they follow no redirect of one",
        ));
    }
    let of_server = |item: ItemId| config.enclosing(config.item(item).context, ContextKind::Server).is_some();
    let field = route.fields.iter().find(|field| of_server(field.item))?;
    let message = "this server only redirects, and browsers block whatever needs a preflight: \
                   they follow no redirect of one, whatever headers it has";
    let related = Label { place: config.place(field.item), text: "is of no use to a preflight".into() };
    let help = "take the CORS headers out here, and have pages ask for the new URL".to_owned();
    Some(Finding { severity: Severity::Warning, related: vec![related], help: Some(help.into()), ..finding(message) })
}
