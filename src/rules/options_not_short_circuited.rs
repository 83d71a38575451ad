//! nginx sets the CORS headers, but leaves the preflight to somebody who does not answer it.
//!
//! ## Why it matters
//!
//! Before a request with a JSON body, a token or a method such as PUT, the browser asks with OPTIONS. Where nginx serves
//! files it answers that with 405 (A3.1), and where it forwards to an app (A3.3) the app answers as it likes, often with 404 or
//! 405; a preflight that is not answered with 200–299 blocks the request. `add_header` lines in the location are inherited
//! by an `if` that has none of its own (A1.4), so one short line is enough.
//!
//! ## Example
//!
//! ```nginx
//! server {
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
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::{Ask, Deployment, Exchange, Route, Site};
use crate::finding::{Finding, Label, Severity};
use crate::nginx::answer::{Answer, AnsweredBy, Question};
use crate::nginx::config::ItemId;
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "options-not-short-circuited",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-preflight-fetch"],
    source: include_str!("options_not_short_circuited.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "answer the preflight here: `if ($request_method = OPTIONS) { return 204; }`";

/// How many places one finding points to besides its own.
const MAX_PLACES: usize = 8;

/// What becomes of a preflight.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// nginx answers 405, whatever else is open.
    Refused,
    /// It is forwarded, in some way at least.
    Forwarded,
}

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let app_answers = deployment.app_evidence().is_some();
    for site in &deployment.sites {
        // One Allow-Origin may stand for many locations; it is one fault.
        let mut reported: BTreeMap<ItemId, Finding> = BTreeMap::new();
        for exchange in site.exchanges.iter().filter(|exchange| exchange.ask == Ask::Preflighted) {
            let route = &site.routes[exchange.route];
            let Some((item, fate, by)) = unanswered(site, route, exchange) else { continue };
            let place = site.place_of(by.location(site.config).unwrap_or(route.context));
            if fate == Fate::Forwarded && app_answers {
                continue;
            }
            match reported.get_mut(&item) {
                None => _ = reported.insert(item, finding(site, route, exchange, item, fate, place)),
                Some(finding) => add_location(place, finding),
            }
        }
        findings.extend(reported.into_values());
    }
}

/// The Allow-Origin that lets the request itself through, where the preflight for it is not answered by nginx, and the answer that
/// tells.
fn unanswered<'e, 'd>(
    site: &Site<'d>,
    route: &Route<'d>,
    exchange: &'e Exchange<'d>,
) -> Option<(ItemId, Fate, &'e Answer<'d>)> {
    if !route.wants_preflights() || route.is_partial || exchange.preflight.is_empty() {
        return None;
    }
    let owned = exchange.main.iter().filter(|answer| exchange.is_readable(answer));
    let item = owned.flat_map(|answer| site.fields(answer, CorsHeader::AllowOrigin)).find_map(|field| field.item)?;
    let refused =
        |answer: &Answer<'_>| answer.status == Some(405) && answer.by == AnsweredBy::Nginx && answer.item.is_none();
    let forwarded = |answer: &Answer<'_>| answer.by == AnsweredBy::App;
    let told: Vec<&Answer<'_>> = exchange.preflight.iter().filter(|answer| !is_about_nothing(answer)).collect();
    if !told.iter().all(|answer| refused(answer) || forwarded(answer)) {
        return None;
    }
    match told.iter().find(|answer| forwarded(answer)) {
        Some(answer) => Some((item, Fate::Forwarded, answer)),
        None => told.first().map(|answer| (item, Fate::Refused, *answer)),
    }
}

/// Whether it is an error because a file is missing, so that nothing could be asked of it anyway.
fn is_about_nothing(answer: &Answer<'_>) -> bool {
    let is_missing = answer.assumes(false, |question| matches!(question, Question::File(_)));
    let is_error = answer.status.is_some_and(|status| status >= 400 && status != 405);
    is_missing && is_error && answer.by != AnsweredBy::App
}

fn finding(
    site: &Site<'_>,
    route: &Route<'_>,
    exchange: &Exchange<'_>,
    item: ItemId,
    fate: Fate,
    answered: Place,
) -> Finding {
    let (severity, label, message) = match fate {
        Fate::Refused => {
            (Severity::Error, "answers OPTIONS with 405", "browsers block every request here that needs a preflight")
        }
        Fate::Forwarded => (
            Severity::Warning,
            "hands OPTIONS on to the app",
            "browsers block every request that needs a preflight unless the app answers OPTIONS with 200–299",
        ),
    };
    let shown = [CorsHeader::AllowMethods, CorsHeader::AllowHeaders, CorsHeader::AllowCredentials];
    let asks = shown.into_iter().find_map(|header| route.fields(header).next());
    let place = asks.map_or(site.config.place(item), |field| site.config.place(field.item));
    Finding {
        severity,
        related: vec![Label { place, text: "shows that preflights are wanted".to_owned() }],
        help: Some(help(site, route)),
        request: Some(exchange.request(Kind::Preflight)),
        ..RULE.finding(answered, label, message)
    }
}

/// The same Allow-Origin in another location.
fn add_location(place: Place, finding: &mut Finding) {
    let known = finding.primary.place == place || finding.related.iter().any(|label| label.place == place);
    if !known && finding.related.len() < MAX_PLACES {
        finding.related.push(Label { place, text: "the same here".to_owned() });
    }
}

/// Where a lower-case method keeps an `if` from ever matching (A3.12), that is what to mend.
fn help(site: &Site<'_>, route: &Route<'_>) -> String {
    match site.lower_case_options(route) {
        Some(text) => format!("methods are upper case: write `OPTIONS` instead of `{text}`"),
        None => HELP.to_owned(),
    }
}
