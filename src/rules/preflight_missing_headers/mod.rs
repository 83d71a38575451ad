//! nginx answers the preflight, but without a header that the browser asks for.
//!
//! ## Why it matters
//!
//! The answer to the preflight needs Access-Control-Allow-Origin as much as the answer to the request (E900),
//! and Access-Control-Allow-Credentials where the request has credentials (E908). It is the only one in which
//! Access-Control-Allow-Methods and -Headers count: PUT, PATCH and DELETE have to be listed (F07), and so have
//! Content-Type for JSON and Authorization (G03). An `if` of the server answers with the server's headers
//! alone; those of the locations never appear (A1.9).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     if ($request_method = OPTIONS) { return 204; }
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
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
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
//!         add_header Access-Control-Allow-Headers "Content-Type, Authorization" always;
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

mod detect;

use std::collections::BTreeSet;

use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::rules::shared::lost_headers;
use crate::rules::shared::placement;
use crate::rules::shared::preflight;
use crate::rules::shared::preflight::Answered;
use crate::{
    cors::header::CorsHeader,
    cors::verdict::{Kind, Verdict},
    source::Place,
};
use detect::Lack;

use crate::rules::shared::{repeated::Repeated, wording};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "preflight-missing-headers",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-preflight-fetch",
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// The lists that most pages need.
const LISTS: [(CorsHeader, &str); 2] = [
    (CorsHeader::AllowMethods, "GET, POST, PUT, PATCH, DELETE"),
    (CorsHeader::AllowHeaders, "Content-Type, Authorization"),
];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        // What an `if` takes away is another rule's.
        let losing_ifs = lost_headers::losing_ifs(site);
        let passing = passing_pages(site);
        let mut reported = Repeated::default();
        for answered in preflight::answered_preflights(site) {
            let answer = answered.exchange.preflight.first().filter(|answer| !losing_ifs.contains(&answer.context));
            let Some(answer) = answer else { continue };
            // A page that the configuration does not name is rejected on purpose where those that it names pass.
            let page = (answered.exchange.route, answered.exchange.page.has_credentials());
            if !answered.exchange.mentioned && passing.contains(&page) {
                continue;
            }
            let finding = match detect::lack(site, &answered, answer) {
                Some(Lack::Access(header, elsewhere, in_force)) => {
                    wording::left_out(access(site, &answered, header, elsewhere), in_force)
                }
                Some(Lack::Lists { method, headers, both, request }) => {
                    let finding = lists(site.config.place(answered.item), method, headers, both);
                    let is_missing = |header: CorsHeader| answer.fields_of(header).next().is_none();
                    let missing = LISTS.into_iter().filter(|(header, _)| is_missing(*header));
                    let missing: Vec<_> = missing.map(|(header, value)| (header.name(), value)).collect();
                    let finding = Finding { request, ..finding };
                    match placement::for_responses(deployment, site, answer.context) {
                        Some(placement) => placement.mend(site, &missing, finding),
                        None => finding,
                    }
                }
                None => continue,
            };
            reported.add(finding, field_place::place_of(site, site.routes[answered.exchange.route].context));
        }
        reported.finish(findings);
    }
}

/// The routes at which the preflight of a page that the configuration names passes, each with the page's credentials mode.
fn passing_pages(site: &Site<'_>) -> BTreeSet<(usize, bool)> {
    let named = site.exchanges.iter().filter(|exchange| exchange.mentioned);
    let passes = |exchange: &&Exchange<'_>| {
        exchange.preflight.iter().any(|answer| exchange.verdict(Kind::Preflight, answer) == Verdict::Allowed)
    };
    named.filter(passes).map(|exchange| (exchange.route, exchange.page.has_credentials())).collect()
}

/// Without Allow-Origin, or without the Allow-Credentials that other answers have.
fn access(site: &Site<'_>, answered: &Answered<'_, '_>, header: CorsHeader, elsewhere: Option<ItemId>) -> Finding {
    let config = site.config;
    let who = if header == CorsHeader::AllowOrigin { "every request" } else { "every request with credentials" };
    let message = format!("browsers block {who} that needs a preflight: its answer has no {header}");
    let app = || site.routes[answered.exchange.route].app_evidence();
    let related = match elsewhere {
        Some(item) => Some((config.place(item), "is not sent with the preflight's answer")),
        None => app().map(|evidence| (evidence.place, "switches on CORS in the app, which is not asked")),
    };
    let kind = |item: ItemId| config.context(config.item(item).context).kind;
    let in_server = matches!(kind(answered.item), ContextKind::IfInServer | ContextKind::Server);
    let help = match elsewhere.map(kind) {
        Some(ContextKind::Location | ContextKind::IfInLocation) if in_server => {
            "an `if` of the server sends the server's headers alone: put it into the location".to_owned()
        }
        Some(_) => format!("send {header} with this answer too"),
        None => "set the headers here as well, or leave OPTIONS to the app".to_owned(),
    };
    RULE.finding(config.place(answered.item), format!("answers the preflight without {header}"), message)
        .beside(related)
        .with_help(help)
        .shown_by(Some(answered.exchange.request(Kind::Preflight)))
}

/// Without a list that the configuration shows to be needed.
fn lists(place: Place, method: Option<(String, Place)>, headers: Option<Place>, both: bool) -> Finding {
    let also = if headers.is_some() || both { ", and of what needs a header to be listed" } else { "" };
    let (what, blocked, shown) = match (method, headers) {
        (Some((method, place)), _) => ("Access-Control-Allow-Methods", format!("{method}{also}"), Some(place)),
        (None, Some(place)) => {
            ("Access-Control-Allow-Headers", "requests with a JSON body or a token".to_owned(), Some(place))
        }
        (None, None) => ("any list", "every request that needs a preflight".to_owned(), None),
    };
    let message = match shown {
        Some(_) => format!("the browser blocks {blocked}: the preflight's response has no {what}"),
        None => format!("the browser blocks {blocked}: the preflight's response lists no methods and no headers"),
    };
    let finding = RULE.finding(place, format!("answers the preflight without {what}"), message);
    Finding { severity: Severity::Warning, ..finding.beside(shown.map(|place| (place, "shows that it is needed"))) }
}
