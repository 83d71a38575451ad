//! A scheme stands where the app wants the name of a host.
//!
//! ## Why it matters
//!
//! Some keys hold hosts and not origins: Laravel Sanctum compares SANCTUM_STATEFUL_DOMAINS with the host of the page,
//! Django ALLOWED_HOSTS with the Host header. An entry with `https://` in front equals none of them, so the login of the
//! page is not taken, or every request is refused.
//!
//! ## Example
//!
//! ```env
//! SANCTUM_STATEFUL_DOMAINS=https://app.example.com,localhost:3000
//! ```
//!
//! ## Use instead
//!
//! ```env
//! SANCTUM_STATEFUL_DOMAINS=app.example.com,localhost:3000
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{Key, Scheme, YesNo};
use crate::dotenv::products::list::ListEntry;
use crate::dotenv::products::list_form;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

use crate::rules::shared::env;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-scheme-in-host-list",
    severity: Severity::Error,
    since: "0.1.0",
    references: &[
        "https://laravel.com/docs/sanctum#configuring-your-first-party-domains",
        "https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts",
    ],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for key in environment::env_keys(deployment) {
        let entries = key.setting.written();
        findings.extend(entries.iter().filter_map(|entry| judge(&key, entry)));
    }
}

fn judge(key: &EnvKey<'_>, entry: &ListEntry) -> Option<Finding> {
    let setting = key.setting;
    let text = setting.text_of(entry);
    let (scheme, rest) = text.split_once("://")?;
    let wrong = |row: &Key| if row.scheme == Scheme::Forbidden { YesNo::Yes } else { YesNo::No };
    let severity = env::severity(key, Severity::Error, list_form::certainty(&setting.keys, wrong)?)?;
    let app = list_form::product(&setting.keys).unwrap_or("the app");
    let host = rest.split('/').next().unwrap_or_default();
    let place = setting.place_of(entry);
    let message = format!("{app} compares this with the name of a host, and no host starts with `{scheme}://`");
    let length = Span::at(0, scheme.len() + 3).end;
    let is_whole = host == rest && place.span.len() as usize == text.len();
    let cut = Place { span: Span::new(place.span.start, place.span.start + length), ..place };
    let fix = is_whole.then(|| Fix { safe: true, edits: vec![Edit { place: cut, text: String::new() }] });
    let finding = RULE.finding(place, "has a scheme", message);
    Some(Finding { severity, help: Some(format!("write `{host}`").into()), fix, ..finding })
}
