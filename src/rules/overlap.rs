//! Which rule speaks where two see the same fault: the more specific one.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::source::Place;

/// Pairs of rules, the more specific one first. Where both report the same primary place, the second is silent.
const MORE_SPECIFIC: &[(&str, &str)] = &[];

/// Takes out what a more specific rule has said.
pub(crate) fn settle(findings: &mut Vec<Finding>) {
    let said: BTreeSet<(&'static str, Place)> =
        findings.iter().map(|finding| (finding.rule, finding.primary.place)).collect();
    findings.retain(|finding| {
        let specific = MORE_SPECIFIC.iter().filter(|(_, general)| *general == finding.rule);
        !specific.into_iter().any(|(specific, _)| said.contains(&(*specific, finding.primary.place)))
    });
}
