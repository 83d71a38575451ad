//! A list of origins is set, and the switch without which the product does not read it is off.
//!
//! ## Why it matters
//!
//! Directus, Discourse, Gitea, LocalAI, Quarkus and others send no CORS headers before a second key switches them on;
//! until then the list does nothing. Streamlit's switch is the other way round: STREAMLIT_SERVER_ENABLE_CORS=false
//! switches the check of origins off, so that every origin gets in.
//!
//! ## Example
//!
//! ```env
//! CORS_ENABLED=false
//! CORS_ORIGIN=https://app.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! CORS_ENABLED=true
//! CORS_ORIGIN=https://app.example.com
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::KeyNames;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{self, Key, Meaning, all};
use crate::dotenv::products::list_form;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};

use crate::rules::shared::env;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-cors-not-enabled",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://directus.io/docs/configuration/security-limits#cors"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for project in deployment.projects {
        let names = environment::names(deployment, project);
        for key in environment::keys_of(deployment, project) {
            let product = list_form::product(&key.setting.keys);
            let lists = key.setting.keys.iter().any(|row| row.meaning == Meaning::Origins);
            if let Some(product) = product.filter(|_| lists && !key.setting.is_empty()) {
                let of_product = all().iter().filter(|row| row.product == product);
                findings.extend(of_product.filter_map(|row| judge(&names, &key, row)));
            }
        }
    }
}

fn judge(names: &KeyNames<'_>, key: &EnvKey<'_>, switch: &Key) -> Option<Finding> {
    let (setting, product, name) = (key.setting, switch.product, switch.name);
    let set = key.app.setting(name);
    let value = set.map(|set| set.switch());
    let (label, message, help, worst) = match (switch.meaning, value) {
        (Meaning::AnyOrigin { when: false }, Some(Some(false))) => (
            "is not looked at",
            format!("every origin gets in: `{name}=false` switches {product}'s check off, and not CORS"),
            format!("write `{name}=true`"),
            Severity::Warning,
        ),
        (Meaning::Switch { when, .. }, Some(Some(value))) if value != when => (
            "is not read",
            format!("{product} sends no CORS headers: `{name}` switches them off"),
            format!("write `{name}={when}`, or take the list out"),
            Severity::Warning,
        ),
        (Meaning::Switch { when, default: false }, None) => {
            if !key.in_force || names.is_loaded(name) {
                return None;
            }
            let elsewhere = keys::product(product).is_some_and(|product| product.has_own_file);
            let message = match elsewhere {
                true => format!("{product} sends no CORS headers unless its configuration switches them on"),
                false => format!("{product} sends no CORS headers before `{name}` switches them on"),
            };
            let worst = if elsewhere { Severity::Advice } else { Severity::Warning };
            ("is not read", message, format!("add `{name}={when}`"), worst)
        }
        _ => return None,
    };
    let related = set.map(|set| Label { place: set.value_place, text: "is the switch".into() });
    let severity = env::severity(key, worst, switch.certainty)?;
    let finding = RULE.finding(setting.key_place, label, message);
    Some(Finding { severity, related: related.into_iter().collect(), help: Some(help.into()), ..finding })
}
