//! A fault in a shared snippet is one finding; the places that include the snippet stand beside it.

use std::collections::BTreeMap;

use crate::finding::{Finding, Label};
use crate::nginx::config::Config;
use crate::source::{FileId, Place};

/// How many of the including places are shown.
const MOST_PLACES: usize = 3;

/// Adds to every finding in a file that is included more than once where that is, and how often.
pub(in crate::engine) fn add_includers(configs: &[Config<'_>], findings: &mut [Finding]) {
    let mut includers: BTreeMap<FileId, Vec<Place>> = BTreeMap::new();
    for (file, place) in configs.iter().flat_map(Config::inclusions) {
        includers.entry(file).or_default().push(place);
    }
    for places in includers.values_mut() {
        places.sort_unstable();
        places.dedup();
    }
    for finding in findings {
        let Some(places) = includers.get(&finding.primary.place.file).filter(|places| places.len() > 1) else {
            continue;
        };
        let count = places.len();
        let label = |(at, place): (usize, &Place)| {
            let text =
                if at == 0 { format!("included here, the first of {count} places") } else { "and here".to_owned() };
            Label { place: *place, text: text.into() }
        };
        finding.related.extend(places.iter().take(MOST_PLACES).enumerate().map(label));
    }
}
