//! The name of a CORS header is misspelled, so browsers do not know it.
//!
//! ## Why it matters
//!
//! nginx sends any name as it is written, a colon or a blank in it included (A2.8), and browsers skip what they
//! do not know (B28, B29). The header seems to be there in the file and in the developer tools, one letter or
//! one colon away from the one that counts. Access-Control-Request-Method and Access-Control-Request-Headers
//! are what the browser asks; an answer has Access-Control-Allow-Methods and Access-Control-Allow-Headers.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin: "https://app.example.com" always;
//!     add_header Access-Control-Allow-Header "Authorization" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Headers "Authorization" always;
//! }
//! ```

mod detect;

use std::collections::BTreeSet;

use crate::cors::header::CorsHeader;
use crate::cors::misnomer::Misnomer;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::rule::{Rule, Subject};
use detect::Misnamed;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "misspelled-cors-header",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-responses"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for site in &deployment.sites {
        let found = detect::misnamed(site).into_iter().filter(|found| reported.insert(found.place));
        findings.extend(found.map(|found| finding(site, found)));
    }
}

fn finding(site: &Site<'_>, found: Misnamed) -> Finding {
    let Misnamed { item, place, name, misnomer, .. } = found;
    let label = match misnomer {
        Misnomer::Delimited(_) if name.contains(':') => "the colon is part of the name",
        Misnomer::Delimited(_) => "a blank is part of the name",
        Misnomer::Request(_) => "is a header of the preflight request",
        Misnomer::Near(_) | Misnomer::Unknown => "no browser knows this name",
    };
    let (severity, what) = match misnomer.meant() {
        // The right one beside it does the work.
        Some(header) if found.is_right_beside => (Severity::Advice, format!("; {header} is set beside it")),
        // Without these two no request fails.
        Some(header @ (CorsHeader::MaxAge | CorsHeader::ExposeHeaders)) => {
            (Severity::Warning, format!(": {header} is not sent"))
        }
        Some(header) if found.is_sent => (Severity::Warning, format!(": {header} is not sent")),
        Some(header) => (Severity::Error, format!(": {header} is not sent")),
        None => (Severity::Warning, ": CORS has no header of this name".to_owned()),
    };
    let finding = RULE.finding(place, label, format!("browsers ignore `{name}`{what}"));
    let finding = Finding { severity, request: found.request, ..finding };
    let Some(header) = misnomer.meant() else { return finding };
    let is_whole = site.config.item(item).name == b"add_header" && !found.is_right_beside;
    let edits = vec![Edit { place, text: header.name().to_owned() }];
    let fix = is_whole.then_some(Fix { safe: !matches!(misnomer, Misnomer::Request(_)), edits });
    Finding { fix, ..finding.with_help(format!("write `{header}`")) }
}
