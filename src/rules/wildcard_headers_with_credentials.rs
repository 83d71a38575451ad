//! `*` in a list of methods or headers means itself and nothing more where credentials are allowed.
//!
//! ## Why it matters
//!
//! For a request with credentials `*` is not a wildcard but the name of a method or header that nobody sends: PUT and
//! Content-Type are not in the list, and the browser blocks the request (F10, G07). Without credentials the same
//! headers work, so the fault shows once a user is logged in. In Access-Control-Expose-Headers a `*` shows a script nothing then (K).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Credentials true always;
//!         add_header Access-Control-Allow-Headers * always;
//!         if ($request_method = OPTIONS) { return 204; }
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
//!         add_header Access-Control-Allow-Credentials true always;
//!         add_header Access-Control-Allow-Headers "Content-Type, Authorization" always;
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use crate::cors::header::{CorsHeader, list_values};
use crate::cors::request::Request;
use crate::cors::verdict::Kind;
use crate::deployment::{Deployment, Exchange, Site, part_of};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::Answer;
use crate::rule::{Rule, Subject};

use super::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "wildcard-headers-with-credentials",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-protocol-and-credentials"],
    source: include_str!("wildcard_headers_with_credentials.rs"),
    check: Subject::Deployment(check),
};

/// Headers that pages send, with a value.
const HEADERS: [(&str, &str); 3] =
    [("Content-Type", "application/json"), ("Authorization", "Bearer token"), ("X-Requested-With", "XMLHttpRequest")];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        let entitled = |exchange: &&Exchange<'_>| {
            let anybody = site.routes[exchange.route].origins.is_empty();
            exchange.page.has_credentials() && (exchange.mentioned || anybody)
        };
        for exchange in site.exchanges.iter().filter(entitled) {
            for (kind, answer) in exchange.answers() {
                if !allows_credentials(site, answer) {
                    continue;
                }
                for &header in lists(kind) {
                    if let Some(finding) = finding(deployment, site, exchange, answer, header) {
                        reported.add(finding, site.place_of(site.routes[exchange.route].context));
                    }
                }
            }
        }
        reported.finish(findings);
    }
}

/// The lists that count in an answer.
fn lists(kind: Kind) -> &'static [CorsHeader] {
    match kind {
        Kind::Preflight => &[CorsHeader::AllowMethods, CorsHeader::AllowHeaders],
        Kind::Main => &[CorsHeader::ExposeHeaders],
    }
}

/// Whether an answer allows credentials. With `*` for the origin there are none to allow, and another rule says so.
fn allows_credentials<'d>(site: &Site<'d>, answer: &Answer<'d>) -> bool {
    let any_origin = site.fields(answer, CorsHeader::AllowOrigin).any(|field| field.value.bytes() == Some(b"*"));
    let allowed = site.only_field(answer, CorsHeader::AllowCredentials);
    !any_origin && allowed.is_some_and(|field| field.value.bytes() == Some(b"true"))
}

fn finding<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    exchange: &Exchange<'d>,
    answer: &Answer<'d>,
    header: CorsHeader,
) -> Option<Finding> {
    let field = site.fields(answer, header).find(|field| {
        let text = field.value.bytes().map(String::from_utf8_lossy);
        field.item.is_some() && text.is_some_and(|text| list_values(&text).is_ok_and(|names| names.contains(&"*")))
    })?;
    let text = String::from_utf8_lossy(field.value.bytes()?).into_owned();
    let place = deployment.source_of(site, answer, field, header)?;
    let place = part_of(place, text.len(), text.find('*')?, 1);
    let needless = ["*", "GET", "HEAD", "POST", "OPTIONS"];
    let names_more = list_values(&text).is_ok_and(|names| names.iter().any(|name| !needless.contains(name)));
    let (request, message) = blocked(deployment, site, exchange, header)?;
    // Where names stand beside it, they work.
    let works = names_more || header == CorsHeader::ExposeHeaders;
    let severity = if works { Severity::Warning } else { Severity::Error };
    let help = match header {
        CorsHeader::AllowMethods => "name the methods: `GET, POST, PUT, PATCH, DELETE`",
        CorsHeader::AllowHeaders => "name the headers that pages send: `Content-Type, Authorization`",
        _ => "name the headers that scripts read",
    };
    let finding = RULE.finding(place, "is a name like any other here", message);
    let credentials = site
        .only_field(answer, CorsHeader::AllowCredentials)
        .and_then(|allowed| deployment.source_of(site, answer, allowed, CorsHeader::AllowCredentials))
        .map(|place| Label { place, text: "credentials are allowed here".to_owned() });
    let related = credentials.into_iter().collect();
    Some(Finding { severity, request, related, help: Some(help.to_owned()), ..finding })
}

/// What the browser does, and the request that shows it.
fn blocked<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    exchange: &Exchange<'d>,
    header: CorsHeader,
) -> Option<(Option<Request>, String)> {
    let refuses = |method, header| site.refuses(deployment, exchange, method, header);
    Some(match header {
        CorsHeader::AllowMethods => {
            let mut methods = ["PUT", "PATCH", "DELETE"].into_iter();
            let (method, request) = methods.find_map(|method| Some((method, refuses(method, None)?)))?;
            (Some(request), format!("browsers block {method} with credentials: `*` is no wildcard then"))
        }
        CorsHeader::AllowHeaders => {
            let mut headers = HEADERS.into_iter();
            let (name, request) = headers.find_map(|header| Some((header.0, refuses("POST", Some(header))?)))?;
            (Some(request), format!("browsers block {name} with credentials: `*` is no wildcard then"))
        }
        _ => (None, "scripts can't read the headers of answers with credentials: `*` is no wildcard then".to_owned()),
    })
}
