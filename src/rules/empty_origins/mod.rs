//! The key that lists the allowed origins has no value.
//!
//! ## Why it matters
//!
//! An app that gets an empty list lets no page of another origin in, and some refuse to start. It is what remains of a
//! sample that was not filled in, or of a deployment that lost its variable. Under PostgREST and Typesense it is the
//! opposite: an empty list there lets every origin in.
//!
//! ## Example
//!
//! ```env
//! STORE_CORS=
//! ```
//!
//! ## Use instead
//!
//! ```env
//! STORE_CORS=https://store.example.com
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{self, Key, Meaning, Product, YesNo, all};
use crate::dotenv::products::list_form;
use crate::dotenv::syntax::file_name::Role;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};

use crate::rules::shared::env;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "empty-origins",
    severity: Severity::Error,
    since: "0.1.0",
    references: &["https://fetch.spec.whatwg.org/#cors-check"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    findings.extend(environment::env_keys(deployment).iter().filter_map(judge));
}

fn judge(key: &EnvKey<'_>) -> Option<Finding> {
    let setting = key.setting;
    let is_overridden = !key.in_force && key.project.production.setting(&setting.name).is_some();
    if !setting.is_empty() || key.role == Role::Example || is_overridden || is_moot(key) {
        return None;
    }
    let wrong = |row: &Key| match row.meaning {
        Meaning::Origins | Meaning::SingleOrigin => {
            keys::product(row.product).map_or(YesNo::Yes, Product::shuts_out_when_empty)
        }
        _ => YesNo::No,
    };
    let known = list_form::certainty(&setting.keys, wrong);
    let opens = setting.keys.iter().all(|row| wrong(row) == YesNo::Unknown);
    let worst = if key.in_production { Severity::Error } else { Severity::Warning };
    let (severity, message) = match known {
        Some(certainty) => {
            let app = list_form::product(&setting.keys).unwrap_or("the app");
            (
                env::severity(key, worst, certainty)?,
                format!("{app} lets no page of another origin in: the list is empty"),
            )
        }
        None if opens => {
            (Severity::Warning, "an empty list lets no page in, or, where it counts as unset, every one".to_owned())
        }
        None => return None,
    };
    let finding = RULE.finding(setting.key_place, "has no value", message);
    Some(Finding { severity, help: Some("name the origins of the pages that call the app".into()), ..finding })
}

/// Returns whether another key decides in every product that may be meant: one that lets any origin in, or one that switches CORS off.
fn is_moot(key: &EnvKey<'_>) -> bool {
    let decides = |row: &Key| {
        let value = key.app.setting(row.name).and_then(|setting| setting.switch());
        match row.meaning {
            Meaning::AnyOrigin { when } => value == Some(when),
            Meaning::Switch { when, default } => value.map_or(!default, |value| value != when),
            _ => false,
        }
    };
    let is_decided = |product: &str| all().iter().any(|row| row.product == product && decides(row));
    key.setting.keys.iter().all(|row| is_decided(row.product))
}
