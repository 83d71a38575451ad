//! How many findings of one rule are told: past some number they are one fault that somebody made by machine.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::rules::not_analysed;
use crate::source::FileId;

/// As many findings of one rule are told. Nobody reads them, but a baseline or a dashboard may hold them.
const MOST_OF_A_RULE: usize = 150_000;

/// Takes out what is too much of one rule, the last in file order, and says so once for each such rule. Gives the files in which
/// that starts.
pub(in crate::engine) fn cut(findings: &mut Vec<Finding>) -> Vec<FileId> {
    if findings.len() <= MOST_OF_A_RULE {
        return Vec::new();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    findings.iter().for_each(|finding| *counts.entry(finding.rule).or_default() += 1);
    counts.retain(|_, count| *count > MOST_OF_A_RULE);
    if counts.is_empty() {
        return Vec::new();
    }
    // In place, since a copy of so many takes as much memory as all else.
    findings.sort_unstable_by_key(|finding| (finding.primary.place, finding.rule));
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut cuts = Vec::new();
    findings.retain(|finding| {
        if !counts.contains_key(finding.rule) {
            return true;
        }
        let number = told.entry(finding.rule).or_default();
        *number += 1;
        if *number == MOST_OF_A_RULE + 1 {
            let message =
                format!("`{}` has more than {MOST_OF_A_RULE} findings; from here on none is told", finding.rule);
            let cut = not_analysed::RULE.finding(finding.primary.place, "the first that is not", message);
            cuts.push(Finding { help: Some("mend those before, or turn the rule off".into()), ..cut });
        }
        *number <= MOST_OF_A_RULE
    });
    let files = cuts.iter().map(|cut| cut.primary.place.file).collect();
    findings.append(&mut cuts);
    files
}
