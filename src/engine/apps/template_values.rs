//! Templates that envsubst fills in: what their names stand for is taken from the .env files, and a finding shows both places.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::Apps;
use crate::engine::apps::group;
use crate::engine::input::discover::Candidate;
use crate::engine::input::read::Files;
use crate::finding::{Finding, Label};
use crate::nginx::regex::Regexes;
use crate::nginx::syntax::envsubst::{self, TemplateVariable, TemplateVariables, is_template};
use crate::settings::Settings;
use crate::source::{FileId, Place, Span};

/// Fills the values that production gets from the .env files into the templates.
pub(in crate::engine) fn fill_templates(files: &mut Files, env: &[(FileId, Candidate)], settings: &Settings) {
    let is_template = |file: &FileId| is_template(files.sources.get(*file));
    let templates: Vec<FileId> = files.nginx.keys().copied().filter(is_template).collect();
    if templates.is_empty() {
        return;
    }
    let set = if env.is_empty() { BTreeMap::new() } else { variables(&group::apps(files, env, settings)) };
    for file in templates {
        let bytes = &files.sources.get(file).bytes;
        if let Some(tree) = files.nginx.get_mut(&file) {
            let mut variables = set.clone();
            envsubst::add_stand_ins(tree, bytes, &mut variables);
            envsubst::substitute(tree, bytes, &variables);
        }
    }
}

/// Returns what the names stand for. Of several apps that set one name to different values, it is not known which one nginx gets.
fn variables(apps: &Apps<'_>) -> TemplateVariables {
    let mut variables: BTreeMap<Vec<u8>, TemplateVariable> = BTreeMap::new();
    for (name, variable) in apps.projects.iter().flat_map(|project| &project.production.variables) {
        let value = variable.value.as_ref().map(|value| value.bytes().to_vec());
        let new = TemplateVariable { value, place: Some(variable.value_place) };
        variables
            .entry(name.as_bytes().to_vec())
            .and_modify(|known| {
                if known.value != new.value {
                    known.value = None;
                }
            })
            .or_insert(new);
    }
    filter(&mut variables);
    variables
}

/// The expression by which nginx's image chooses among the names that are set.
const FILTER: &[u8] = b"NGINX_ENVSUBST_FILTER";

/// Takes out the names that the image is told to leave alone. Where the expression is not known, no value is.
fn filter(variables: &mut TemplateVariables) {
    let Some(pattern) = variables.get(FILTER).map(|filter| filter.value.clone()) else { return };
    let regexes = Regexes::default();
    let is_chosen = |name: &[u8]| regexes.is_match(pattern.as_deref()?, false, name);
    variables.retain(|name, variable| {
        let chosen = is_chosen(name);
        if chosen.is_none() {
            variable.value = None;
        }
        chosen != Some(false)
    });
}

/// Adds to every finding in a template where the values are set that stand there. What the assignment alone has been blamed for
/// by the same rule is said with that; and no edit of a template mends a value that is none of its own.
pub(in crate::engine) fn add_assignments(files: &Files, findings: &mut Vec<Finding>) {
    let places = |place: &Place| files.nginx.get(&place.file).map_or(Vec::new(), |tree| tree.filled.places(place.span));
    if files.nginx.values().all(|tree| tree.filled.is_empty()) {
        return;
    }
    let mut said: BTreeSet<(&'static str, Place)> = BTreeSet::new();
    for finding in findings.iter_mut() {
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        let mut filled: Vec<Place> = labels.flat_map(|label| places(&label.place)).collect();
        filled.sort_unstable();
        filled.dedup();
        let is_filled = |place: &Place| !places(place).is_empty();
        if finding.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(|edit| is_filled(&edit.place))) {
            finding.fix = None;
        }
        said.extend(filled.iter().map(|place| (finding.rule, *place)));
        let label = |place| Label { place, text: "is the value that is filled in".into() };
        finding.related.extend(filled.into_iter().map(label));
    }
    findings.retain(|finding| !is_said(&said, finding));
}

/// Returns whether the same rule blames a template for the assignment that this finding stands in.
fn is_said(said: &BTreeSet<(&'static str, Place)>, finding: &Finding) -> bool {
    let inside = finding.primary.place;
    let last = Place { span: Span { start: inside.span.start, end: u32::MAX }, ..inside };
    let nearest = said.range(..=(finding.rule, last)).next_back();
    nearest.is_some_and(|(rule, place)| {
        *rule == finding.rule && place.file == inside.file && inside.span.end <= place.span.end
    })
}
