//! A method in Access-Control-Allow-Methods that is not in upper case allows nothing.
//!
//! ## Why it matters
//!
//! Browsers compare methods letter by letter: `put` in the list does not allow PUT (F02, F05), and the request is never sent.
//! `get`, `head` and `post` do no harm, since these are allowed without being listed (G01), nor does `options`, which no
//! page sends. A method that pages themselves send in lower case, as `fetch` does with `patch`, is refused by nginx (A3.19).
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Methods "get, post, put, delete" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Methods "GET, POST, PUT, DELETE" always;
//! }
//! ```

use std::collections::BTreeSet;

use crate::cors::header::{CorsHeader, list_values};
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::rule::{Rule, Subject};
use crate::rules::shared::lists;
use crate::rules::shared::lists::ListText;
use crate::rules::shared::preflight;
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "method-not-uppercase",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-preflight-fetch"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// Words that are no methods in any case, or needs no place in the list.
const HARMLESS: [&str; 6] = ["GET", "HEAD", "POST", "OPTIONS", "ALL", "ANY"];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        let lists = lists::list_texts(site, CorsHeader::AllowMethods);
        findings.extend(lists.iter().filter_map(|list| finding(site, list)));
    }
}

fn finding<'d>(site: &Site<'d>, list: &ListText) -> Option<Finding> {
    // A list that can't be read is another rule's.
    let names = list_values(&list.text).ok()?;
    let names: BTreeSet<&str> = names.into_iter().collect();
    let is_listed = |method: &str| names.contains(method) || names.contains("*");
    let allows_nothing = |name: &str| {
        let upper = name.to_ascii_uppercase();
        name != upper && !name.contains('\'') && !HARMLESS.contains(&&*upper) && !is_listed(&upper)
    };
    let wrong: Vec<(&str, Place)> = list.items().into_iter().filter(|(name, _)| allows_nothing(name)).collect();
    let ((first, from), (_, to)) = (wrong.first()?, wrong.last()?);
    // It matters in the answer to a preflight, and only there.
    let exchange = preflight::preflight_with(site, list.item)?;
    let request = lists::refuses(site, exchange, &first.to_ascii_uppercase(), None)?;
    let right: Vec<String> = wrong.iter().map(|(name, _)| name.to_ascii_uppercase()).collect();
    let edit = |((_, place), upper): (&(&str, Place), &String)| Edit { place: *place, text: upper.clone() };
    let edits: Vec<Edit> = wrong.iter().zip(&right).map(edit).collect();
    let is_exact = edits.iter().all(|edit| edit.place.span.len() as usize == edit.text.len());
    let place = Place { span: from.span.to(to.span), ..*from };
    Some(Finding {
        help: Some(format!("methods are upper case: write `{}`", right.join(", ")).into()),
        request: Some(request),
        fix: is_exact.then_some(Fix { safe: true, edits }),
        ..RULE.finding(
            place,
            format!("allows no {}", either(&right)),
            format!("browsers block {}: they compare methods letter by letter", right.join(" and ")),
        )
    })
}

/// The names as alternatives: `PUT, PATCH or DELETE`.
fn either(names: &[String]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        _ => names.concat(),
    }
}
