//! An allowed origin is none that a browser sends.
//!
//! ## Why it matters
//!
//! Browsers compare Access-Control-Allow-Origin with the page's origin byte by byte: scheme and host in lower case, the
//! port where it is not the scheme's own, and nothing else (B02–B23, M02–M08). A host without scheme, a path, `:443`, a
//! pattern such as `https://*.example.com`, a word such as `true` equal none, so no page is ever let in.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     add_header Access-Control-Allow-Origin "app.example.com" always;
//! }
//! ```
//!
//! ```env
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://www.example.com/login
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
//! CORS_ALLOWED_ORIGINS=https://app.example.com,https://www.example.com
//! ```

use crate::cors::fault::{invalid, is_refusal};
use crate::cors::serialized::OriginFault;
use crate::deployment::Deployment;
use crate::deployment::OriginFlow;
use crate::deployment::Senders;
use crate::deployment::ask::questions;
use crate::deployment::origins::lists;
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::products::setting::AllowedOrigin;
use crate::finding::{Finding, Severity};
use crate::nginx::origins::flow::{SetField, Text};
use crate::nginx::syntax::parts::is_more_than;
use crate::rule::{Rule, Subject};

use crate::rules::shared::repeated::Repeated;
use crate::rules::shared::{edits, env, wording};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "invalid-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-check",
        "https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

const BLOCKED: &str = "browsers block every answer with this: it equals no page's origin";

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let senders = Senders::new(site);
        let whole = site.sent_texts().filter(|(_, text)| !site.config.is_torn(text.place));
        let fields = site.flows().into_iter().flat_map(|(_, fields)| fields);
        let found = whole.filter_map(|(flow, text)| in_nginx(&senders, flow, text));
        found.chain(fields.filter_map(|flow| around(&senders, flow))).for_each(|finding| reported.keep(finding));
    }
    let env =
        lists::env_origins(deployment).filter(|origin| origin.cors).filter_map(|origin| in_env(deployment, origin));
    env.for_each(|finding| reported.keep(finding));
    reported.finish(findings);
}

fn in_nginx<'d>(senders: &Senders<'_, 'd>, origin_flow: &OriginFlow<'d>, text: &Text) -> Option<Finding> {
    let (field, flow) = origin_flow;
    let value = String::from_utf8_lossy(&text.text);
    let fault = invalid(&value)?;
    let finding = |message| RULE.finding(text.place, fault.fault.words(), message);
    let fix = edits::respelled(text.place, &value, &fault);
    let sent = wording::sent_by(field, text.place);
    if is_refusal(&value) && flow.texts.len() + flow.reflected.len() > 1 {
        let finding = finding("sent to every other origin, and allows none; nginx does not send an empty value");
        return Some(Finding { severity: Severity::Advice, fix, ..finding }.beside(sent).with_help("write `\"\"`"));
    }
    let asking = fault.suggestion.as_deref().unwrap_or("https://app.example.com");
    let finding =
        finding(BLOCKED).shown_by(senders.of_text(origin_flow, &text.text, asking)).with_help(match fault.fault {
            OriginFault::NotAnOrigin if sent.is_some() => {
                "write `$http_origin` to send back the origin that was found allowed".to_owned()
            }
            _ => wording::origin(&fault, &value),
        });
    Some(Finding { fix, ..finding.beside(sent) })
}

/// Returns what stands around the page's own origin in a value: `"$http_origin always"`.
fn around<'d>(senders: &Senders<'_, 'd>, origin_flow: &OriginFlow<'d>) -> Option<Finding> {
    let is_wrong = |field: &&SetField<'_>| {
        is_more_than(&field.value, b"http_origin") || field.value.contains(&b'$') && field.value.ends_with(b" always")
    };
    let field = Some(&origin_flow.0).filter(is_wrong)?;
    let request = senders.shut_out(origin_flow, "https://app.example.com")?;
    let finding = RULE.finding(field.place, "holds more than the page's origin", BLOCKED);
    Some(finding.shown_by(Some(request)).with_help("write the variable alone in the quotes, and `always` after them"))
}

/// In a .env file: what no product that may be meant takes.
fn in_env(deployment: &Deployment<'_>, origin: &AllowedOrigin) -> Option<Finding> {
    let mut fault = invalid(&origin.text)?;
    env::take_scheme(deployment, origin, &mut fault);
    let sure = origin.fault_breaks(fault.fault)? >= Certainty::Docs && !origin.by_name_alone;
    let is_spelling = matches!(fault.fault, OriginFault::UpperCase | OriginFault::OtherSpelling | OriginFault::Idn);
    let (severity, message) = match sure && !is_spelling {
        true => (Severity::Error, "the app lets no page in by this: it equals no page's origin"),
        false => (Severity::Warning, "no page's origin is this; an app that compares the two lets no page in"),
    };
    let finding = RULE.finding(origin.place, fault.fault.words(), message);
    let meant = fault.suggestion.as_deref();
    let request = meant.and_then(|meant| questions::shut_out(deployment, origin.place.file, meant));
    let help = meant.map_or(wording::AN_ORIGIN.to_owned(), |meant| format!("write `{meant}`"));
    let fix = edits::respelled(origin.place, &origin.text, &fault);
    Some(Finding { severity, request, fix, ..finding.with_help(help) })
}
