//! A key that the product does not read.
//!
//! ## Why it matters
//!
//! N8N_CORS_ORIGIN is in many a compose file, and n8n has no such variable; OLLAMA_ORIGIN lacks the `S` that Ollama looks
//! for. Nothing complains: the app goes on with its default, and the page stays blocked.
//!
//! ## Example
//!
//! ```env
//! OLLAMA_ORIGIN=https://chat.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! OLLAMA_ORIGINS=https://chat.example.com
//! ```

use crate::deployment::Deployment;
use crate::deployment::EnvFile;
use crate::deployment::KeyNames;
use crate::deployment::apps::environment;
use crate::dotenv::products::keys::{Certainty, Meaning};
use crate::dotenv::products::misspelled::meant;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::rule::{Rule, Subject};
use crate::source::{Place, lossy};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-dead-key",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://docs.n8n.io/hosting/configuration/environment-variables/"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for project in deployment.projects {
        let names = environment::names(deployment, project);
        for file in &project.files {
            findings.extend(dead_keys(deployment, file));
            findings.extend(misspelled(deployment, file, &names));
        }
    }
}

/// Keys that are known to be none of the product's.
fn dead_keys<'d>(deployment: &'d Deployment<'_>, file: &EnvFile<'_>) -> impl Iterator<Item = Finding> + use<'d> {
    let settings = deployment.env_files.get(file.app).map_or(&[][..], |app| &app.settings);
    settings.iter().filter_map(|setting| {
        let sure = |certainty: Certainty| certainty > Certainty::Unverified;
        let is_dead = setting.keys.iter().all(|row| row.meaning == Meaning::Dead && sure(row.certainty));
        let product = setting.keys.first().filter(|_| is_dead)?.product;
        let name = &setting.name;
        let message = format!("{product} has no variable `{name}`, so it lets no page in by it");
        let help = "take it out, and set the origins where the product's documentation says".to_owned();
        Some(Finding { help: Some(help.into()), ..RULE.finding(setting.key_place, "is read by nothing", message) })
    })
}

/// Keys that are one edit away from one that a product reads.
fn misspelled(deployment: &Deployment<'_>, file: &EnvFile<'_>, names: &KeyNames<'_>) -> Vec<Finding> {
    let bytes = &deployment.sources.get(file.file).bytes;
    let mut findings = Vec::new();
    for assignment in file.tree.assignments() {
        let name = lossy(assignment.key.of(bytes));
        let Some(row) = meant(&name, deployment.own_keys, |key| names.has(key)) else { continue };
        let place = Place { file: file.file, span: assignment.key };
        let message = match row.may_be_own {
            true => format!("no known product reads `{name}`; if `{}` is meant, the app uses its default", row.name),
            false => format!("{} reads `{}` and not `{name}`", row.reader, row.name),
        };
        let severity = if row.may_be_own { Severity::Advice } else { RULE.severity };
        let fix = Fix { safe: false, edits: vec![Edit { place, text: row.name.to_owned() }] };
        let finding = RULE.finding(place, "is near a key that is read", message);
        findings.push(Finding {
            severity,
            help: Some(format!("write `{}`", row.name).into()),
            fix: Some(fix),
            ..finding
        });
    }
    findings
}
