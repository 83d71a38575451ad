//! From what is said of one twin to what is said of another.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::names::{is_part, run_length, runs};

/// What turns a text about one twin, or a place in it, into the same of another.
#[derive(Debug)]
pub struct Renaming<'s> {
    names: HashMap<&'s [u8], &'s [u8]>,
    /// How long the names are that have a counterpart, as bits.
    lengths: u64,
    /// Where each run of another length stands in both: its end in the one, its end in the other. In bytes from the start.
    shifts: Vec<(u32, u32)>,
}

impl<'s> Renaming<'s> {
    /// The names of two twins that correspond to one another.
    pub fn new(from: &'s [u8], to: &'s [u8]) -> Self {
        let is_number = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let offset = |end| u32::try_from(end).unwrap_or(u32::MAX);
        let (mut names, mut shifts) = (HashMap::new(), Vec::new());
        let (mut rest, mut counterpart) = (from, to);
        // They differ in whole runs only, so what is between is passed over at once.
        while let Some(same) = first_difference(rest, counterpart) {
            let start = rest[..same].iter().rposition(|byte| !is_part(byte)).map_or(0, |at| at + 1);
            let (one, other) = (&rest[start..], &counterpart[start..]);
            let (name, other_name) = (&one[..run_length(one)], &other[..run_length(other)]);
            (rest, counterpart) = (&one[name.len()..], &other[other_name.len()..]);
            if name.is_empty() && other_name.is_empty() {
                break;
            }
            if name.len() != other_name.len() {
                shifts.push((offset(from.len() - rest.len()), offset(to.len() - counterpart.len())));
            }
            if !is_number(name) {
                names.insert(name, other_name);
            }
        }
        let lengths = names.keys().fold(0, |lengths, name| lengths | length_bit(name.len()));
        Renaming { names, lengths, shifts }
    }

    /// The text with each name replaced by its counterpart.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut renamed = String::new();
        let mut at = 0;
        for run in runs(text.as_bytes()) {
            // Few runs are as long as any of the names.
            if self.lengths & length_bit(run.len()) == 0 {
                continue;
            }
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

/// The bit that stands for a length in bytes; the last one for all that are longer.
fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// Where two texts differ for the first time; `None` where one of them ends before they do.
fn first_difference(left: &[u8], right: &[u8]) -> Option<usize> {
    const STEP: usize = 32;
    let steps = left.chunks_exact(STEP).zip(right.chunks_exact(STEP)).take_while(|(left, right)| left == right);
    let same = steps.count() * STEP;
    let rest = left[same..].iter().zip(&right[same..]).position(|(left, right)| left != right);
    rest.map(|at| same + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_places_of_one_twin_become_those_of_the_other() {
        let one = b"server { server_name acme.example.com; root /srv/acme; proxy_pass http://10.0.0.1:8001; add_header A https://acme.example.net; }";
        let other = b"server { server_name globex.example.com; root /srv/globex; proxy_pass http://10.0.0.1:8002; add_header A https://globex.example.net; }";
        let renaming = Renaming::new(one, other);
        for (text, expected) in [
            ("`https://acme.example.net` is no origin", "`https://globex.example.net` is no origin"),
            ("acme acmes my-acme acme.", "globex acmes my-acme globex."),
            ("port 8001", "port 8001"),
            ("", ""),
        ] {
            assert_eq!(renaming.apply(text), expected);
        }
        for word in ["server", "server_name", ".example.com", "root", "proxy_pass", "add_header", ".example.net", "}"] {
            let at = |text: &[u8]| u32::try_from(memchr::memmem::find(text, word.as_bytes()).unwrap()).unwrap();
            assert_eq!(renaming.offset(at(one)), at(other), "{word}");
        }
        let end = |text: &[u8]| u32::try_from(text.len()).unwrap();
        assert_eq!(renaming.offset(end(one)), end(other));
    }
}
