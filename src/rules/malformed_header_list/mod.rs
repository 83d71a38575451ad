//! A list of methods or headers holds something that is no name, so browsers read nothing of it.
//!
//! ## Why it matters
//!
//! The lists of CORS are names with commas between them. A blank, a semicolon, a slash, a colon or a quote makes an item no name,
//! and one such item spoils the whole header (F12, G15): every request that needs a preflight is blocked, also one that the
//! rest of the list would allow. Single quotes are worse to find: they may stand in a name, and `'PUT'` is then not PUT.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Methods "GET PUT DELETE" always;
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!     add_header Access-Control-Allow-Methods "GET, PUT, DELETE" always;
//! }
//! ```

use crate::cors::header::{CorsHeader, is_token, list_values};
use crate::cors::names::{are_methods, ends_with_always, is_quoted, names_meant};
use crate::cors::verdict::Kind;
use crate::deployment::Deployment;
use crate::deployment::Site;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::rule::{Rule, Subject};
use crate::rules::shared::lists;
use crate::rules::shared::lists::ListText;
use crate::rules::shared::preflight;
use crate::source::Span;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "malformed-header-list",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#http-access-control-allow-methods"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for site in &deployment.sites {
        for header in [CorsHeader::AllowMethods, CorsHeader::AllowHeaders, CorsHeader::ExposeHeaders] {
            let lists = lists::list_texts(site, header);
            findings.extend(lists.iter().filter_map(|list| finding(site, header, list)));
        }
    }
}

fn finding(site: &Site<'_>, header: CorsHeader, list: &ListText) -> Option<Finding> {
    let quoted = list_values(&list.text).is_ok();
    let is_wrong = |item: &str| if quoted { is_quoted(header, item) } else { !is_token(item) };
    let (item, place) = list.items().into_iter().find(|(item, _)| is_wrong(item))?;
    let (label, message) = match quoted {
        true => (
            "holds quotes that reach the browser".to_owned(),
            format!("browsers take the quotes for a part of the name, so `{item}` allows nothing"),
        ),
        false => (
            // As a report shows it: on one line.
            format!("is not one name: `{}`", item.split_whitespace().collect::<Vec<_>>().join(" ")),
            format!("browsers block every request that needs a preflight: they can't read {header}"),
        ),
    };
    let names = names_meant(&list.text);
    let help = match &names {
        Some(names) if ends_with_always(&list.text) => {
            format!("put `always` behind the closing quote:\n    \"{}\" always", names.join(", "))
        }
        Some(names) => format!("put commas between the names:\n    \"{}\"", names.join(", ")),
        None => "write names with commas between them, each of letters, digits and dashes".to_owned(),
    };
    let fix = names.and_then(|names| fix(site, header, list, &names));
    let finding = Finding { fix, ..RULE.finding(place, label, message) }.with_help(help);
    if header == CorsHeader::ExposeHeaders {
        let message = format!("scripts can't read what {header} is to show them: browsers can't read it");
        return Some(Finding { severity: Severity::Warning, message: message.into(), ..finding });
    }
    // The two other lists matter in answers to preflights, and only there.
    let preflight = preflight::preflight_with(site, list.item)?;
    Some(finding.shown_by(Some(preflight.request(Kind::Preflight))))
}

/// Safe where every name is a method: then nothing else can have been meant.
fn fix(site: &Site<'_>, header: CorsHeader, list: &ListText, names: &[&str]) -> Option<Fix> {
    if ends_with_always(&list.text) {
        return None;
    }
    // Without quotes around it a blank would end the parameter.
    let before = Span::new(list.place.span.start.saturating_sub(1), list.place.span.start);
    let in_quotes = matches!(before.of(site.config.bytes(list.place.file)), b"\"" | b"'");
    let text = names.join(if in_quotes { ", " } else { "," });
    let safe = header == CorsHeader::AllowMethods && are_methods(names);
    Some(Fix { safe, edits: vec![Edit { place: list.place, text }] })
}
