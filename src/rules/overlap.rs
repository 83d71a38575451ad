//! Which rule speaks where two see the same fault: the more specific one.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::source::Place;

/// Pairs of rules, the more specific one first. Where both report the same primary place, the second is silent.
const MORE_SPECIFIC: &[(&str, &str)] = &[
    ("dead-origin-map-entry", "insecure-origin"),
    ("env-list-in-single-origin-key", "env-loader-divergence"),
    ("env-list-in-single-origin-key", "invalid-origin"),
    ("env-placeholder-origin", "inconsistent-origins"),
    ("env-placeholder-origin", "insecure-origin"),
    ("env-placeholder-origin", "invalid-origin"),
    ("env-wrong-separator", "env-loader-divergence"),
    ("env-wrong-separator", "invalid-origin"),
    ("inconsistent-origins", "insecure-origin"),
    ("invalid-origin", "insecure-origin"),
    ("localhost-in-production", "inconsistent-origins"),
];

/// Pairs of rules, the more specific one first. Where the second reports a place that the first has shown beside its own, it is silent:
/// what undoes the hiding of the app's header is the cause of the two lines, and the blanks in a list are what loaders disagree about.
const SHOWN_BESIDE: &[(&str, &str)] =
    &[("hide-header-not-inherited", "cors-in-proxy-and-app"), ("env-origin-whitespace", "env-loader-divergence")];

/// Takes out what a more specific rule has said.
pub(crate) fn settle(findings: &mut Vec<Finding>) {
    let said: BTreeSet<(&'static str, Place)> =
        findings.iter().map(|finding| (finding.rule, finding.primary.place)).collect();
    let beside = |finding: &Finding| {
        let places: Vec<Place> = finding.related.iter().map(|label| label.place).collect();
        places.into_iter().map(|place| (finding.rule, place)).collect::<Vec<_>>()
    };
    let shown: BTreeSet<(&'static str, Place)> = findings.iter().flat_map(beside).collect();
    let is_said = |pairs: &[(&'static str, &str)], by: &BTreeSet<(&'static str, Place)>, finding: &Finding| {
        let specific = pairs.iter().filter(|(_, general)| *general == finding.rule);
        specific.into_iter().any(|(specific, _)| by.contains(&(*specific, finding.primary.place)))
    };
    findings.retain(|finding| !is_said(MORE_SPECIFIC, &said, finding) && !is_said(SHOWN_BESIDE, &shown, finding));
}
