//! A login or a `limit_except` stands before the answer to the preflight.
//!
//! ## Why it matters
//!
//! A preflight carries no cookie, no token and no password, so `auth_basic` and `auth_request` answer it with
//! 401 (A3.7, A3.9), and the browser never sends the request that would have carried the login. A
//! `limit_except` that does not list OPTIONS answers 403, and it also switches off every `if` of its location
//! (A3.6), so that even an `if` for OPTIONS does not help. What runs before the login is asked for does: an
//! `if` with a `return` (A3.8).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         auth_basic "members";
//!         auth_basic_user_file /etc/nginx/htpasswd;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Headers "Authorization, Content-Type" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         limit_except GET PUT { deny all; }
//!         if ($request_method = OPTIONS) { return 204; }
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, PUT" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         if ($request_method = OPTIONS) { return 204; }
//!         auth_basic "members";
//!         auth_basic_user_file /etc/nginx/htpasswd;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Headers "Authorization, Content-Type" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::rules::shared::admission;
use crate::rules::shared::preflight;
use crate::rules::shared::preflight::PreflightRefusal;
use crate::rules::shared::preflight::Refused;
use crate::source::{Place, Span};

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "preflight-blocked-by-auth",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#limit_except",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        for refused in preflight::refused_preflights(site) {
            let finding = match refused.refusal {
                PreflightRefusal::Login(item) => login(site, &refused, item),
                PreflightRefusal::Method(item) if refused.is_open => method(site, &refused, item),
                _ => continue,
            };
            reported.add(finding, field_place::place_of(site, site.routes[refused.exchange.route].context));
        }
        reported.finish(findings);
    }
}

fn login(site: &Site<'_>, refused: &Refused<'_, '_>, item: ItemId) -> Finding {
    let config = site.config;
    let name = String::from_utf8_lossy(config.item(item).name);
    let message =
        format!("browsers block every request that needs a preflight: it carries no login, and `{name}` refuses it");
    let finding = RULE
        .finding(config.place(item), "asks the preflight for a login", message)
        .with_help(format!("answer it before `{name}` is asked:\n    if ($request_method = OPTIONS) {{ return 204; }}"))
        .shown_by(Some(refused.exchange.request(Kind::Preflight)));
    if config.context(config.item(item).context).kind == ContextKind::LimitExcept {
        return finding.with_help("list OPTIONS in the `limit_except`");
    }
    let Some(place) = admission::told_the_method(site, refused.exchange.route, item) else { return finding };
    let message = "browsers block every request that needs a preflight unless the service behind `auth_request` \
                   lets OPTIONS through without a login";
    let finding = finding.beside([(place, "tells the service the method")]);
    Finding { severity: Severity::Warning, message: message.into(), ..finding }
}

fn method(site: &Site<'_>, refused: &Refused<'_, '_>, item: ItemId) -> Finding {
    let place = site.config.place(item);
    let behind = Place { span: Span::new(place.span.end, place.span.end), ..place };
    let answer = admission::options_if(site, site.routes[refused.exchange.route].context);
    // With an `if` that answers OPTIONS the word in the list is all that is missing.
    let fix = answer.map(|_| Fix::safe(Edit { place: behind, text: " OPTIONS".to_owned() }));
    let message = "browsers block every request here that needs a preflight: `limit_except` refuses OPTIONS";
    let idle = "does not run for a method that `limit_except` does not list";
    Finding { fix, ..RULE.finding(place, "leaves OPTIONS out", message) }
        .beside(answer.map(|item| (site.config.place(item), idle)))
        .with_help("list OPTIONS too, and answer it in an `if` beside it, which then runs")
        .shown_by(Some(refused.exchange.request(Kind::Preflight)))
}
