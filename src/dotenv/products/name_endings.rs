//! Names by their ends, so that those which one edit makes of another are soon found among very many.

use std::collections::BTreeSet;

use hashbrown::HashMap;

/// How many bytes at the start or at the end of two names are the same where one edit makes one of the other, if the names are long.
const SAME: usize = 4;

/// The numbers of names by their first and by their last [`SAME`] bytes, and those of short names.
#[derive(Debug, Clone, Default)]
pub(in crate::dotenv) struct Ends {
    first: HashMap<[u8; SAME], Vec<usize>>,
    last: HashMap<[u8; SAME], Vec<usize>>,
    short: Vec<usize>,
}

impl Ends {
    /// Those of these names, which are numbered from 0.
    pub(in crate::dotenv) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut ends = Ends::default();
        for (number, name) in names.enumerate() {
            let name = name.as_bytes();
            match (name.first_chunk(), name.last_chunk()) {
                (Some(first), Some(last)) if name.len() > 2 * SAME => {
                    ends.first.entry(*first).or_default().push(number);
                    ends.last.entry(*last).or_default().push(number);
                }
                _ => ends.short.push(number),
            }
        }
        ends
    }

    /// The numbers of all names that one edit may make of `name`, and of others, in order. An edit changes two neighbouring bytes at most, so
    /// that the first bytes of a long name stay as they are, or the last.
    pub(in crate::dotenv) fn near(&self, name: &str) -> BTreeSet<usize> {
        let bytes = name.as_bytes();
        let first = bytes.first_chunk().and_then(|chunk| self.first.get(chunk));
        let last = bytes.last_chunk().and_then(|chunk| self.last.get(chunk));
        let is_short = bytes.len() <= 2 * SAME + 1;
        let short = is_short.then_some(&self.short);
        [first, last, short].into_iter().flatten().flatten().copied().collect()
    }
}
