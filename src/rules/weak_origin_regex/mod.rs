//! An expression for allowed origins lets a foreign one in.
//!
//! ## Why it matters
//!
//! nginx looks for a match anywhere in the text, so an expression without `^` or `$` lets in whatever holds its text
//! somewhere, and a dot without a backslash is any character (A5.11). The origin named in the finding is one that the
//! expression really matches and that somebody else can register; a page there reads the answers, and with
//! Access-Control-Allow-Credentials it reads them with the visitor's credentials. Of `a|b`, each side is looked at by itself:
//! `^a|b$` ties `a` to the start only and `b` to the end only.
//!
//! ## Example
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     ~^https://app\.example\.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```
//!
//! ```nginx
//! server {
//!     location / {
//!         if ($http_origin ~* "https?://.*example.com$") { set $cors $http_origin; }
//!         add_header Access-Control-Allow-Origin $cors always;
//!     }
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     ~^https://([a-z0-9-]+\.)?example\.com$ $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```

mod detect;
mod env;

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::Admission;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::finding::{Finding, Severity};
use crate::nginx::limits::watched;
use crate::nginx::origins::comparison::Compared;
use crate::nginx::regex::foreign_match::{Gap, Intruder, intruders};
use crate::rule::{Rule, Subject};
use crate::source::Place;

use crate::rules::shared::{edits, wording};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "weak-origin-regex",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://nginx.org/en/docs/http/ngx_http_map_module.html#map",
        "https://portswigger.net/web-security/cors#errors-parsing-origin-headers",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// How many intruders of one expression are tried.
const MAX_TRIED: usize = 8;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    let mut known: BTreeMap<(Vec<u8>, bool), Vec<Intruder>> = BTreeMap::new();
    for site in &deployment.sites {
        for (place, (compared, items)) in detect::expressions(site) {
            if reported.contains_key(&place) {
                continue;
            }
            let Some(ignore_case) = compared.regex else { continue };
            // Copies of one expression stand in many places.
            let found = known.entry((compared.text.clone(), ignore_case));
            let found = found.or_insert_with(|| {
                let (found, met) = watched(|| intruders(&site.asker.model.regexes, &compared.text, ignore_case));
                met.inspect(|limit| site.asker.model.give_up(site.config.item(compared.item).context, *limit));
                found
            });
            let shown = found.iter().take(MAX_TRIED).find_map(|intruder| {
                let exchange = detect::let_in(site, &items, &intruder.origin)?;
                Some(finding(site, &compared, intruder, &exchange))
            });
            reported.extend(shown.map(|finding| (place, finding)));
        }
    }
    findings.extend(reported.into_values());
    findings.extend(env::weak(deployment));
}

fn finding(site: &Site<'_>, compared: &Compared, intruder: &Intruder, shown: &(Admission, Exchange<'_>)) -> Finding {
    let (admission, exchange) = shown;
    let Intruder { origin, gap, .. } = intruder;
    let route = site.routes.get(exchange.route);
    let is_partial = route.is_none_or(|route| route.is_partial);
    let certain = *admission == Admission::Always && !is_partial && *gap != Gap::Dot;
    let severity = if certain { Severity::Error } else { Severity::Warning };
    let reads = if exchange.page.has_credentials() { ", with the visitor's credentials" } else { "" };
    let message = format!("pages on `{origin}` can read these responses{reads}: the expression matches that origin");
    let label = format!("{}, so `{origin}` matches", gap.words());
    let fields = route.into_iter().flat_map(|route| route.fields(CorsHeader::AllowOrigin));
    let sent = fields.map(|field| field.place).find(|place| !compared.place.holds(*place));
    let finding = RULE
        .finding(compared.place, label, message)
        .beside(sent.map(|place| (place, "sends what the expression lets through")))
        .with_help(wording::tight(&site.asker.model.regexes, compared, intruder));
    let text = String::from_utf8_lossy(&compared.text);
    let expression =
        wording::stricter_expression(&site.asker.model.regexes, &text, compared.regex == Some(true), intruder);
    let fix = expression.and_then(|expression| edits::tightened(compared, &expression));
    let request = Some(exchange.request(Kind::Main));
    Finding { severity, fix, request, ..finding }
}
