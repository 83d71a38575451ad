//! `add_header Content-Length` adds a second length, and browsers drop an answer that has two.
//!
//! ## Why it matters
//!
//! nginx sends the length of every body by itself, and `add_header` adds a line beside it (A4.11). Two different lengths are an
//! attack to a browser, so it drops the whole answer without a word about CORS. The line comes from a copied block for preflights,
//! `add_header Content-Length 0; return 204;`, where it does no harm because 204 has no length of its own (E903), and needs none.
//!
//! ## Example
//!
//! ```nginx
//! server {
//!     location /api/ {
//!         add_header Access-Control-Allow-Origin "https://app.example.com" always;
//!         add_header Content-Length 0;
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
//!         if ($request_method = OPTIONS) { return 204; }
//!         proxy_pass http://backend:8000;
//!     }
//! }
//! ```

mod detect;

use crate::deployment::Deployment;
use crate::finding::{Finding, Fix, Severity};
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::rule::{Rule, Subject};
use detect::Shown;

use crate::rules::shared::edits;
use crate::rules::shared::repeated::Repeated;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "content-length-header",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://www.rfc-editor.org/rfc/rfc9112.html#section-6.3"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    let mut reported = Repeated::default();
    for site in &deployment.sites {
        for (item, shown) in detect::second_lengths(site) {
            if !matches!(shown, Shown::Never) {
                reported.keep(finding(site.config, item, shown));
            }
        }
    }
    reported.finish(findings);
}

/// Returns whether the block only answers with 204.
fn only_204(config: &Config<'_>, context: ContextId) -> bool {
    config.named(context, b"return").any(|item| config.parameter_is(item, 1, "204"))
}

/// Returns whether the block answers with a text of its own.
fn answers_with_a_text(config: &Config<'_>, context: ContextId) -> bool {
    config.named(context, b"return").any(|item| config.parameter(item, 2).is_some_and(|text| !text.is_empty()))
}

fn finding(config: &Config<'_>, item: ItemId, shown: Shown) -> Finding {
    let is_204 = only_204(config, config.item(item).context);
    let (severity, message, request) = match shown {
        Shown::Harm(request) => {
            (Severity::Error, "browsers drop this answer: it has two lengths, nginx's own and this one", Some(request))
        }
        Shown::Nothing if !is_204 => (
            Severity::Warning,
            "browsers drop an answer that has a body: it has two lengths, nginx's own and this one",
            None,
        ),
        Shown::Harmless if answers_with_a_text(config, config.item(item).context) => {
            (Severity::Advice, "the line has no use: nginx sends the same length by itself", None)
        }
        _ => (Severity::Advice, "the line has no use: an answer without a body needs no length", None),
    };
    Finding {
        severity,
        help: Some("leave it out: nginx sends the length by itself".into()),
        request,
        fix: edits::without(config, item).map(Fix::safe),
        ..RULE.finding(config.place(item), "adds a second length", message)
    }
}
