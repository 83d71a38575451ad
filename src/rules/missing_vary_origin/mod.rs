//! Allow-Origin depends on who asks, and no `Vary: Origin` tells caches so.
//!
//! ## Why it matters
//!
//! A cache that is not told otherwise keeps one answer for all. The browser's own serves an answer made for
//! `https://app.example.com` to `https://www.example.com` (L07), or one that a link or an image fetched without an Origin
//! to the `fetch` that follows (L03), and the page is blocked until the entry expires; a shared cache does the same to
//! everybody. `Vary: Origin` keeps the answers apart (L04, L08). A fixed origin and `*` need none.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     https://www.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     https://www.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```

mod detect;

use crate::deployment::Deployment;
use crate::deployment::field_place;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use detect::Varying;

use crate::rules::shared::edits;
use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "missing-vary-origin",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "add next to it
    add_header Vary Origin always;";
const MESSAGE: &str = "a cache may reuse the response made for one site's page on another site, and the browser blocks it: `Vary: Origin` is missing";
const UNLESS_APP: &str = "unless the app sends `Vary: Origin`, a cache may reuse the response made for one site's page on another site, and the browser blocks it";
const VARY: &str = "add_header Vary Origin always;";
const OUTSIDE: &str = "add next to the `add_header` lines of the block around it
    add_header Vary Origin always;";
const IN_IF: &str = "add next to it, and once in the location, for the responses that allow no origin
    add_header Vary Origin always;";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for varying in detect::varying(site, deployment) {
            let at = field_place::place_of(site, varying.context);
            reported.add(finding(site.config, varying), at);
        }
    }
    reported.finish(findings);
}

fn finding(config: &Config<'_>, varying: Varying) -> Finding {
    let place = config.place(varying.item);
    let finding = if varying.vary_beside {
        let message = "a cache may keep the response to a link or an image, which has no Origin, and the browser blocks the next page that gets it";
        let label = "`Vary: Origin` is sent with this, and not with the answer that lacks it";
        let help =
            "add `add_header Vary Origin always;` in the location as well, for the responses that allow no origin";
        Finding { help: Some(help.into()), ..RULE.finding(place, label, message) }
    } else {
        let message = if varying.app_may_say { UNLESS_APP } else { MESSAGE };
        let label = "differs by Origin, without `Vary: Origin` beside it";
        let fix = fix(config, varying.item);
        let is_in_if = config.context(config.item(varying.item).context).kind == ContextKind::IfInLocation;
        let inherits = |item: &ItemId| config.item(*item).context != config.item(varying.item).context;
        let is_more = config.item(varying.item).name == b"more_set_headers";
        let around = config
            .add_headers(config.item(varying.item).context)
            .last()
            .copied()
            .filter(|item| is_more && inherits(item));
        let help = match around {
            Some(_) => OUTSIDE,
            None if is_in_if => IN_IF,
            None => HELP,
        };
        let severity = if varying.app_may_say { Severity::Advice } else { RULE.severity };
        Finding { severity, help: Some(help.into()), fix, ..RULE.finding(place, label, message) }
    };
    Finding { request: Some(varying.request), ..finding }
}

/// The header next to the directive, and once in the location around an `if`, for the responses that the `if` is not for. Next to a
/// `more_set_headers` it is an `add_header` too, which keeps the app's own `Vary`. It is safe where no other block gets the header.
fn fix(config: &Config<'_>, item: ItemId) -> Option<Fix> {
    let context = config.item(item).context;
    let is_if = config.context(context).kind == ContextKind::IfInLocation;
    let location = if is_if { config.context(context).parent? } else { context };
    let around = || outer_anchor(config, location);
    let (own, outer) = match (config.item(item).name, is_if) {
        (b"add_header", false) => (Some(item), None),
        (b"add_header", true) => (Some(item), Some(around()?)),
        (b"more_set_headers", false) if config.add_headers(context).is_empty() => (Some(item), None),
        (b"more_set_headers", _) => (None, Some(around()?)),
        _ => return None,
    };
    let edits = own.into_iter().chain(outer).map(|anchor| edits::beside(config, anchor, &[VARY]));
    let edits: Vec<Edit> = edits.collect::<Option<_>>()?;
    let safe = outer.is_none_or(|anchor| config.item(anchor).context == location);
    Some(Fix { safe, edits })
}

/// The directive next to which an `add_header` drops none that the location inherits (A1.1).
fn outer_anchor(config: &Config<'_>, location: ContextId) -> Option<ItemId> {
    let last = config.add_headers(location).last().copied();
    last.or_else(|| config.items(location).find(|item| config.item(*item).opens.is_none()))
}
