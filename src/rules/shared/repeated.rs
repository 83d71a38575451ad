//! One fault that is reached through several locations is one finding.

use hashbrown::HashMap;

use crate::finding::{Finding, Label};
use crate::source::Place;

/// How many of the other places are shown.
const MOST_PLACES: usize = 3;

/// The findings of a rule by the place of their fault, each with the other places at which it does harm.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    /// In the order in which the first of each fault came.
    findings: Vec<Kept>,
    /// The index of each fault.
    known: HashMap<Place, usize>,
}

#[derive(Debug)]
struct Kept {
    fault: Place,
    finding: Finding,
    places: Vec<Place>,
}

impl Repeated {
    /// Adds a finding whose fault does harm at `at`. Of several at one primary place the first and worst is kept.
    pub(crate) fn add(&mut self, finding: Finding, at: Place) {
        self.add_as(finding.primary.place, finding, at);
    }

    /// Adds a finding of which several at other places are the same fault, which stands at `fault`.
    pub(crate) fn add_as(&mut self, fault: Place, finding: Finding, at: Place) {
        let index = *self.known.entry(fault).or_insert(self.findings.len());
        let Some(kept) = self.findings.get_mut(index) else {
            self.findings.push(Kept { fault, finding, places: vec![at] });
            return;
        };
        if finding.severity > kept.finding.severity {
            kept.finding = finding;
        }
        if !kept.places.contains(&at) && kept.places.len() <= MOST_PLACES {
            kept.places.push(at);
        }
    }

    /// Adds a finding whose fault does harm where it stands.
    pub(crate) fn keep(&mut self, finding: Finding) {
        let at = finding.primary.place;
        self.add(finding, at);
    }

    /// Hands the findings over, with labels at the places where there are several.
    pub(crate) fn finish(mut self, findings: &mut Vec<Finding>) {
        self.findings.sort_by_key(|kept| kept.fault);
        findings.reserve_exact(self.findings.len());
        findings.extend(self.findings.into_iter().map(Kept::finding));
    }
}

impl Kept {
    /// The finding, with its labels.
    fn finding(self) -> Finding {
        let Kept { mut finding, mut places, .. } = self;
        if places.len() == 1 {
            places.clear();
        }
        for (at, place) in places.iter().enumerate() {
            let known = finding.primary.place == *place || finding.related.iter().any(|label| label.place == *place);
            if !known && at < MOST_PLACES {
                let text = if at == 0 { "in force here" } else { "and here" };
                finding.related.push(Label { place: *place, text: text.into() });
            } else if at == MOST_PLACES {
                finding.related.push(Label { place: *place, text: "here, and perhaps at more places".into() });
            }
        }
        finding
    }
}
