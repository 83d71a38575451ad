//! Names by what is left of each without one of its letters: two names that one edit makes of each other have one of these in common.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

use hashbrown::HashMap;

/// How long a name may be in which a slip is looked for, in bytes.
const LONGEST: usize = 128;

/// The numbers of names by those texts.
#[derive(Debug, Clone, Default)]
pub(in crate::dotenv) struct Slips {
    by_rest: HashMap<u64, Vec<usize>>,
}

impl Slips {
    /// Those of these names, which are numbered from 0.
    pub(in crate::dotenv) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut slips = Slips::default();
        for (number, name) in names.enumerate() {
            for rest in rests(name) {
                let numbers = slips.by_rest.entry(rest).or_default();
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            }
        }
        slips
    }

    /// The numbers of all names that one edit may make of `name`, and perhaps of others, in order.
    pub(in crate::dotenv) fn near(&self, name: &str) -> Vec<usize> {
        let mut near: Vec<usize> = rests(name).filter_map(|rest| self.by_rest.get(&rest)).flatten().copied().collect();
        near.sort_unstable();
        near.dedup();
        near
    }
}

/// The whole name, and what is left of it without each of its bytes, as numbers.
fn rests(name: &str) -> impl Iterator<Item = u64> {
    let bytes = Some(name.as_bytes()).filter(|bytes| bytes.len() <= LONGEST).unwrap_or_default();
    let without = move |at: usize| {
        let mut hasher = BuildHasherDefault::<DefaultHasher>::new().build_hasher();
        hasher.write(bytes.get(..at).unwrap_or_default());
        hasher.write(bytes.get(at + 1..).unwrap_or_default());
        hasher.finish()
    };
    (0..=bytes.len()).filter(move |_| !bytes.is_empty()).map(without)
}
