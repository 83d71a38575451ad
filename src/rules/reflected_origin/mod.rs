//! Whatever Origin a request carries is sent back as the allowed one.
//!
//! ## Why it matters
//!
//! An answer that allows the origin it was asked from allows every origin. With Access-Control-Allow-Credentials any page
//! that a user opens reads the answers as that user: `*` is refused there by browsers (C01), an echo is not. The check
//! that should come before it is missing, or lets everybody by: a `map` with `default $http_origin`, an
//! `if ($http_origin)`, an expression such as `~.*`. Without credentials the echo does no more than `*` does. Some apps echo by
//! themselves where their keys allow any origin and credentials, too.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin $http_origin always;
//!     add_header Access-Control-Allow-Credentials true always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOW_ALL_ORIGINS=True
//! CORS_ALLOW_CREDENTIALS=True
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Access-Control-Allow-Credentials true always;
//!     add_header Vary Origin always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! CORS_ALLOW_CREDENTIALS=True
//! ```

mod detect;

use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::ask::questions;
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::products::reflecting::Echo;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};
use detect::Echoed;
use detect::Exposure;

use crate::rules::shared::repeated::Repeated;
use crate::rules::shared::wording;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "reflected-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
        "https://portswigger.net/web-security/cors#server-generated-acao-header-from-client-specified-origin-header",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const CREDENTIALS: &str = "credentials are allowed here";
const HELP: &str = "let a `map` name the origins, and send what it gives:
    map $http_origin $cors_origin { https://app.example.com $http_origin; }
    add_header Access-Control-Allow-Origin $cors_origin always;";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        for echoed in detect::reflected_values(site) {
            reported.keep(in_nginx(site, &echoed));
        }
        reported.finish(findings);
    }
    findings.extend(detect::app_echoes(deployment).iter().map(in_app));
}

fn in_nginx(site: &Site<'_>, echoed: &Echoed<'_, '_>) -> Finding {
    let (severity, message, help) = match echoed.reach {
        Exposure::Credentials => (
            Severity::Error,
            "any page can read these responses with the visitor's credentials: every Origin is sent back as the allowed one",
            HELP,
        ),
        Exposure::Perhaps => (
            Severity::Warning,
            "any page can read these responses with the visitor's credentials, unless a file that is not here checks the Origin",
            HELP,
        ),
        Exposure::Sent => (
            Severity::Error,
            "any page can send requests with the visitor's credentials that change data: the preflight's response sends every Origin back as the allowed one",
            HELP,
        ),
        Exposure::Public => (
            Severity::Advice,
            "any page reads these answers, as with `*`; every Origin is sent back as the allowed one",
            "`*` says the same, and lets caches keep one answer for all",
        ),
    };
    let place = echoed.place;
    let sent = questions::origin_flow(site, echoed.item).and_then(|(field, _)| wording::sent_by(field, place));
    let credentials = echoed.credentials.filter(|_| severity > Severity::Advice);
    let kind = if echoed.reach == Exposure::Sent { Kind::Preflight } else { Kind::Main };
    let request = Some(echoed.exchange.request(kind));
    Finding { severity, request, ..RULE.finding(place, "sends back any Origin", message) }
        .beside(sent)
        .beside(credentials.map(|item| (site.config.place(item), CREDENTIALS)))
        .with_help(help)
}

/// The app does it by itself, as sure as its product is known.
fn in_app(echo: &Echo) -> Finding {
    let severity = if echo.certainty >= Certainty::Docs { Severity::Error } else { Severity::Warning };
    let message = "any page can read the app's responses with the visitor's credentials: it sends every Origin back as the allowed one";
    Finding { severity, ..RULE.finding(echo.place, "makes the app send back any Origin", message) }
        .beside(echo.credentials.map(|place| (place, CREDENTIALS)))
        .with_help("name the origins that may read them, or allow no credentials")
}
