//! A key that names origins is set in development or in the sample, and not in production.
//!
//! ## Why it matters
//!
//! Where the production file forgets CORS_ORIGIN, the app falls back to what its code says, most often a development
//! origin or none at all. It works on every developer's machine, and no page gets in once it is deployed.
//!
//! ## Example
//!
//! ```env .env.example
//! DATABASE_URL=postgres://localhost/shop
//! CORS_ALLOWED_ORIGINS=http://localhost:5173
//! ```
//!
//! ```env .env.production
//! DATABASE_URL=postgres://db/shop
//! ```
//!
//! ## Use instead
//!
//! ```env .env.example
//! DATABASE_URL=postgres://localhost/shop
//! CORS_ALLOWED_ORIGINS=http://localhost:5173
//! ```
//!
//! ```env .env.production
//! DATABASE_URL=postgres://db/shop
//! CORS_ALLOWED_ORIGINS=https://shop.example.com
//! ```

use std::collections::BTreeSet;

use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::KeyNames;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{Certainty, Key};
use crate::dotenv::syntax::file_name::Role;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::source::{FileId, Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-missing-key",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://vite.dev/guide/env-and-mode#env-files", "https://12factor.net/config"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// The files whose keys production should have, too; the one that says it best comes first.
const COMPARED: [Role; 4] = [Role::Base, Role::Example, Role::Development, Role::Staging];

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for project in deployment.projects {
        let Some(production) = project.files.iter().rfind(|file| file.role == Role::Production) else { continue };
        let (keys, names) = (environment::keys_of(deployment, project), environment::names(deployment, project));
        let path = &deployment.sources.get(production.file).path;
        let mut reported = BTreeSet::new();
        for role in COMPARED {
            for key in keys.iter().filter(|key| key.role == role && is_missing(key, &names)) {
                if reported.insert(key.setting.name.as_str()) {
                    findings.push(finding(key, production.file, path));
                }
            }
        }
    }
}

/// Returns whether no production file sets the key; for one that `.env` sets, only there.
fn is_missing(key: &EnvKey<'_>, names: &KeyNames<'_>) -> bool {
    let setting = key.setting;
    let is_origin_key = |row: &Key| row.meaning.allows_origins() && row.certainty > Certainty::Unverified;
    let is_wanted = !setting.is_empty() || key.role == Role::Example;
    let in_base = names.is_set_in(&setting.name, Role::Base);
    setting.keys.iter().any(is_origin_key)
        && is_wanted
        && in_base == (key.role == Role::Base)
        && !names.is_set_in(&setting.name, Role::Production)
}

fn finding(key: &EnvKey<'_>, production: FileId, path: &str) -> Finding {
    let name = &key.setting.name;
    // `.env` lies under the production file where Vite, Next.js or compose load both.
    let (severity, message) = match key.role {
        Role::Base => (Severity::Advice, format!("an app that loads {path} alone does not get `{name}`")),
        // The name alone says that it is one.
        _ if key.setting.keys.iter().all(|row| row.certainty == Certainty::Convention) => {
            (Severity::Advice, format!("production does not get `{name}`: no file that is loaded there sets it"))
        }
        _ => (Severity::Warning, format!("production does not get `{name}`: no file that is loaded there sets it")),
    };
    let start = Place { file: production, span: Span::default() };
    let related = vec![Label { place: start, text: format!("does not set `{name}`").into() }];
    let help = Some(format!("set `{name}` to the production origins in {path}"));
    Finding {
        severity,
        related,
        help: help.map(Into::into),
        ..RULE.finding(key.setting.key_place, "is not set in production", message)
    }
}
