//! nginx and the app behind it both send Access-Control-Allow-Origin.
//!
//! ## Why it matters
//!
//! `add_header` adds a line and never replaces one (A4.3), so the browser receives Access-Control-Allow-Origin twice and
//! blocks the answer, even if both lines are the same (B11). Each side works when it is tried alone. One of them
//! has to be silent: the app's line is taken out with `proxy_hide_header`, which every protocol has a form of its own of.
//!
//! ## Example
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```
//!
//! ## Use instead
//!
//! ```nginx nginx.conf
//! server {
//!     location /api/ {
//!         proxy_hide_header Access-Control-Allow-Origin;
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::{Deployment, Exchange, Site};
use crate::dotenv::app::Evidence;
use crate::dotenv::keys::Certainty;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy};
use crate::nginx::config::ItemId;
use crate::nginx::settings::Protocol;
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "cors-in-proxy-and-app",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header",
    ],
    source: include_str!("cors_in_proxy_and_app.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let evidence = deployment.app_evidence().filter(|evidence| evidence.certainty > Certainty::Unverified);
    let Some(evidence) = evidence else { return };
    for site in &deployment.sites {
        // One directive may stand for many locations; it is one fault.
        let mut reported: BTreeMap<ItemId, Finding> = BTreeMap::new();
        for exchange in &site.exchanges {
            for (kind, answer) in exchange.answers() {
                let Some(item) = doubled(site, answer) else { continue };
                reported.entry(item).or_insert_with(|| finding(site, evidence, exchange, kind, answer, item));
            }
        }
        findings.extend(reported.into_values());
    }
}

/// The `add_header` whose Allow-Origin goes out beside the app's.
fn doubled(site: &Site<'_>, answer: &Answer<'_>) -> Option<ItemId> {
    if answer.by != AnsweredBy::App {
        return None;
    }
    let lines = || site.fields(answer, CorsHeader::AllowOrigin);
    lines().find(|field| field.item.is_none())?;
    lines().find_map(|field| field.item.filter(|_| field.value.bytes().is_some()))
}

fn finding(
    site: &Site<'_>,
    evidence: &Evidence,
    exchange: &Exchange<'_>,
    kind: Kind,
    answer: &Answer<'_>,
    item: ItemId,
) -> Finding {
    let pass = answer.item.map_or(&b""[..], |item| site.config.item(item).name);
    let prefix = Protocol::split(pass).map_or("proxy", |(protocol, _)| protocol.prefix());
    // What a key means is read in a product's source or documentation, or else guessed from its name.
    let (severity, message) = match evidence.certainty {
        Certainty::Src | Certainty::Docs => (
            Severity::Error,
            "browsers block this answer: Access-Control-Allow-Origin comes twice, from nginx and from the app"
                .to_owned(),
        ),
        _ => {
            let key = &evidence.key_name;
            (
                Severity::Warning,
                format!("browsers block this answer if the app sends its Access-Control-Allow-Origin for `{key}`, too"),
            )
        }
    };
    Finding {
        severity,
        related: vec![Label { place: evidence.place, text: "switches the app's own CORS on".to_owned() }],
        help: Some(format!(
            "let one of them answer: `{prefix}_hide_header Access-Control-Allow-Origin;` beside it takes the app's line out"
        )),
        request: Some(exchange.request(kind)),
        ..RULE.finding(site.config.place(item), "adds a second line to the app's", message)
    }
}
