//! From what is said of one twin to what is said of another.

use std::borrow::Cow;
use std::collections::HashMap;

use super::names::runs;

/// What turns a text about one twin, or a place in it, into the same of another.
#[derive(Debug)]
pub struct Renaming<'s> {
    names: HashMap<&'s [u8], &'s [u8]>,
    /// Where each run of another length stands in both: its end in the one, its end in the other. In bytes from the start.
    shifts: Vec<(u32, u32)>,
}

impl<'s> Renaming<'s> {
    /// The names of two twins that correspond to one another.
    pub fn new(from: &'s [u8], to: &'s [u8]) -> Self {
        let is_number = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let (mut names, mut shifts) = (HashMap::new(), Vec::new());
        for (one, other) in runs(from).zip(runs(to)) {
            let (Some(name), Some(counterpart)) = (from.get(one.clone()), to.get(other.clone())) else { continue };
            if one.len() != other.len() {
                let offset = |end| u32::try_from(end).unwrap_or(u32::MAX);
                shifts.push((offset(one.end), offset(other.end)));
            }
            if name != counterpart && !is_number(name) {
                names.insert(name, counterpart);
            }
        }
        Renaming { names, shifts }
    }

    /// The text with each name replaced by its counterpart.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut renamed = String::new();
        let mut at = 0;
        for run in runs(text.as_bytes()) {
            let counterpart = text.get(run.clone()).and_then(|name| self.names.get(name.as_bytes()));
            if let Some(name) = counterpart.and_then(|name| std::str::from_utf8(name).ok()) {
                renamed.push_str(text.get(at..run.start).unwrap_or_default());
                renamed.push_str(name);
                at = run.end;
            }
        }
        if at == 0 {
            return Cow::Borrowed(text);
        }
        renamed.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(renamed)
    }

    /// The place in the other twin, in bytes from its start, that corresponds to this one, which does not lie within a name.
    pub fn offset(&self, offset: u32) -> u32 {
        let before = self.shifts.partition_point(|(end, _)| *end <= offset);
        let shift = before.checked_sub(1).and_then(|index| self.shifts.get(index));
        shift.map_or(offset, |(from, to)| offset - from + to)
    }
}
