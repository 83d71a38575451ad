//! nginx answers the preflight, but without a header that the browser asks for.
//!
//! ## Why it matters
//!
//! The answer to the preflight needs Access-Control-Allow-Origin as much as the answer to the request (E900), and
//! Access-Control-Allow-Credentials where the request has credentials (E908). It is the only one in which Access-Control-Allow-Methods
//! and -Headers count: PUT, PATCH and DELETE have to be listed (F07), and so have Content-Type for JSON and Authorization
//! (G03). An `if` of the server answers with the server's headers alone; those of the locations never appear (A1.9).
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

use std::collections::BTreeSet;

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::{Answered, Blame, Deployment, Lack, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::source::Place;

use super::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "preflight-missing-headers",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-preflight-fetch",
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
    ],
    source: include_str!("preflight_missing_headers.rs"),
    check: Subject::Deployment(check),
};

const LISTS: &str = "send with this answer what pages use, such as
    add_header Access-Control-Allow-Methods \"GET, POST, PUT, PATCH, DELETE\" always;
    add_header Access-Control-Allow-Headers \"Content-Type, Authorization\" always;";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        // What an `if` takes away is another rule's.
        let taken = |(context, blame): (&ContextId, &Blame<'_, '_>)| match blame {
            Blame::Dropped { .. } => *context,
            Blame::TakenOver { by, .. } => *by,
        };
        let blamed: BTreeSet<ContextId> = site.blames().iter().map(taken).collect();
        let mut reported = Repeated::default();
        for answered in site.answered_preflights() {
            let Some(answer) = answered.exchange.preflight.first() else { continue };
            if blamed.contains(&answer.context) {
                continue;
            }
            let at = site.place_of(site.routes[answered.exchange.route].context);
            match site.lack(deployment, &answered, answer) {
                Some(Lack::Access(header, elsewhere)) => {
                    reported.add(access(site, &answered, header, elsewhere), at);
                }
                Some(Lack::Lists { method, headers, both, request }) => {
                    reported.add(lists(site, answered.item, (method, headers, both), request), at);
                }
                None => {}
            }
        }
        reported.finish(findings);
    }
}

/// Without Allow-Origin, or without the Allow-Credentials that other answers have.
fn access(site: &Site<'_>, answered: &Answered<'_, '_>, header: CorsHeader, elsewhere: Option<ItemId>) -> Finding {
    let who = if header == CorsHeader::AllowOrigin { "every request" } else { "every request with credentials" };
    let message = format!("browsers block {who} that needs a preflight: its answer has no {header}");
    let related = match elsewhere {
        Some(item) => Some((site.config.place(item), "is not sent with the preflight's answer")),
        None => site.routes[answered.exchange.route]
            .app_evidence()
            .map(|evidence| (evidence.place, "switches on CORS in the app, which is not asked")),
    };
    Finding {
        related: related.into_iter().map(|(place, text)| Label { place, text: text.to_owned() }).collect(),
        help: Some(help(site, answered.item, elsewhere, header)),
        request: Some(answered.exchange.request(Kind::Preflight)),
        ..RULE.finding(site.config.place(answered.item), format!("answers the preflight without {header}"), message)
    }
}

fn help(site: &Site<'_>, item: ItemId, elsewhere: Option<ItemId>, header: CorsHeader) -> String {
    let kind = |item: ItemId| site.config.context(site.config.item(item).context).kind;
    let in_server = matches!(kind(item), ContextKind::IfInServer | ContextKind::Server);
    match elsewhere.map(kind) {
        Some(ContextKind::Location | ContextKind::IfInLocation) if in_server => {
            "an `if` of the server sends the server's headers alone: put it into the location".to_owned()
        }
        Some(_) => format!("send {header} with this answer too"),
        None => "set the headers here as well, or leave OPTIONS to the app".to_owned(),
    }
}

/// Without a list that the configuration shows to be needed.
fn lists(
    site: &Site<'_>,
    item: ItemId,
    (method, headers, both): (Option<(String, Place)>, Option<Place>, bool),
    request: Option<Request>,
) -> Finding {
    let (label, message, place) = match (method, headers) {
        (Some((method, place)), headers) => {
            let also = if headers.is_some() || both { ", and of what needs a header to be listed" } else { "" };
            let message =
                format!("browsers block {method}{also}: the preflight's answer has no Access-Control-Allow-Methods");
            ("answers the preflight without Access-Control-Allow-Methods", message, Some(place))
        }
        (None, Some(place)) => (
            "answers the preflight without Access-Control-Allow-Headers",
            "browsers block requests with a JSON body or a token: the preflight's answer has no Access-Control-Allow-Headers"
                .to_owned(),
            Some(place),
        ),
        (None, None) => (
            "answers the preflight without any list",
            "browsers block every request that needs a preflight: its answer lists no methods and no headers".to_owned(),
            None,
        ),
    };
    let related = place.map(|place| Label { place, text: "shows that it is needed".to_owned() });
    Finding {
        severity: Severity::Warning,
        related: related.into_iter().collect(),
        help: Some(LISTS.to_owned()),
        request,
        ..RULE.finding(site.config.place(item), label, message)
    }
}
