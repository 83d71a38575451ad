//! `*` is not a usable origin when credentials are allowed.
//!
//! ## Why it matters
//!
//! Browsers reject `Access-Control-Allow-Origin: *` for every request that carries cookies or a login, whatever
//! `Access-Control-Allow-Credentials` says (C01). A request without credentials still works (C03), so the fault shows only
//! once a user is logged in. The two headers have to name one origin, or drop the credentials.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin * always;
//!     add_header Access-Control-Allow-Credentials true always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Credentials true always;
//! }
//! ```

use std::collections::BTreeSet;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::Certainty;
use crate::finding::{Finding, Label, Severity};
use crate::nginx::simulate::answer::Answer;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "wildcard-with-credentials",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-protocol-and-credentials"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const MESSAGE: &str = "browsers reject `*` for every request with credentials";
const HELP: &str = "name the page's origin instead of `*`, or do without Access-Control-Allow-Credentials";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeSet<Place> = BTreeSet::new();
    for site in &deployment.sites {
        for exchange in site.exchanges.iter().filter(|exchange| exchange.page.has_credentials()) {
            for (kind, answer) in exchange.answers() {
                let Some((star, credentials)) = both(deployment, site, answer) else { continue };
                if reported.insert(star) {
                    findings.push(finding(star, credentials, exchange, kind));
                }
            }
        }
    }
    for app in deployment.file_apps().chain(deployment.behind.apps()) {
        findings.extend(in_env_files(app).filter(|finding| reported.insert(finding.primary.place)));
    }
}

/// The `*` and the `true` of one answer, if it has both and no other Allow-Origin. The app may send an Allow-Credentials, too:
/// whatever that says, `*` is rejected.
fn both<'d>(deployment: &Deployment<'d>, site: &Site<'d>, answer: &Answer<'d>) -> Option<(Place, Place)> {
    // A second line, of the app, is another fault, and mending it leaves this one.
    let mut of_nginx = answer.fields_of(CorsHeader::AllowOrigin).filter(|field| field.item.is_some());
    let only_of_nginx = of_nginx.next().filter(|_| of_nginx.next().is_none());
    let star = answer.only_field_of(CorsHeader::AllowOrigin).or(only_of_nginx);
    let star = star.filter(|field| field.value.bytes() == Some(b"*"))?;
    let mut credentials = answer.fields_of(CorsHeader::AllowCredentials);
    let allowed = credentials.find(|field| field.value.bytes() == Some(b"true"))?;
    let place = |field, header| field_place::source_of(deployment, site, answer, field, header);
    Some((place(star, CorsHeader::AllowOrigin)?, place(allowed, CorsHeader::AllowCredentials)?))
}

fn finding(star: Place, credentials: Place, exchange: &Exchange<'_>, kind: Kind) -> Finding {
    Finding {
        related: vec![Label { place: credentials, text: "credentials are allowed here".into() }],
        help: Some(HELP.into()),
        request: Some(exchange.request(kind)),
        ..RULE.finding(star, "allows any origin", MESSAGE)
    }
}

/// Both in keys that one product reads. Products that answer with the page's origin where `*` is set have another fault.
fn in_env_files(app: &App) -> Option<Finding> {
    let star = app.any_origin.as_ref()?;
    let credentials = app.credentials.as_ref().filter(|credentials| credentials.value)?;
    let keys = |name| app.setting(name).map_or(&[][..], |setting| &setting.keys);
    let (origins, switches) = (keys(&star.key_name), keys(&credentials.key_name));
    let is_one_product = origins.iter().any(|key| switches.iter().any(|other| other.product == key.product));
    let may_be_sent = origins.iter().any(|key| key.is_verbatim());
    if !is_one_product || !may_be_sent {
        return None;
    }
    let (severity, message) = match star.certainty.min(credentials.certainty) {
        Certainty::Src | Certainty::Docs if star.verbatim => (Severity::Error, MESSAGE),
        _ => (
            Severity::Warning,
            "browsers reject `*` for every request with credentials, if the app sends it as it stands",
        ),
    };
    let finding = RULE.finding(star.place, "allows any origin", message);
    let related = vec![Label { place: credentials.place, text: "credentials are allowed here".into() }];
    Some(Finding { severity, related, help: Some(HELP.into()), ..finding })
}
