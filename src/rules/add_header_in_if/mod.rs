//! An `add_header` in an `if` replaces the headers of its location instead of adding to them.
//!
//! ## Why it matters
//!
//! While an `if` matches, the `add_header` lines of its location are gone if it has one of its own (A1.5), and of several
//! matching `if`s only the last one counts (A1.6), even if it sets no header (A1.7). So the CORS headers vanish for
//! just those requests that the `if` was written for. What works today, an `if` for OPTIONS that repeats every header,
//! works until somebody changes one of the two copies.
//!
//! ## Example
//!
//! ```nginx
//! location /api/ {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     if ($request_method = OPTIONS) {
//!         add_header Access-Control-Max-Age 600;
//!         return 204;
//!     }
//!     proxy_pass http://backend:8000;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! location /api/ {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Max-Age 600;
//!     if ($request_method = OPTIONS) {
//!         return 204;
//!     }
//!     proxy_pass http://backend:8000;
//! }
//! ```

mod unmatched;

use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Severity};
use crate::nginx::config::ContextKind;
use crate::rule::{Rule, Subject};
use crate::rules::shared::admission;
use crate::rules::shared::lost_headers;
use crate::rules::shared::lost_headers::LostHeader;
use crate::rules::shared::lost_headers::Replacing;
use unmatched::Unmatched;

use crate::rules::shared::edits;
use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "add-header-in-if",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
        "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// Where it is for one method, what it sends does no harm elsewhere.
const HELP: &str = "write every `add_header` in the location and leave the `if` without one: it inherits them";
/// Any other is not meant for every request, least of all where it asks for the Origin.
const HELP_BY_MAP: &str = "write every `add_header` in the location, this one with a variable that a `map` leaves empty otherwise: nginx sends no empty header";
const LOSES: &str = "an `if` with an `add_header` sends none of its location's headers; each must be repeated here";
const ALONE: &str = "an `if` sends no headers but its own, and only while no later `if` matches; each must stand here";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let config = site.config;
        let (lost, unmatched) = (lost_headers::lost_headers(site), unmatched::unmatched_methods(site));
        for context in site.contexts().filter(|it| config.context(*it).kind == ContextKind::IfInLocation) {
            let Some(replacing) = lost_headers::replacing(site, context) else { continue };
            unmatched.get(&context).into_iter().for_each(|missed| reported.keep(not_sent(site, missed)));
            if let Some(finding) = judge(site, &replacing, lost.get(&context)) {
                let by_method = admission::is_for_one_method(site, context);
                let fix = by_method.then(|| edits::merged(config, context)).flatten();
                let help = if by_method { HELP } else { HELP_BY_MAP };
                reported.keep(Finding { fix, ..finding.with_help(help) });
            }
        }
    }
    reported.finish(findings);
}

/// The preflight allows a method for whose answers no `if` is written.
fn not_sent(site: &Site<'_>, Unmatched { item, method, request }: &Unmatched) -> Finding {
    let message = format!("browsers block the answer to {method}: no `if` sends Access-Control-Allow-Origin with it");
    let label = format!("allows {method}, for which no header is sent");
    RULE.finding(site.config.place(*item), label, message)
        .with_help("write every `add_header` in the location, for all methods alike")
        .shown_by(Some(request.clone()))
}

fn judge(site: &Site<'_>, replacing: &Replacing, lost_header: Option<&LostHeader<'_, '_>>) -> Option<Finding> {
    let config = site.config;
    let (label, message, related) = match lost_header {
        // The location's header is needed and gone (A1.5).
        Some(LostHeader::Dropped { header, .. }) => {
            let outer =
                lost_headers::outer_fields(site, replacing.block).into_iter().find(|field| field.header == *header);
            let related = outer.map(|field| (config.place(field.item), "is dropped while the `if` matches"));
            let what = format!("while the `if` matches, {header} of the location is not sent");
            ("drops the location's headers", what, related)
        }
        // A later `if` matches as well, and only its headers count (A1.6, A1.7).
        Some(LostHeader::TakenOver { by, .. }) => {
            let related = (field_place::place_of(site, *by), "takes over, so the headers above are not sent");
            let what = "a later `if` matches too, and of several only the last one counts";
            ("not sent when a later `if` matches", what.to_owned(), Some(related))
        }
        None => return (!replacing.adds).then(|| trap(site, replacing)),
    };
    let finding = RULE.finding(config.place(replacing.first), label, format!("browsers block this answer: {message}"));
    Some(finding.beside(related).shown_by(lost_header.map(LostHeader::request)))
}

/// It works, as far as any request shows.
fn trap(site: &Site<'_>, replacing: &Replacing) -> Finding {
    let (severity, message) = match replacing {
        Replacing { loses_cors: true, .. } => (Severity::Warning, LOSES),
        Replacing { is_cors: true, .. } => (Severity::Warning, ALONE),
        _ => (Severity::Advice, "headers of the location, now or later, are not sent while the `if` matches"),
    };
    let lost = replacing.lost.map(|item| (site.config.place(item), "not sent while the `if` matches"));
    let label = if lost.is_none() { "is sent by this `if` alone" } else { "replaces the location's headers" };
    Finding { severity, ..RULE.finding(site.config.place(replacing.first), label, message).beside(lost) }
}
