//! What is allowed is no origin that a browser sends.
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

use std::collections::BTreeSet;

use crate::cors::fault::is_placeholder;
use crate::cors::origin::{NotSerialized, OriginFault, check_serialized};
use crate::deployment::{Deployment, OriginFlow, Senders};
use crate::dotenv::app::AllowedOrigin;
use crate::dotenv::keys::Certainty;
use crate::finding::{Edit, Finding, Fix, Label, Severity};
use crate::nginx::flow::Text;
use crate::rule::{Rule, Subject};
use crate::source::Place;

use super::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "invalid-origin",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://fetch.spec.whatwg.org/#cors-check",
        "https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin",
    ],
    source: include_str!("invalid_origin.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        let senders = deployment.senders(site);
        for (origin_flow, text) in site.sent_texts() {
            in_nginx(&senders, origin_flow, text).into_iter().for_each(|finding| reported.keep(finding));
        }
    }
    // The files together tell the product better than each by itself.
    let mut judged: BTreeSet<Place> = BTreeSet::new();
    for origin in deployment.behind.apps().chain(deployment.env_files).flat_map(|app| &app.origins) {
        if judged.insert(origin.place) && origin.cors {
            in_env(deployment, origin).into_iter().for_each(|finding| reported.keep(finding));
        }
    }
    reported.finish(findings);
}

/// What is wrong with a text, where it is this rule's to say. Blanks around a value do no harm (B09, B10).
fn fault(text: &str) -> Option<NotSerialized> {
    let trimmed = text.trim_matches([' ', '\t']);
    let fault = check_serialized(trimmed).err().filter(|_| trimmed != "*" && !text.contains(['\r', '\n']))?;
    // A quote that is not closed swallows what follows it; that is the syntax's fault.
    let swallowed = trimmed.ends_with(';');
    let others =
        swallowed || matches!(fault.fault, OriginFault::Empty | OriginFault::Several | OriginFault::TrailingSlash);
    (!others && !is_placeholder(trimmed)).then_some(fault)
}

fn in_nginx<'d>(senders: &Senders<'_, 'd>, origin_flow: &OriginFlow<'d>, text: &Text) -> Option<Finding> {
    let (field, flow) = origin_flow;
    let value = String::from_utf8_lossy(&text.text);
    let fault = fault(&value)?;
    let refuses = is_refusal(&value) && flow.texts.len() + flow.reflected.len() > 1;
    let asking = fault.suggestion.as_deref().unwrap_or("https://app.example.com");
    let request = senders.of_text(origin_flow, &text.text, asking).filter(|_| !refuses);
    let (severity, message) = if refuses {
        (
            Severity::Advice,
            "sent to whoever is not allowed, as a value that allows nobody; an empty value is not sent at all",
        )
    } else {
        // Without a request that gets it, it is a trap for the one that will.
        let severity = if request.is_some() { Severity::Error } else { Severity::Warning };
        (severity, "browsers block every answer with this: it equals no page's origin")
    };
    let sent = Label { place: field.place, text: "is sent as Access-Control-Allow-Origin here".to_owned() };
    let help = match fault.fault {
        _ if refuses => "write `\"\"`".to_owned(),
        OriginFault::NotAnOrigin if field.place != text.place => {
            "write `$http_origin` to send back the origin that was found allowed".to_owned()
        }
        _ => help(&fault, &value),
    };
    let finding = RULE.finding(text.place, fault.fault.words(), message);
    let fix = fix(text.place, &value, &fault);
    Some(Finding {
        severity,
        related: if field.place == text.place { Vec::new() } else { vec![sent] },
        help: Some(help),
        request,
        fix,
        ..finding
    })
}

/// A word that a configuration says no with.
fn is_refusal(text: &str) -> bool {
    ["0", "false", "no", "none", "off", "deny", "-"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn help(fault: &NotSerialized, text: &str) -> String {
    match (&fault.suggestion, fault.fault) {
        (Some(origin), _) => format!("write `{origin}`"),
        (None, OriginFault::Wildcard) => {
            let glob = text.trim().strip_prefix("https://*.").map(|host| host.replace('.', "\\."));
            let host = glob.unwrap_or_else(|| "example\\.com".to_owned());
            format!(
                "let a `map` compare the Origin, and send what it gives:
    map $http_origin $cors_origin {{ ~^https://([a-z0-9-]+\\.)+{host}$ $http_origin; }}"
            )
        }
        (None, OriginFault::Blank) if text.trim_start().starts_with('*') => {
            "write `*` by itself; `always` stands outside the quotes".to_owned()
        }
        _ => "write an origin as browsers send it, such as `https://app.example.com`, or `*`".to_owned(),
    }
}

/// The origin that is meant in the place of the text, where nothing but its spelling is wrong.
fn fix(place: Place, value: &str, fault: &NotSerialized) -> Option<Fix> {
    let spelling = matches!(
        fault.fault,
        OriginFault::UpperCase | OriginFault::DefaultPort | OriginFault::OtherSpelling | OriginFault::Idn
    );
    let text = fault.suggestion.clone().filter(|_| place.span.len() as usize == value.len())?;
    Some(Fix { safe: spelling, edits: vec![Edit { place, text }] })
}

/// In a .env file: what no product that may be meant takes.
fn in_env(deployment: &Deployment<'_>, origin: &AllowedOrigin) -> Option<Finding> {
    let fault = fault(&origin.text)?;
    let sure = origin.fault_breaks(fault.fault)?;
    let spelling = matches!(fault.fault, OriginFault::UpperCase | OriginFault::OtherSpelling | OriginFault::Idn);
    let severity = match sure {
        Certainty::Src | Certainty::Docs if !spelling => Severity::Error,
        _ => Severity::Warning,
    };
    let message = match severity {
        Severity::Error => "the app lets no page in by this: it equals no page's origin",
        _ => "no page's origin is this; an app that compares the two lets no page in",
    };
    let finding = RULE.finding(origin.place, fault.fault.words(), message);
    let help = match &fault.suggestion {
        Some(origin) => format!("write `{origin}`"),
        None => "write an origin as browsers send it, such as `https://app.example.com`".to_owned(),
    };
    let meant = fault.suggestion.as_deref();
    let request = meant.and_then(|meant| deployment.shut_out(origin.place.file, meant));
    Some(Finding { severity, request, help: Some(help), fix: fix(origin.place, &origin.text, &fault), ..finding })
}
