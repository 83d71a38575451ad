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

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::{Blame, Deployment, Site, Unmatched};
use crate::finding::{Finding, Fix, Label, Severity};
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::nginx::flow::set_fields;
use crate::rule::{Rule, Subject};

use super::edits;
use super::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "add-header-in-if",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
        "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if",
    ],
    source: include_str!("add_header_in_if.rs"),
    check: Subject::Deployment(check),
};

/// For an `if` that asks the method: what it sends does no harm elsewhere.
const HELP: &str = "write every `add_header` in the location and leave the `if` without one: it inherits them";
/// For any other: its header is not meant for every request, least of all where it asks for the Origin.
const HELP_BY_MAP: &str = "write every `add_header` in the location, this one with a variable that a `map` leaves empty where the `if` does not match: nginx sends no empty header";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let config = site.config;
        let is_if = |context: &ContextId| config.context(*context).kind == ContextKind::IfInLocation;
        let (blames, unmatched) = (site.blames(), site.unmatched_methods(deployment));
        for context in config.contexts().filter(is_if) {
            let own: Vec<ItemId> = config.named(context, b"add_header").collect();
            let missed = unmatched.get(&context).filter(|_| !own.is_empty());
            missed.into_iter().for_each(|missed| reported.keep(not_sent(site, missed)));
            if let Some(finding) = judge(site, context, &own, blames.get(&context)) {
                let by_method = site.is_for_one_method(context);
                let fix = by_method.then(|| edits::merged(config, context)).flatten();
                let fix = fix.map(|edits| Fix { safe: true, edits });
                let help = if by_method { HELP } else { HELP_BY_MAP };
                reported.keep(Finding { help: Some(help.to_owned()), fix, ..finding });
            }
        }
    }
    reported.finish(findings);
}

fn judge(site: &Site<'_>, context: ContextId, own: &[ItemId], blame: Option<&Blame<'_, '_>>) -> Option<Finding> {
    let config = site.config;
    let is_cors = |item: &ItemId| !set_fields(config, *item).is_empty();
    let first = own.iter().copied().find(is_cors).or(own.first().copied())?;
    match blame {
        Some(Blame::Dropped { exchange, kind, header }) => {
            Some(dropped(site, context, first, *header, exchange.request(*kind)))
        }
        Some(Blame::TakenOver { exchange, kind, by }) => Some(taken_over(site, first, *by, exchange.request(*kind))),
        None => trap(site, context, first, is_cors(&first)),
    }
}

/// The preflight allows a method for whose answers no `if` is written.
fn not_sent(site: &Site<'_>, missed: &Unmatched) -> Finding {
    let method = missed.method;
    let message = format!("browsers block the answer to {method}: no `if` sends Access-Control-Allow-Origin with it");
    let label = format!("allows {method}, for which no header is sent");
    let help = "write every `add_header` in the location, for all methods alike";
    Finding {
        help: Some(help.to_owned()),
        request: Some(missed.request.clone()),
        ..RULE.finding(site.config.place(missed.item), label, message)
    }
}

/// The location's header is needed and gone (A1.5).
fn dropped(site: &Site<'_>, context: ContextId, item: ItemId, header: CorsHeader, request: Request) -> Finding {
    let config = site.config;
    let name = header.name();
    let message = format!("browsers block this answer: while the `if` matches, {name} of the location is not sent");
    let outer = site.outer_fields(context).into_iter().find(|field| field.header == header);
    let related = outer
        .map(|field| Label { place: config.place(field.item), text: "is dropped while the `if` matches".to_owned() });
    Finding {
        related: related.into_iter().collect(),
        request: Some(request),
        ..RULE.finding(config.place(item), "drops the location's headers", message)
    }
}

/// A later `if` matches as well, and only its headers count (A1.6, A1.7).
fn taken_over(site: &Site<'_>, item: ItemId, by: ContextId, request: Request) -> Finding {
    let config = site.config;
    let message = "browsers block this answer: a later `if` matches too, and of several only the last one counts";
    let related = Label { place: site.place_of(by), text: "takes over, so the headers above are not sent".to_owned() };
    Finding {
        related: vec![related],
        request: Some(request),
        ..RULE.finding(config.place(item), "not sent when a later `if` matches", message)
    }
}

/// It works, as far as any request shows; nothing under `add_header_inherit merge`, which takes no header away (A1.13).
fn trap(site: &Site<'_>, context: ContextId, item: ItemId, is_cors: bool) -> Option<Finding> {
    let config = site.config;
    let outer = config.add_headers(config.context(context).parent.unwrap_or(context));
    let sent = config.add_headers(context);
    let dropped: Vec<ItemId> = outer.iter().copied().filter(|item| !sent.contains(item)).collect();
    if dropped.is_empty() && !outer.is_empty() {
        return None;
    }
    let is_about_cors = |item: &&ItemId| !set_fields(config, **item).is_empty();
    let lost = dropped.iter().find(is_about_cors);
    let (severity, message) = match (lost, is_cors) {
        (None, false) if dropped.is_empty() => {
            (Severity::Advice, "headers that the location may get are not sent while the `if` matches")
        }
        (None, false) => (Severity::Advice, "headers of the location are not sent while the `if` matches"),
        (Some(_), _) => (
            Severity::Warning,
            "an `if` with an `add_header` sends none of its location's headers; every one must be repeated here",
        ),
        (None, true) => (
            Severity::Warning,
            "an `if` sends no headers but its own, and those only while no later `if` matches; every one must stand here",
        ),
    };
    let related = lost
        .or(dropped.first())
        .map(|&item| Label { place: config.place(item), text: "not sent while the `if` matches".to_owned() });
    let label = if outer.is_empty() { "is sent by this `if` alone" } else { "replaces the location's headers" };
    let finding = RULE.finding(config.place(item), label, message);
    Some(Finding { severity, related: related.into_iter().collect(), ..finding })
}
