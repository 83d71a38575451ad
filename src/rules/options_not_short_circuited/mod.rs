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

mod detect;

use crate::cors::header::CorsHeader;
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::deployment::field_place;
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::config::{ContextKind, ItemId};
use crate::rule::{Rule, Subject};
use crate::rules::shared::admission;
use detect::Fate;
use detect::Unanswered;

use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "options-not-short-circuited",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-preflight-fetch"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const HELP: &str = "answer the preflight here: `if ($request_method = OPTIONS) { return 204; }`";
const LIST: &str = "list OPTIONS in the `limit_except`: for a method it does not list, no `if` of the location runs";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let mut reported = Repeated::default();
        for unanswered in detect::unanswered_preflights(site) {
            let app_answers = deployment.evidence_behind(site, unanswered.answer).is_some();
            if unanswered.fate == Fate::Refused || !app_answers {
                let finding = finding(deployment, site, &unanswered);
                let at = finding.primary.place;
                // One Allow-Origin may stand for many locations; it is one fault.
                reported.add_as(site.config.place(unanswered.item), finding, at);
            }
        }
        reported.finish(findings);
    }
}

fn finding(deployment: &Deployment<'_>, site: &Site<'_>, unanswered: &Unanswered<'_, '_>) -> Finding {
    let (config, route) = (site.config, &site.routes[unanswered.exchange.route]);
    let (severity, label, message) = match unanswered.fate {
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
    let place = config.place(asks.map_or(unanswered.item, |field| field.item));
    let answered = field_place::place_of(site, unanswered.answer.location(config).unwrap_or(route.context));
    // Where a lower-case method keeps an `if` from ever matching (A3.12), that is what to mend.
    let (help, fix) = match admission::lower_case_options(site, route) {
        Some(place) => {
            let text = String::from_utf8_lossy(place.span.of(config.bytes(place.file)));
            let help = format!("methods are upper case: write `OPTIONS` instead of `{text}`");
            (help, Some(Fix::risky(Edit { place, text: "OPTIONS".to_owned() })))
        }
        // For the methods that it takes over, no `if` of the location runs (A3.6).
        None if config.context(unanswered.answer.context).kind == ContextKind::LimitExcept => (LIST.to_owned(), None),
        None => match detect::never_runs(site, route) {
            Some((block, ending)) => (never_runs(deployment, site, block, ending), None),
            None => (HELP.to_owned(), None),
        },
    };
    Finding {
        severity,
        related: vec![Label { place, text: "shows that preflights are wanted".into() }],
        help: Some(help.into()),
        fix,
        request: Some(unanswered.exchange.request(Kind::Preflight)),
        ..RULE.finding(answered, label, message)
    }
}

/// The `if` is there, and something ends the rewriting before it.
fn never_runs(deployment: &Deployment<'_>, site: &Site<'_>, block: ItemId, ending: ItemId) -> String {
    let line = |item: ItemId| {
        let place = site.config.place(item);
        deployment.sources.get(place.file).line_of(place.span.start)
    };
    let words: Vec<_> =
        (1..=site.config.parameter_count(ending)).filter_map(|at| site.config.parameter(ending, at)).collect();
    let what = match (site.config.item(ending).name, words.last()) {
        (b"rewrite", Some(flag)) => format!("rewrite … {}", String::from_utf8_lossy(flag)),
        (name, _) => String::from_utf8_lossy(name).into_owned(),
    };
    let (at, before) = (line(block), line(ending));
    format!("the `if` in line {at} never runs: `{what}` in line {before} ends the rewriting; move the `if` above it")
}
