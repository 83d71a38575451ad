//! Includes that lead nowhere: an error where nginx misses them too, and one finding a file where only corslint may.
//!
//! Whoever lints a file by itself has not got the tree around it, and a line for each of its includes would tell nothing new.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Label, Severity};
use crate::nginx::config::{Config, Problem};
use crate::rules::include_not_found::RULE;
use crate::source::{FileId, Place, Sources};

/// How many of a file's other includes are shown beside the first.
const MOST_SHOWN: usize = 3;

/// Reports the includes of a configuration that were not found. `rooted` says whether the production machine's files were given.
pub(in crate::engine) fn report(sources: &Sources, config: &Config<'_>, rooted: bool, findings: &mut Vec<Finding>) {
    // Where one include was found, the others should be as well.
    let has_tree = rooted || config.inclusions().next().is_some();
    let mut missing: BTreeMap<(FileId, Severity), BTreeSet<Place>> = BTreeMap::new();
    for (place, problem) in &config.problems {
        let Problem::IncludeNotFound { absolute } = *problem else { continue };
        let severity = match (config.whole, has_tree) {
            (true, _) if !absolute => Severity::Error,
            (true, true) => Severity::Error,
            (false, true) => Severity::Warning,
            (_, false) => Severity::Advice,
        };
        missing.entry((place.file, severity)).or_default().insert(*place);
    }
    for ((_, severity), places) in missing {
        if severity == Severity::Error {
            findings.extend(places.into_iter().map(|place| one(sources, place)));
        } else {
            findings.extend(together(sources, severity, &places));
        }
    }
}

/// Each is a line to mend: nginx does not start.
fn one(sources: &Sources, place: Place) -> Finding {
    let message = format!("`{}` finds no file, so what it holds is not known", sources.text(place));
    finding(place, message, Severity::Error)
}

/// Returns what is not known, said once for a file.
fn together(sources: &Sources, severity: Severity, places: &BTreeSet<Place>) -> Option<Finding> {
    let mut named = BTreeSet::new();
    let distinct: Vec<Place> = places.iter().copied().filter(|place| named.insert(sources.text(*place))).collect();
    let (&first, others) = distinct.split_first()?;
    let directive = sources.text(first);
    let message = match others.len() {
        0 => format!("`{directive}` finds no file, so what it holds is not known"),
        1 => format!("`{directive}` and another include find no file, so what they hold is not known"),
        count => format!("`{directive}` and {count} other includes find no file, so what they hold is not known"),
    };
    let label = |place: &Place| Label { place: *place, text: "nor at this one".into() };
    let related = others.iter().take(MOST_SHOWN).map(label).collect();
    Some(Finding { related, ..finding(first, message, severity) })
}

fn finding(place: Place, message: String, severity: Severity) -> Finding {
    let help = "give corslint the directory that holds it, or the production machine's files with --root";
    Finding { severity, help: Some(help.into()), ..RULE.finding(place, "nothing at this path", message) }
}
