//! A key that CORS depends on is set twice in one file, to different values.
//!
//! ## Why it matters
//!
//! Most loaders take the last of two assignments; dotenvy keeps the first, and Docker hands both to the program. So one
//! of the two values does nothing, and which one it is changes with the way the app is started.
//!
//! ## Example
//!
//! ```env
//! CORS_ORIGIN=https://app.example.com
//! CORS_ORIGIN=https://admin.example.com
//! ```
//!
//! ## Use instead
//!
//! ```env
//! CORS_ORIGIN=https://app.example.com
//! ```

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::deployment::Deployment;
use crate::deployment::EnvFile;
use crate::dotenv::reading::value::{Variables, plain_values};
use crate::dotenv::syntax::tree::Assignment;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Rule, Subject};
use crate::source::{Place, Span};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-duplicate-key",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://docs.rs/dotenvy/latest/dotenvy/fn.dotenv.html"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

/// How many of the earlier assignments are shown.
const MOST_PLACES: usize = 3;

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for file in deployment.projects.iter().flat_map(|project| &project.files) {
        let Some(app) = deployment.env_files.get(file.app) else { continue };
        for (name, spans) in repeated(deployment, file) {
            if app.setting(&name).is_some() {
                findings.extend(finding(file, &name, &spans));
            }
        }
    }
}

/// The keys that are set to different values, each with the places of all its assignments.
fn repeated(deployment: &Deployment<'_>, file: &EnvFile<'_>) -> Vec<(String, Vec<Span>)> {
    let bytes = &deployment.sources.get(file.file).bytes;
    let mut seen = HashSet::new();
    let keys = file.tree.assignments().map(|assignment| assignment.key.of(bytes));
    let again: HashSet<&[u8]> = keys.filter(|key| !seen.insert(*key)).collect();
    if again.is_empty() {
        return Vec::new();
    }
    let values = plain_values(file.tree, bytes, &Variables::new()).values;
    let mut by_name: BTreeMap<&[u8], Vec<(Span, Vec<u8>)>> = BTreeMap::new();
    let is_set_again = |assignment: &Assignment| again.contains(assignment.key.of(bytes));
    for (assignment, value) in file.tree.assignments().zip(values).filter(|(assignment, _)| is_set_again(assignment)) {
        let read = value.map_or_else(|| assignment.value.inner.of(bytes).to_vec(), |value| value.bytes().to_vec());
        by_name.entry(assignment.key.of(bytes)).or_default().push((assignment.key, read));
    }
    let differ = |set: &[(Span, Vec<u8>)]| set.windows(2).any(|pair| matches!(pair, [a, b] if a.1 != b.1));
    let repeated = by_name.into_iter().filter(|(_, set)| differ(set));
    repeated
        .map(|(name, set)| {
            (String::from_utf8_lossy(name).into_owned(), set.into_iter().map(|(span, _)| span).collect())
        })
        .collect()
}

fn finding(file: &EnvFile<'_>, name: &str, spans: &[Span]) -> Option<Finding> {
    let (last, earlier) = spans.split_last()?;
    let place = |span: Span| Place { file: file.file, span };
    let message = format!("which origins get in depends on the loader: most read this `{name}`, dotenvy the first one");
    let label = |(at, span): (usize, &Span)| {
        let text = if at == 0 { "the first one".to_owned() } else { "and another".to_owned() };
        Label { place: place(*span), text: text.into() }
    };
    let related = earlier.iter().take(MOST_PLACES).enumerate().map(label).collect();
    let finding = RULE.finding(place(*last), "is set again, to another value", message);
    Some(Finding { related, help: Some("keep one of them".into()), ..finding })
}
