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

use crate::cors::origin::{OriginFault, check_serialized};
use crate::cors::request::Request;
use crate::deployment::Deployment;
use crate::dotenv::app::AllowedOrigin;
use crate::dotenv::keys::{Certainty, Meaning, Slash};
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::flow::SetField;
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "origin-trailing-slash",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#origin-header", "https://fetch.spec.whatwg.org/#cors-check"],
    source: include_str!("origin_trailing_slash.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for site in &deployment.sites {
        let senders = deployment.senders(site);
        for origin_flow in site.distinct_flows() {
            let (field, flow) = origin_flow;
            for text in &flow.texts {
                let found = slash(&text.text).filter(|_| reported.insert(text.place));
                let shown = |origin: &str| senders.of_text(origin_flow, &text.text, origin);
                findings.extend(found.map(|origin| in_nginx(shown(&origin), text.place, field, &origin, "sent")));
            }
            for compared in flow.all_compared().filter(|compared| compared.regex.is_none()) {
                let found = slash(&compared.text).filter(|_| reported.insert(compared.place));
                let shown = |origin: &str| senders.shut_out(origin_flow, origin);
                findings
                    .extend(found.map(|origin| in_nginx(shown(&origin), compared.place, field, &origin, "compared")));
            }
        }
    }
    // The files together tell the product better than each by itself.
    for origin in deployment.behind.apps().chain(deployment.env_files).flat_map(|app| &app.origins) {
        if reported.insert(origin.place) {
            findings.extend(slash(origin.text.as_bytes()).and_then(|without| in_env(deployment, origin, &without)));
        }
    }
}

/// The origin without its slash, if the slash is all that is wrong with it.
fn slash(text: &[u8]) -> Option<String> {
    let fault = check_serialized(std::str::from_utf8(text).ok()?).err()?;
    (fault.fault == OriginFault::TrailingSlash).then_some(fault.suggestion?)
}

fn in_nginx(request: Option<Request>, place: Place, field: &SetField<'_>, origin: &str, what: &str) -> Finding {
    let message = match what {
        "sent" => format!("browsers block this answer: a page's origin is `{origin}`, without a slash"),
        _ => format!("no request matches: a page's origin is `{origin}`, without a slash"),
    };
    let header = Label { place: field.place, text: "decides Access-Control-Allow-Origin here".to_owned() };
    Finding {
        related: if field.place == place { Vec::new() } else { vec![header] },
        // Without a request that gets it, it is a trap for the one that will.
        severity: if request.is_some() { RULE.severity } else { Severity::Warning },
        request,
        ..mended(RULE.finding(place, "ends with a slash", message), origin)
    }
}

/// In a .env file, as sure as the products that may read the key are known.
fn in_env(deployment: &Deployment<'_>, origin: &AllowedOrigin, without: &str) -> Option<Finding> {
    let is_link = !origin.cors && origin.keys.iter().all(|key| key.meaning == Meaning::FrontendUrl);
    let severity = match origin.slash_breaks() {
        // A frontend's URL is most often a link in mails.
        None if is_link && !origin.keys.iter().all(|key| is_harmless(key.slash)) => Severity::Advice,
        None | Some(Certainty::Unverified) => return None,
        Some(Certainty::Src | Certainty::Docs) => Severity::Error,
        // It may be the address of anything.
        Some(Certainty::Convention) if !origin.cors => Severity::Advice,
        Some(Certainty::Usage | Certainty::Convention) => Severity::Warning,
    };
    let message = match severity {
        Severity::Error if origin.keys.iter().all(|key| key.slash == Slash::RefusesToStart) => {
            format!("the app does not start: `{}` holds an origin with a slash", origin.key_name)
        }
        Severity::Error => format!("the app lets no page in by this: a page's origin is `{without}`, without a slash"),
        _ => format!("a page's origin is `{without}`, without a slash; an app that compares the two lets no page in"),
    };
    let request = deployment.shut_out(origin.place.file, without).filter(|_| origin.cors);
    Some(Finding { severity, request, ..mended(RULE.finding(origin.place, "ends with a slash", message), without) })
}

fn is_harmless(slash: Slash) -> bool {
    matches!(slash, Slash::Stripped | Slash::Allowed)
}

/// With the help, and the edit that takes the slash off where it is the last byte of the place.
fn mended(finding: Finding, origin: &str) -> Finding {
    let place = finding.primary.place;
    let slash = Place { span: Span::new(place.span.end.saturating_sub(1), place.span.end), ..place };
    let fix = (place.span.len() as usize == origin.len() + 1)
        .then(|| Fix { safe: true, edits: vec![Edit { place: slash, text: String::new() }] });
    Finding { help: Some(format!("write `{origin}`")), fix, ..finding }
}
