//! Production lets in the page of a test system, by the very value of development.
//!
//! ## Why it matters
//!
//! The production file was made from the one for development, and the address was not replaced: the app lets the test system's
//! page in and not the one that is deployed. Hosts are only taken for a test system's where a whole word of their name says so.
//! A list that names a real page, too, lets both in on purpose.
//!
//! ## Example
//!
//! ```env .env.development
//! CORS_ALLOWED_ORIGINS=https://shop.staging.acme.com
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://shop.staging.acme.com
//! ```
//!
//! ## Use instead
//!
//! ```env .env.development
//! CORS_ALLOWED_ORIGINS=https://shop.staging.acme.com
//! ```
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://shop.acme.com
//! ```

use std::collections::BTreeMap;

use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::apps::environment;
use crate::deployment::meant_origin;
use crate::dotenv::products::host_stage::stage;
use crate::dotenv::products::keys::{Certainty, Key};
use crate::dotenv::products::setting::{AllowedOrigin, Setting};
use crate::dotenv::syntax::file_name::Role;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::source::Place;

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-development-value",
    severity: Severity::Advice,
    since: "0.1.0",
    references: &["https://vite.dev/guide/env-and-mode#env-files", "https://12factor.net/config"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// The files that a developer's machine loads, one above the other as Vite and Next.js stack them.
const LAYERS: [Role; 3] = [Role::Base, Role::Local, Role::Development];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for project in deployment.projects.iter().filter(|project| project.has_production_file()) {
        let mut development: BTreeMap<&str, &Setting> = BTreeMap::new();
        for role in LAYERS {
            let files = project.files.iter().filter(|file| file.role == role);
            let apps = files.filter_map(|file| deployment.env_files.get(file.app));
            development.extend(apps.flat_map(|app| &app.settings).map(|setting| (&*setting.name, setting)));
        }
        let mut origins: BTreeMap<Place, Vec<&AllowedOrigin>> = BTreeMap::new();
        for origin in &project.production.origins {
            origins.entry(origin.key_place).or_default().push(origin);
        }
        for key in
            environment::keys_of(deployment, project).iter().filter(|key| key.in_production && is_origin_key(key))
        {
            let same = development.get(&*key.setting.name).filter(|other| is_same(key.setting, other));
            let origins = origins.get(&key.setting.key_place);
            findings.extend(same.zip(origins).and_then(|(other, origins)| finding(key.setting, other, origins)));
        }
    }
}

fn is_origin_key(key: &EnvKey<'_>) -> bool {
    let is_one = |row: &Key| row.meaning.allows_origins() && row.certainty > Certainty::Unverified;
    key.setting.keys.iter().any(is_one)
}

/// Returns whether both are known and hold the same.
fn is_same(one: &Setting, other: &Setting) -> bool {
    one.text().is_some_and(|text| other.text().is_some_and(|same| text.trim() == same.trim()))
}

/// Every origin of the value has to be a test system's, or the machine's own, of which another rule speaks.
fn finding(setting: &Setting, development: &Setting, origins: &[&AllowedOrigin]) -> Option<Finding> {
    let mut first = None;
    for allowed in origins {
        let origin = meant_origin(&allowed.text)?;
        match origin.host().and_then(stage) {
            Some(word) if !origin.is_loopback() => _ = first.get_or_insert((*allowed, word.to_owned(), origin)),
            _ if origin.is_loopback() => {}
            _ => return None,
        }
    }
    let (allowed, word, origin): (&AllowedOrigin, String, Origin) = first?;
    let message = format!(
        "production gets the value of development for `{}`: `{origin}` lets no page of production in",
        setting.name
    );
    let is_elsewhere = development.key_place != setting.key_place;
    let label = Label { place: development.key_place, text: "the same in development".into() };
    let related = is_elsewhere.then_some(label).into_iter().collect();
    let help = "write the origin of production's page, if this is not it".to_owned();
    let finding = RULE.finding(allowed.place, format!("its name says `{word}`"), message);
    Some(Finding { related, help: Some(help.into()), ..finding })
}
