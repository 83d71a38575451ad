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
use crate::cors::verdict::{Kind, Reason, Verdict};
use crate::deployment::{Answered, Blame, Deployment, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::Answer;
use crate::nginx::config::{ContextId, ContextKind, ItemId};
use crate::rule::{Rule, Subject};

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

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        // What an `if` takes away is another rule's.
        let blames = site.blames();
        let blamed: BTreeSet<ContextId> = blames
            .iter()
            .map(|(context, blame)| match blame {
                Blame::Dropped { .. } => *context,
                Blame::TakenOver { by, .. } => *by,
            })
            .collect();
        let mut reported = Repeated::default();
        for answered in site.answered_preflights() {
            let route = &site.routes[answered.exchange.route];
            let Some(answer) = answered.exchange.preflight.first() else { continue };
            if blamed.contains(&answer.context) || !(route.wants_preflights() || route.reaches_app) {
                continue;
            }
            let finding =
                access(deployment, site, &answered, answer).or_else(|| lists(deployment, site, &answered, answer));
            if let Some(finding) = finding {
                reported.add(finding, site.place_of(route.context));
            }
        }
        reported.finish(findings);
    }
}

/// Without Allow-Origin, or without the Allow-Credentials that other answers have.
fn access(
    deployment: &Deployment<'_>,
    site: &Site<'_>,
    answered: &Answered<'_, '_>,
    answer: &Answer<'_>,
) -> Option<Finding> {
    let exchange = answered.exchange;
    let route = &site.routes[exchange.route];
    let Verdict::Blocked(blocked) = exchange.verdict(Kind::Preflight, answer) else { return None };
    let header = match blocked.reason {
        Reason::NoAllowOrigin => CorsHeader::AllowOrigin,
        Reason::CredentialsNotTrue(value) if value.is_empty() => CorsHeader::AllowCredentials,
        _ => return None,
    };
    // Where nothing lets a page in, lists in this very answer show that it is for pages all the same.
    let lists = [CorsHeader::AllowMethods, CorsHeader::AllowHeaders];
    let is_for_pages = header == CorsHeader::AllowOrigin
        && route.fields(header).next().is_none()
        && lists.into_iter().any(|header| has(answer, header));
    if !(answered.is_open || is_for_pages) {
        return None;
    }
    let who = if header == CorsHeader::AllowOrigin { "every request" } else { "every request with credentials" };
    let message = format!("browsers block {who} that needs a preflight: its answer has no {header}");
    let elsewhere = route.fields(header).next().map(|field| field.item);
    let related = match elsewhere {
        Some(item) => Some((site.config.place(item), "is not sent with the preflight's answer")),
        None => deployment
            .app_evidence()
            .map(|evidence| (evidence.place, "switches on CORS in the app, which is not asked")),
    };
    Some(Finding {
        related: related.into_iter().map(|(place, text)| Label { place, text: text.to_owned() }).collect(),
        help: Some(help(site, answered.item, elsewhere, header)),
        request: Some(exchange.request(Kind::Preflight)),
        ..RULE.finding(site.config.place(answered.item), format!("answers the preflight without {header}"), message)
    })
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

/// Without a list that the configuration shows to be needed. The value of one may be what the browser asks for, so a request that
/// needs it has to be refused as well.
fn lists<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    answered: &Answered<'_, 'd>,
    answer: &Answer<'d>,
) -> Option<Finding> {
    if !has(answer, CorsHeader::AllowOrigin) {
        return None;
    }
    // What is refused for another reason says nothing about lists.
    if let Verdict::Blocked(blocked) = answered.exchange.verdict(Kind::Preflight, answer)
        && !matches!(blocked.reason, Reason::MethodNotAllowed(_) | Reason::HeaderNotAllowed(_))
    {
        return None;
    }
    let route = &site.routes[answered.exchange.route];
    let refuses = |method: &str, header| site.refuses(deployment, answered.exchange, method, header);
    let json = refuses("POST", Some(("Content-Type", "application/json")));
    let json = json.filter(|_| !has(answer, CorsHeader::AllowHeaders));
    let headers = json.as_ref().and_then(|_| site.shows_headers(route, answer));
    let shown = (!has(answer, CorsHeader::AllowMethods)).then(|| site.shows_method(route)).flatten();
    let methods = shown.and_then(|(method, place)| Some((refuses(&method, None)?, method, place)));
    let has_neither = json.is_some() && !has(answer, CorsHeader::AllowMethods);
    let request = methods.as_ref().map(|(request, ..)| request.clone()).or(json);
    let methods = methods.map(|(_, method, place)| (method, place));
    let (label, message, place) = match (methods, headers) {
        (Some((method, place)), headers) => {
            let also = if headers.is_some() || has_neither { ", and of what needs a header to be listed" } else { "" };
            let message = format!("browsers block {method}{also}: the preflight's answer has no Access-Control-Allow-Methods");
            ("answers the preflight without Access-Control-Allow-Methods", message, Some(place))
        }
        (None, Some(place)) => (
            "answers the preflight without Access-Control-Allow-Headers",
            "browsers block requests with a JSON body or a token: the preflight's answer has no Access-Control-Allow-Headers"
                .to_owned(),
            Some(place),
        ),
        (None, None) if has_neither && route.reaches_app => (
            "answers the preflight without any list",
            "browsers block every request that needs a preflight: its answer lists no methods and no headers".to_owned(),
            None,
        ),
        (None, None) => return None,
    };
    let related = place.map(|place| Label { place, text: "shows that it is needed".to_owned() });
    let help = "send with this answer what pages use, such as\n    \
                add_header Access-Control-Allow-Methods \"GET, POST, PUT, PATCH, DELETE\" always;\n    \
                add_header Access-Control-Allow-Headers \"Content-Type, Authorization\" always;";
    Some(Finding {
        severity: Severity::Warning,
        related: related.into_iter().collect(),
        help: Some(help.to_owned()),
        request,
        ..RULE.finding(site.config.place(answered.item), label, message)
    })
}

fn has(answer: &Answer<'_>, header: CorsHeader) -> bool {
    answer.fields.iter().any(|field| field.name.eq_ignore_ascii_case(header.name().as_bytes()))
}
