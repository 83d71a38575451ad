//! An origin with a slash at its end equals no browser's Origin.
//!
//! ## Why it matters
//!
//! A browser sends `Origin: https://app.example.com`, never with a slash, and compares Access-Control-Allow-Origin with
//! it byte by byte (B02). The value is copied from the address bar, where the slash is shown, into a header, a `map` of
//! allowed origins or an environment variable, and from then on every request is blocked.
//!
//! A value of a .env file is judged where it is in force. What `.env.production.local` sets beside `.env.production` counts
//! in its place, since it lies where production is built; so does what every mode's file sets beside `.env`. Other `.local`
//! files are one developer's and hide nothing.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com/" always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com/
//! ```
//!
//! ## Use instead
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "https://app.example.com" always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com
//! VITE_API_URL=https://api.example.com/
//! ```

use std::collections::BTreeSet;

use crate::cors::serialized::{OriginFault, check_serialized};
use crate::deployment::Deployment;
use crate::deployment::Senders;
use crate::deployment::ask::questions;
use crate::deployment::origins::lists;
use crate::dotenv::products::keys::{Certainty, Meaning, Slash};
use crate::dotenv::products::setting::AllowedOrigin;
use crate::finding::{Finding, Fix, Severity};
use crate::rule::{Rule, Subject};
use crate::rules::shared::{edits, wording};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "origin-trailing-slash",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#origin-header", "https://fetch.spec.whatwg.org/#cors-check"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for site in &deployment.sites {
        let senders = Senders::new(site);
        for origin_flow in site.distinct_flows() {
            let (field, flow) = origin_flow;
            for text in &flow.texts {
                let Some(origin) = slash(&text.text).filter(|_| reported.insert(text.place)) else { continue };
                let request = senders.of_text(origin_flow, &text.text, &origin);
                let finding = finding(text.place, "browsers block this answer:", "", &origin).shown_by(request);
                let finding = finding.beside(wording::decided_by(field, text.place));
                findings.push(wording::of_variable(finding, &deployment.sources.text(text.place)));
            }
            for compared in flow.all_compared().filter(|compared| compared.regex.is_none()) {
                let meant = slash(&compared.text);
                let missed = meant.and_then(|origin| Some((senders.missed(origin_flow, &origin)?, origin)));
                let Some((request, origin)) = missed.filter(|_| reported.insert(compared.place)) else { continue };
                let finding = finding(compared.place, "no request matches:", "", &origin).shown_by(request);
                let finding = finding.beside(wording::decided_by(field, compared.place));
                findings.push(finding.with_help(format!("write `{}`", compared.keyed_text(&origin))));
            }
        }
    }
    for origin in lists::env_origins(deployment).filter(|origin| reported.insert(origin.place)) {
        findings.extend(slash(origin.text.as_bytes()).and_then(|without| in_env(deployment, origin, &without)));
    }
}

/// The origin without its slash, if the slash is all that is wrong with it.
fn slash(text: &[u8]) -> Option<String> {
    // Most entries of a long list have none.
    if !text.ends_with(b"/") && !text.ends_with(b"\\") {
        return None;
    }
    let fault = check_serialized(std::str::from_utf8(text).ok()?).err()?;
    (fault.fault == OriginFault::TrailingSlash).then_some(fault.suggestion?)
}

/// In a .env file, as sure as the products that may read the key are known.
fn in_env(deployment: &Deployment<'_>, origin: &AllowedOrigin, without: &str) -> Option<Finding> {
    let all = |is: fn(Slash) -> bool| origin.keys.iter().all(|key| is(key.slash));
    let is_link = !origin.cors && origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl);
    let severity = match origin.slash_breaks() {
        // A frontend's URL is most often a link in mails.
        None if is_link && !all(|slash| matches!(slash, Slash::Stripped | Slash::Allowed)) => Severity::Advice,
        None | Some(Certainty::Unverified) => return None,
        Some(Certainty::Src | Certainty::Docs) if !origin.by_name_alone => Severity::Error,
        // It may be the address of anything.
        Some(Certainty::Convention) if !origin.cors => Severity::Advice,
        Some(_) => Severity::Warning,
    };
    let finding = match severity {
        Severity::Error if all(|slash| slash == Slash::RefusesToStart) => {
            let message = format!("the app does not start: `{}` holds an origin with a slash", origin.key_name);
            Finding { message: message.into(), ..finding(origin.place, "", "", without) }
        }
        Severity::Error => finding(origin.place, "the app lets no page in by this:", "", without),
        _ => finding(origin.place, "", "; an app that compares the two lets no page in", without),
    };
    let request = questions::shut_out(deployment, origin.place.file, without).filter(|_| origin.cors);
    // Some apps join a path to the address of a page and need the slash.
    let fix = finding.fix.clone().map(|fix| Fix { safe: fix.safe && !is_link, ..fix });
    Some(Finding { severity, request, fix, ..finding })
}

/// Returns what is wrong at a place, between what comes of it.
fn finding(place: Place, before: &str, behind: &str, origin: &str) -> Finding {
    let message = format!("{before} a page's origin is `{origin}`, without a slash{behind}").trim_start().to_owned();
    let fix = edits::without_last(place, origin.len() + 1).map(Fix::safe);
    Finding { fix, ..RULE.finding(place, "ends with a slash", message) }.with_help(format!("write `{origin}`"))
}
