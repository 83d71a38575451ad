//! Browsers may not keep the answer to the preflight, and ask again before every request.
//!
//! ## Why it matters
//!
//! Without Access-Control-Max-Age a preflight's answer is forgotten after five seconds, and so it is with a
//! value that is not a whole number of seconds: `600s`, `1.5`, a number in quotes (H). `0` and `-1` forbid
//! keeping it at all. Every request then takes two journeys. Browsers keep an answer for two hours at most; a
//! larger number does no harm.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
//!         add_header Access-Control-Allow-Headers "Content-Type" always;
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
//!         add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
//!         add_header Access-Control-Allow-Headers "Content-Type" always;
//!         add_header Access-Control-Max-Age 7200 always;
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use crate::cors::header::{CorsHeader, MaxAge, max_age, trim};
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Finding, Severity};
use crate::nginx::simulate::answer::Answer;
use crate::rule::{Rule, Subject};
use crate::rules::shared::placement;
use crate::rules::shared::preflight;
use crate::rules::shared::preflight::Answered;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "preflight-not-cached",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-access-control-max-age"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "write a number of seconds, such as `7200` for two hours";
const TWO_HOURS: (&str, &str) = ("Access-Control-Max-Age", "7200");

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        for exchange in &site.exchanges {
            for answer in exchange.preflight.iter() {
                if let Some(finding) = value(deployment, site, exchange, answer) {
                    reported.add(finding, field_place::place_of(site, site.routes[exchange.route].context));
                }
            }
        }
        for answered in preflight::answered_preflights(site) {
            if let Some(finding) = absent(deployment, site, &answered) {
                reported.add(finding, field_place::place_of(site, site.routes[answered.exchange.route].context));
            }
        }
        reported.finish(findings);
    }
}

/// A value that browsers can't read, or that forbids keeping the answer.
fn value<'d>(
    deployment: &Deployment<'d>,
    site: &Site<'d>,
    exchange: &Exchange<'d>,
    answer: &Answer<'d>,
) -> Option<Finding> {
    let field = answer.fields_of(CorsHeader::MaxAge).find(|field| field.item.is_some())?;
    let lines: Option<Vec<&[u8]>> = answer.fields_of(CorsHeader::MaxAge).map(|field| field.value.bytes()).collect();
    let combined = String::from_utf8_lossy(&lines?.join(&b", "[..])).into_owned();
    let is_negative = trim(&combined).strip_prefix('-').is_some_and(|rest| max_age(rest) != MaxAge::Malformed);
    let (severity, label, message) = match max_age(&combined) {
        MaxAge::Seconds(1..) => return None,
        MaxAge::Malformed if !is_negative => (
            Severity::Warning,
            "is not a whole number of seconds",
            format!("browsers can't read `{combined}`, forget the answer after five seconds and ask again"),
        ),
        _ => (
            Severity::Advice,
            "forbids keeping the answer",
            "browsers may not keep the answer to a preflight and ask again before every request".to_owned(),
        ),
    };
    let place = field_place::source_of(deployment, site, answer, field, CorsHeader::MaxAge)?;
    let request = Some(exchange.request(Kind::Preflight));
    Some(Finding { severity, help: Some(HELP.into()), request, ..RULE.finding(place, label, message) })
}

/// A good answer without Max-Age.
fn absent(deployment: &Deployment<'_>, site: &Site<'_>, answered: &Answered<'_, '_>) -> Option<Finding> {
    let exchange = answered.exchange;
    let works = |answer: &Answer<'_>| {
        let has_age =
            answer.fields.iter().any(|field| field.name.eq_ignore_ascii_case(CorsHeader::MaxAge.name().as_bytes()));
        !has_age && exchange.verdict(Kind::Preflight, answer) == Verdict::Allowed
    };
    let label = "answers the preflight without Access-Control-Max-Age";
    let message = "browsers forget the answer to a preflight after five seconds and ask again";
    if !exchange.preflight.iter().all(works) {
        return None;
    }
    let finding = RULE.finding(site.config.place(answered.item), label, message);
    let context = exchange.preflight.first()?.context;
    let finding = Finding { severity: Severity::Advice, ..finding };
    let placement = placement::for_responses(deployment, site, context);
    Some(match placement {
        Some(placement) => placement.mend(site, &[TWO_HOURS], finding),
        None => finding,
    })
}
