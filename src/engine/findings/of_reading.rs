//! Findings of the reading itself: syntax errors, includes that are not there, and parts that could not be analyzed.

use std::collections::BTreeSet;

use crate::deployment::Apps;
use crate::engine::findings::missing_includes;
use crate::engine::input::read::Files;
use crate::finding::Finding;
use crate::nginx::config::{Config, MAX_DIRECTIVES, MAX_INCLUDE_DEPTH, Problem};
use crate::nginx::limits::Limit;
use crate::nginx::simulate::model::Model;
use crate::rules::{not_analysed as not_analysed_rule, syntax_error};
use crate::source::{FileId, Place, Span};

/// Reports what reading the files found. `rooted` says whether the production machine's files were given.
pub(in crate::engine) fn report(
    files: &Files,
    configs: &[Config<'_>],
    linted: &BTreeSet<FileId>,
    rooted: bool,
    findings: &mut Vec<Finding>,
) {
    for &file in linted {
        syntax(files, file, findings);
        unread_parts(files, file, findings);
    }
    for config in configs {
        missing_includes::report(&files.sources, config, rooted, findings);
        findings.extend(config.problems.iter().filter_map(|(place, problem)| not_followed(files, *place, *problem)));
    }
}

fn syntax(files: &Files, file: FileId, findings: &mut Vec<Finding>) {
    let place = |span| Place { file, span };
    if let Some(tree) = files.nginx.get(&file) {
        for error in &tree.errors {
            let message = format!("nginx does not start: {}", error.message);
            let finding = syntax_error::RULE.finding(place(error.span), "nginx stops reading here", message);
            findings.push(Finding { help: error.help.clone().map(Into::into), ..finding });
        }
    }
    if let Some(tree) = files.env.get(&file) {
        for error in &tree.errors {
            let message = format!("loaders read this each in their own way, or not at all: {}", error.message);
            let finding = syntax_error::RULE.finding(place(error.span), "not read by all", message);
            findings.push(Finding { help: error.help.map(Into::into), ..finding });
        }
    }
}

/// Template tags and limits: what stands there is not known.
fn unread_parts(files: &Files, file: FileId, findings: &mut Vec<Finding>) {
    let Some(tree) = files.nginx.get(&file) else { return };
    if let Some(first) = tree.tags.first() {
        let count = tree.tags.len();
        let label =
            if count == 1 { "a template tag".to_owned() } else { format!("the first of {count} template tags") };
        let message = "what the template's tags expand to is not known, so nothing that depends on it was checked";
        let finding = not_analysed_rule::RULE.finding(Place { file, span: *first }, label, message);
        let help = "lint the rendered file instead".to_owned();
        findings.push(Finding { help: Some(help.into()), ..finding });
    }
    for limit in &tree.limits {
        let message = "a part of this file was not read";
        let finding = not_analysed_rule::RULE.finding(Place { file, span: limit.span }, limit.message.clone(), message);
        findings.push(Finding { help: limit.help.clone().map(Into::into), ..finding });
    }
}

/// An include that was found and not followed.
fn not_followed(files: &Files, place: Place, problem: Problem) -> Option<Finding> {
    Some(match problem {
        Problem::IncludeNotFound { .. } => return None,
        Problem::IncludeCycle => {
            let message = "this include leads back to a file it stands in; nginx would include it without end";
            not_analysed_rule::RULE.finding(place, "leads back here", message)
        }
        Problem::IncludeDepth => {
            let message = format!("includes nested more than {MAX_INCLUDE_DEPTH} deep are not followed");
            not_analysed_rule::RULE.finding(place, "not followed", message)
        }
        Problem::TooOften => {
            let message = "files included again and again bring too many directives, which are not read further";
            not_analysed_rule::RULE.finding(place, "not followed", message)
        }
        Problem::TooLarge => {
            let message = format!("a configuration of more than {MAX_DIRECTIVES} directives is not read further");
            let path = &files.sources.get(place.file).path;
            not_analysed_rule::RULE.finding(place, format!("reading {path} ends here"), message)
        }
    })
}

/// The .env files of which some values were not filled in.
pub(in crate::engine) fn unfilled(apps: &Apps<'_>, findings: &mut Vec<Finding>) {
    let together = apps.projects.iter().map(|project| &project.production);
    let places: BTreeSet<Place> = apps.files.iter().chain(together).flat_map(|app| app.unfilled.clone()).collect();
    let mut seen = BTreeSet::new();
    for place in places.into_iter().filter(|place| seen.insert(place.file)) {
        let message = "the values in this file depend on each other too deeply or grow too long, so corslint did not check all of them";
        let finding =
            not_analysed_rule::RULE.finding(place, "values with variables are not read from here on", message);
        findings.push(finding.with_help("write the values out, without variables"));
    }
}

/// The blocks whose answers the model gave up working out.
pub(in crate::engine) fn given_up(model: &Model<'_, '_>, findings: &mut Vec<Finding>) {
    for (context, limit) in model.given_up() {
        let place = match model.config.context(context).opener {
            Some(opener) => model.config.place(opener),
            None => Place { file: model.config.root, span: Span::at(0, 0) },
        };
        findings.push(limit_met(place, limit));
    }
}

/// A limit that was met for what is at a place.
pub(in crate::engine) fn limit_met(place: Place, limit: Limit) -> Finding {
    let message = match limit {
        Limit::Ways => "the response depends on too many unknown conditions, so CORS was not checked here",
        Limit::Steps => "the response takes too many steps to work out, so CORS was not checked here",
        Limit::Budget => "there is too much to check, so CORS was not checked here",
        Limit::Variables => "a CORS header depends on too many variables to follow, so not all of it was checked",
        Limit::Expression => "an expression is too long or has too many alternatives, so not all of it was checked",
        Limit::Apps => "too many apps match this directive, so corslint did not check all of them",
        Limit::Places => "one directive applies in too many different locations, so corslint did not check all of them",
        Limit::Origins => "an app allows too many origins, so corslint did not try all of them",
    };
    let help = match limit {
        Limit::Ways => "combine the conditions in one `map`",
        Limit::Steps | Limit::Budget | Limit::Places | Limit::Origins => "lint a part of the configuration by itself",
        Limit::Variables => "combine the `map` blocks, so that fewer lead to the header",
        Limit::Expression => "split it into several expressions, one for each host",
        Limit::Apps => "say in corslint.toml which app it is: `[[app]]` with its `path` and its `upstream`",
    };
    not_analysed_rule::RULE.finding(place, "not analyzed", message).with_help(help)
}

/// The paths of the files of which a part was not analysed.
pub(in crate::engine) fn not_analysed(files: &Files, configs: &[Config<'_>], linted: &BTreeSet<FileId>) -> Vec<String> {
    let unread =
        |file: &&FileId| files.nginx.get(file).is_some_and(|tree| !tree.tags.is_empty() || !tree.limits.is_empty());
    let mut unread: BTreeSet<FileId> = linted.iter().filter(unread).copied().collect();
    for config in configs {
        let cut = config.problems.iter().filter(|(_, problem)| !matches!(problem, Problem::IncludeNotFound { .. }));
        unread.extend(cut.map(|(place, _)| place.file));
    }
    unread.into_iter().map(|file| files.sources.get(file).path.clone()).collect()
}
