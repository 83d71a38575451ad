//! Several origins in one Access-Control-Allow-Origin, of which browsers accept none.
//!
//! ## Why it matters
//!
//! The header holds one origin or `*`. A list, with commas or with blanks, equals no page's origin, and every request is
//! blocked, also from the first in the list (B14, B15). nginx has to look at the Origin of the request and send back the
//! one that asks. A list in an app's .env file is another matter: the app splits it.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com, https://www.example.com" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! map $http_origin $cors_origin {
//!     https://app.example.com $http_origin;
//!     https://www.example.com $http_origin;
//! }
//! server {
//!     add_header Access-Control-Allow-Origin $cors_origin always;
//!     add_header Vary Origin always;
//! }
//! ```

mod detect;

use crate::cors::fault::several;
use crate::cors::serialized::check_serialized;
use crate::deployment::Deployment;
use crate::deployment::Senders;
use crate::deployment::ask::questions;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};
use crate::source::Place;

use crate::rules::shared::repeated::Repeated;
use crate::rules::shared::wording;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "multiple-origins",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-access-control-allow-origin"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// How many origins the help writes out.
const MAX_SHOWN: usize = 6;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let senders = Senders::new(site);
        for (origin_flow, text) in site.sent_texts() {
            let Some(origins) = several(&String::from_utf8_lossy(&text.text)) else { continue };
            let meant = |part: &String| match check_serialized(part) {
                Ok(origin) => origin.host().map(|_| part.clone()),
                Err(fault) => fault.suggestion,
            };
            let first = origins.iter().find_map(meant).unwrap_or_else(|| "https://app.example.com".to_owned());
            let request = senders.of_text(origin_flow, &text.text, &first);
            let sent = wording::sent_by(&origin_flow.0, text.place);
            reported.keep(finding(text.place, &origins).beside(sent).shown_by(request));
        }
        for exchange in &site.exchanges {
            let Some((item, value, kind)) = detect::built_list(site, exchange) else { continue };
            let field = questions::origin_flow(site, item).map(|(field, _)| field);
            let place = field.map_or(site.config.place(item), |field| field.place);
            let written = field.map_or(String::new(), |field| String::from_utf8_lossy(&field.value).into_owned());
            // The origin of the request that shows it came in by a variable, which allows every origin.
            let is_asking = |part: &String| *part == exchange.origin() && !written.contains(part.as_str());
            let origins: Vec<String> = several(&value)
                .into_iter()
                .flatten()
                .map(|part| if is_asking(&part) { "$http_origin".to_owned() } else { part })
                .collect();
            reported.keep(finding(place, &origins).shown_by(Some(exchange.request(kind))));
        }
    }
    reported.finish(findings);
}

fn finding(place: Place, origins: &[String]) -> Finding {
    let message = "browsers block every request: Access-Control-Allow-Origin holds one origin, and a list equals none";
    let help = if origins.iter().any(|origin| origin == "*") {
        "`*` alone allows every origin; the others add nothing to it".to_owned()
    } else {
        wording::map_of(origins.get(..MAX_SHOWN).unwrap_or(origins))
    };
    RULE.finding(place, format!("holds {} origins", origins.len()), message).with_help(help)
}
