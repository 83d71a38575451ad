//! CORS headers in the location of an `auth_request` never reach the browser.
//!
//! ## Why it matters
//!
//! nginx sends an `auth_request` subrequest to learn one thing, the status, and drops the rest of its response (A1.15). So `add_header` in the
//! location that checks the login sets nothing, while the location that it guards sends no CORS header and the browser blocks the page.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         auth_request /auth;
//!         proxy_pass http://backend:8000;
//!     }
//!     location = /auth {
//!         internal;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000/auth;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         auth_request /auth;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//!     location = /auth {
//!         internal;
//!         proxy_pass http://backend:8000/auth;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::Caller;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::deployment::locations::audience::Audience;
use crate::deployment::locations::entry::entry;
use crate::deployment::locations::targets;
use crate::finding::{Finding, Severity};
use crate::nginx::config::inheritance::Single;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::origins::flow::sets;
use crate::nginx::simulate::locations::FoundLocation;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-in-auth-request",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://nginx.org/en/docs/http/ngx_http_auth_request_module.html#auth_request"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        findings.extend(guarded_by(site).into_iter().filter_map(|(target, guarded)| finding(site, target, &guarded)));
    }
}

/// The locations of authentication subrequests, each with the `auth_request` and the locations that it guards.
fn guarded_by(site: &Site<'_>) -> BTreeMap<ContextId, Vec<(ItemId, ContextId)>> {
    let (config, model) = (site.config, &site.asker.model);
    let mut targets: BTreeMap<ContextId, Vec<(ItemId, ContextId)>> = BTreeMap::new();
    for context in visit::entered(site) {
        let Some(item) = config.single(context, Single::AuthRequest) else { continue };
        let Some(path) = targets::auth_target(config, item) else { continue };
        let server = config.enclosing(context, ContextKind::Server).unwrap_or(config.top());
        if let (FoundLocation::Location(target), _) = model.locations.find(config, &model.regexes, server, &path) {
            targets.entry(target).or_default().push((item, context));
        }
    }
    targets
}

fn finding(site: &Site<'_>, target: ContextId, guarded: &[(ItemId, ContextId)]) -> Option<Finding> {
    let config = site.config;
    // A location that pages request as well may have headers for them.
    if entry(config, target).is_some() && site.audiences.of(target) != Audience::NoPage {
        return None;
    }
    let ifs = site.ifs.get(&target).into_iter().flatten().copied();
    let items = std::iter::once(target).chain(ifs).flat_map(|context| config.named(context, b"add_header"));
    let item = items.into_iter().find(|item| sets(config, *item, CorsHeader::AllowOrigin))?;
    let (by, _) = guarded.first()?;
    let request = guarded.iter().find_map(|(_, context)| blocked(site, *context));
    let message = match request {
        Some(_) => {
            "nginx drops the headers of an authentication subrequest, and the location that it guards sends no Access-Control-Allow-Origin"
        }
        None => "nginx drops the headers of an authentication subrequest: this one has no effect",
    };
    let severity = if request.is_some() { Severity::Warning } else { Severity::Advice };
    let finding = RULE.finding(config.place(item), "never reaches the browser", message);
    Some(
        Finding { severity, request, ..finding }
            .beside(Some((config.place(*by), "takes only the status of the subrequest")))
            .with_help("move the CORS headers to the block that has the `auth_request`"),
    )
}

/// The request of a page that gets no Allow-Origin in a guarded location, unless the app sends one.
fn blocked(site: &Site<'_>, context: ContextId) -> Option<Request> {
    let caller = Caller { origin: visit::foreign_origin(), credentials: false };
    let has_own = |context| visit::fields_in_force(site, context).iter().any(|it| it.header == CorsHeader::AllowOrigin);
    let in_ifs = site.ifs.get(&context).into_iter().flatten().any(|block| has_own(*block));
    if has_own(context) || in_ifs {
        return None;
    }
    let visit = visit::visit(site, context, &caller, &site.asker.apps())?;
    visit.lacking(CorsHeader::AllowOrigin)?;
    Some(visit.request())
}
