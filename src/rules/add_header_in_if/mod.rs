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

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::ask::visit;
use crate::deployment::field_place;
use crate::deployment::locations::audience::Audience;
use crate::finding::{Finding, Severity};
use crate::nginx::config::{ContextId, ContextKind};
use crate::nginx::simulate::locations::reaches_app;
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
const HELP: &str = "move every `add_header` to the location, outside the `if`, which then inherits them";
/// Any other is not meant for every request, least of all where it compares the Origin.
const HELP_BY_MAP: &str =
    "move it to the location and compute its value with a `map`; nginx sends no header for an empty value";
const HELP_APP: &str = "keep it so, or send every CORS header from the app and delete the `if`: the same `add_header` lines in the location \
                        would be sent twice, by nginx and by the app";
const FRAGILE: &str =
    "this works today but is fragile: while this `if` matches, nginx ignores every `add_header` of the location";
const DROPS: &str =
    "while this `if` matches, nginx ignores every `add_header` of the location, and sends only those of the `if`";
const SPLIT: &str =
    "this works if the app sends the CORS headers of all other responses: nginx answers only the preflight";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let config = site.config;
        // A location may have as many `if`s as a file has lines.
        let mut locations: HashMap<ContextId, Location> = HashMap::new();
        let working = working_ifs(site);
        let (lost, unmatched) = (lost_headers::lost_headers(site), unmatched::unmatched_methods(site));
        for context in site.contexts().filter(|it| config.context(*it).kind == ContextKind::IfInLocation) {
            let Some(replacing) = lost_headers::replacing(site, context) else { continue };
            let location = config.context(context).parent.unwrap_or(context);
            let location = locations.entry(location).or_insert_with(|| Location::new(site, location));
            // The headers of an authentication subrequest reach no browser (A1.15).
            if location.is_for_no_page {
                continue;
            }
            let missed = unmatched.get(&context);
            missed.into_iter().for_each(|missed| reported.keep(not_sent(site, missed)));
            if lost.contains_key(&context) || (missed.is_none() && !replacing.adds) {
                let works = working.contains(&context);
                reported.keep(judge(site, (&replacing, location), lost.get(&context), works));
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

fn judge(
    site: &Site<'_>,
    (replacing, location): (&Replacing, &Location),
    lost_header: Option<&LostHeader<'_, '_>>,
    works: bool,
) -> Finding {
    let config = site.config;
    let by_method = admission::is_for_one_method(site, replacing.block);
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
        None if by_method && replacing.is_cors && location.only_sender == Some(replacing.block) => {
            let finding = RULE.finding(config.place(replacing.first), "sent only with the preflight's response", SPLIT);
            return Finding { severity: Severity::Advice, ..finding }.with_help(HELP_APP);
        }
        None => {
            let fix = by_method.then(|| edits::merged(config, replacing.block)).flatten();
            return Finding { fix, ..trap(site, replacing, works) }.with_help(if by_method {
                HELP
            } else {
                HELP_BY_MAP
            });
        }
    };
    let finding = RULE.finding(config.place(replacing.first), label, format!("browsers block this answer: {message}"));
    let finding = finding.beside(related).shown_by(lost_header.map(LostHeader::request));
    let fix = by_method.then(|| edits::merged(config, replacing.block)).flatten();
    Finding { fix, ..finding }.with_help(if by_method { HELP } else { HELP_BY_MAP })
}

/// The `if`s whose headers let a page's request through, as far as any request shows.
fn working_ifs(site: &Site<'_>) -> BTreeSet<ContextId> {
    let answers = site.exchanges.iter().flat_map(|exchange| exchange.answers().map(move |answer| (exchange, answer)));
    let in_ifs =
        answers.filter(|(_, (_, answer))| site.config.context(answer.context).kind == ContextKind::IfInLocation);
    // A preflight that passes before a response that is blocked is no use.
    let is_useful = |exchange: &Exchange<'_>| exchange.main.iter().any(|answer| exchange.is_readable(answer));
    let allowed = in_ifs.filter(|(exchange, (kind, answer))| {
        exchange.verdict(*kind, answer) == Verdict::Allowed && (*kind == Kind::Main || is_useful(exchange))
    });
    allowed.map(|(_, (_, answer))| answer.context).collect()
}

/// The facts that the `if`s of one location share.
struct Location {
    /// True if no page requests what it serves.
    is_for_no_page: bool,
    /// The one `if` that sends CORS headers, where the location sends none outside of its `if`s and hands requests to an app, which then sends
    /// its own.
    only_sender: Option<ContextId>,
}

impl Location {
    fn new(site: &Site<'_>, location: ContextId) -> Self {
        let config = site.config;
        let name = CorsHeader::AllowOrigin.name();
        let has_own = !visit::fields_in_force(site, location).is_empty()
            || !config.relevant_more_headers(location).is_empty()
            || config.hides_from_any(location, name);
        let ifs = site.ifs.get(&location).into_iter().flatten().copied();
        let mut senders = ifs.filter(|block| !visit::fields_in_force(site, *block).is_empty());
        let first = senders.next().filter(|_| !has_own && reaches_app(config, location));
        Location {
            is_for_no_page: site.audiences.of(location) == Audience::NoPage,
            only_sender: first.filter(|_| senders.next().is_none()),
        }
    }
}

/// It works, as far as any request shows.
fn trap(site: &Site<'_>, replacing: &Replacing, works: bool) -> Finding {
    let (severity, message) = match replacing {
        Replacing { loses_cors: true, .. } | Replacing { is_cors: true, .. } => {
            (Severity::Warning, if works { FRAGILE } else { DROPS })
        }
        _ => (Severity::Advice, "nginx ignores every `add_header` of the location while this `if` matches"),
    };
    // One file may be included in the `if` and around it.
    let first = site.config.place(replacing.first);
    let lost = replacing.lost.map(|item| (site.config.place(item), "not sent while the `if` matches"));
    let lost = lost.filter(|(place, _)| *place != first);
    let label = if lost.is_none() { "sent only while this `if` matches" } else { "replaces the location's headers" };
    Finding { severity, ..RULE.finding(site.config.place(replacing.first), label, message).beside(lost) }
}
