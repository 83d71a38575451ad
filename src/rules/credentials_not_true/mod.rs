//! Access-Control-Allow-Credentials is something other than `true`.
//!
//! ## Why it matters
//!
//! `true` in lower case is the only value that allows credentials. `True`, `1`, `yes`, the word in quotes or the header
//! sent twice allow none (C06–C11, C16), and every request with cookies or a login is blocked while others work (C13).
//! `false` is the same as no header.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Credentials True always;
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

mod detect;

use std::collections::BTreeMap;

use crate::cors::fault::is_placeholder;
use crate::cors::request::Request;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Finding, Fix, Severity};
use crate::nginx::config::{Config, ContextKind};
use crate::nginx::origins::flow::{SetField, Text};
use crate::rule::{Rule, Subject};
use crate::source::Place;
use detect::{OnPreflightAlone, Twice};

use crate::rules::shared::{edits, placement};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "credentials-not-true",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-access-control-allow-credentials"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeMap<Place, Finding> = BTreeMap::new();
    for site in &deployment.sites {
        let texts = detect::credentials_texts(site).into_iter();
        let wrong = texts.filter_map(|(field, text, request)| judge(site.config, &field, &text, request));
        let doubled = detect::credentials_twice(site).into_iter().map(|found| twice(site, found));
        let halved =
            detect::on_preflights_alone(site).into_iter().map(|found| on_preflight_alone(deployment, site, found));
        for finding in wrong.chain(doubled).chain(halved) {
            reported.entry(finding.primary.place).or_insert(finding);
        }
    }
    findings.extend(reported.into_values());
}

fn judge(config: &Config<'_>, field: &SetField<'_>, text: &Text, request: Option<Request>) -> Option<Finding> {
    let written = String::from_utf8_lossy(&text.text);
    let value = written.trim_matches([' ', '\t']);
    if value.is_empty() || value == "true" || is_placeholder(value) || value.contains(['\r', '\n']) {
        return None;
    }
    if ["false", "0", "no", "off"].iter().any(|word| value.eq_ignore_ascii_case(word)) {
        // In a map or a variable, a word that says no is how the others are turned away.
        (text.place == field.place).then_some(())?;
        let message = "browsers read this as if it were not there: only `true` allows credentials";
        let finding = RULE.finding(text.place, "says no more than no header does", message);
        let fix = edits::without(config, field.item).map(Fix::safe);
        return Some(Finding { severity: Severity::Advice, fix, ..finding.with_help("leave it out") });
    }
    let message = "browsers block every request with credentials: only `true`, in lower case, allows them";
    let edit = edits::whole(text.place, &written, "true".to_owned());
    let fix = edit.map(|edit| Fix { safe: value.eq_ignore_ascii_case("true"), edits: vec![edit] });
    let finding = RULE.finding(text.place, "is not `true`", message).shown_by(request);
    Some(Finding { fix, ..finding.with_help("write `true`") })
}

fn twice(site: &Site<'_>, Twice { first, second, request }: Twice) -> Finding {
    let message = "browsers block every request with credentials: `true` comes twice, and `true, true` is not `true`";
    let label = if first.is_some() { "is sent a second time" } else { "adds a second line to the app's" };
    let other = first.filter(|first| *first != second).map(|item| (site.config.place(item), "the first line"));
    let finding = RULE.finding(site.config.place(second), label, message).shown_by(Some(request));
    finding.beside(other).with_help("send it once")
}

/// The browser sends the request, and blocks its response.
fn on_preflight_alone(deployment: &Deployment<'_>, site: &Site<'_>, found: OnPreflightAlone) -> Finding {
    let config = site.config;
    let message =
        "the browser blocks responses to requests with credentials: only the preflight's response allows credentials";
    let finding = RULE.finding(config.place(found.item), "is sent only with the preflight's response", message);
    let finding = finding
        .beside(Some((config.place(found.origin), "is sent without Access-Control-Allow-Credentials")))
        .shown_by(Some(found.request));
    // Of several `if`s, one for each method, every one has to send it.
    let block = config.context(config.item(found.origin).context);
    if block.kind == ContextKind::IfInLocation {
        return finding.with_help(
            "add `add_header Access-Control-Allow-Credentials true always;` next to every Access-Control-Allow-Origin",
        );
    }
    match placement::for_responses(deployment, site, config.item(found.origin).context) {
        Some(placement) => placement.mend(site, &[("Access-Control-Allow-Credentials", "true")], finding),
        None => finding,
    }
}
