//! The value that most loaders read: the one that rules judge.
//!
//! Quotes off, the escapes turned that most loaders turn, and variables put in from the app's own files alone. Where a
//! variable is set nowhere in them, the value is not known: the process that runs the app may set it.

use std::ops::Range;

use hashbrown::HashMap;

use crate::dotenv::syntax::tree::{Assignment, EnvQuoting, EnvTree, PartKind};
use crate::source::Span;

/// The longest value that variables may grow into, in bytes: more than any operating system passes to a process in
/// one variable. A longer one is not known.
pub const MAX_VALUE_BYTES: usize = 128 * 1024;

/// How often values that wait for a variable set further down are looked at again. A longer chain stays unknown.
const MAX_ROUNDS: usize = 32;

/// The variables that files have set so far.
pub type Variables = HashMap<Vec<u8>, Vec<u8>>;

/// A value as most loaders read it, which still knows where each of its bytes stands in the file.
#[derive(Clone, Default)]
pub struct Plain {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// A run of a value's bytes.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    span: Span,
    /// True if the bytes are those of the span; if not, the whole span stands for all of them.
    verbatim: bool,
}

impl Plain {
    /// The value.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where these bytes of the value stand in the file; those of a variable stand where its name does.
    pub fn span(&self, range: Range<usize>) -> Span {
        let at = |offset: usize| {
            let after = self.pieces.partition_point(|piece| piece.start <= offset);
            let piece = self.pieces.get(after.saturating_sub(1)).copied();
            piece.map_or(Span::default(), |piece| {
                let first = Span::at(piece.span.start as usize + offset - piece.start, 0).start;
                if piece.verbatim { Span::new(first, first + 1) } else { piece.span }
            })
        };
        let start = at(range.start);
        if range.is_empty() { Span::new(start.start, start.start) } else { start.to(at(range.end - 1)) }
    }

    fn push(&mut self, bytes: &[u8], span: Span, verbatim: bool) {
        self.pieces.push(Piece { start: self.bytes.len(), span, verbatim });
        self.bytes.extend_from_slice(bytes);
    }
}

/// How many bytes all values of a file with variables may have together; those behind are not known.
pub(in crate::dotenv) const MAX_FILLED_BYTES: usize = 4 * 1024 * 1024;

/// The effective values of a file's assignments.
pub struct Values {
    /// The values, in the order of the assignments; none of one that is not known.
    pub values: Vec<Option<Plain>>,
    /// The variables in force after the file.
    pub variables: Variables,
    /// The first key whose value was not filled in, since those before it took all the bytes that there are for values with variables.
    pub unfilled: Option<Span>,
}

/// The values of all assignments of a file. `outer` holds the variables of the files that were loaded before.
pub fn plain_values(tree: &EnvTree, file: &[u8], outer: &Variables) -> Values {
    let assignments: Vec<&Assignment> = tree.assignments().collect();
    let mut variables = outer.clone();
    let mut values = Vec::with_capacity(assignments.len());
    let mut bytes_left = MAX_FILLED_BYTES;
    let mut unfilled = None;
    let mut plain = |assignment: &Assignment, variables: &Variables| {
        let is_filled = memchr::memchr(b'$', assignment.value.span.of(file)).is_some();
        let is_left_out = is_filled && bytes_left == 0;
        if is_left_out {
            unfilled.get_or_insert(assignment.key);
        }
        let value = if is_left_out { None } else { plain(tree, file, assignment, variables) };
        let filled = value.as_ref().filter(|_| is_filled).map_or(0, |value| value.bytes.len());
        bytes_left = bytes_left.saturating_sub(filled);
        value
    };
    for assignment in &assignments {
        let value = plain(assignment, &variables);
        set(&mut variables, assignment.key.of(file), value.as_ref());
        values.push(value);
    }
    let mut waiting = None;
    for round in 1..MAX_ROUNDS {
        let mut learned = false;
        for (assignment, value) in assignments.iter().zip(&mut values).filter(|(_, value)| value.is_none()) {
            *value = plain(assignment, &variables);
            learned |= value.is_some();
        }
        if !learned {
            break;
        }
        for (assignment, value) in assignments.iter().zip(&values) {
            set(&mut variables, assignment.key.of(file), value.as_ref());
        }
        let mut unknown = assignments.iter().zip(&values).filter(|(_, value)| value.is_none());
        waiting = unknown.next().filter(|_| round + 1 == MAX_ROUNDS).map(|(assignment, _)| assignment.key);
    }
    Values { values, variables, unfilled: unfilled.or(waiting) }
}

fn set(variables: &mut Variables, key: &[u8], value: Option<&Plain>) {
    match value {
        Some(value) => drop(variables.insert(key.to_vec(), value.bytes.clone())),
        None => drop(variables.remove(key)),
    }
}

/// Returns what most loaders read from an assignment, with the variables set before it; `None` where that is not known: an open
/// quote, text after a closing quote, a variable that no file sets.
pub fn plain(tree: &EnvTree, file: &[u8], assignment: &Assignment, variables: &Variables) -> Option<Plain> {
    let value = &assignment.value;
    if !value.closed || !value.after.is_empty() {
        return None;
    }
    let mut plain = Plain::default();
    if value.inner.is_empty() {
        plain.push(b"", value.inner, true);
    }
    for part in tree.parts(value) {
        let raw = part.span.of(file);
        match part.kind {
            PartKind::Literal => plain.push(raw, part.span, true),
            PartKind::Escape => match turned(value.quoting, raw) {
                Some(byte) => plain.push(&[byte], part.span, false),
                None => plain.push(raw, part.span, true),
            },
            PartKind::Variable(name) => plain.push(variables.get(name.of(file))?, part.span, false),
            PartKind::Braced(name, operator) => {
                let set = variables.get(name.of(file)).map(Vec::as_slice);
                plain.push(braced(set, operator.of(file))?, part.span, false);
            }
        }
        if plain.bytes.len() > MAX_VALUE_BYTES && plain.bytes.len() > value.inner.len() as usize {
            return None;
        }
    }
    Some(plain)
}

/// The byte that most loaders make of an escape.
fn turned(quoting: EnvQuoting, escape: &[u8]) -> Option<u8> {
    match (quoting, escape) {
        (EnvQuoting::Double, [b'\\', b'n']) => Some(b'\n'),
        (EnvQuoting::Double, [b'\\', b'r']) => Some(b'\r'),
        (EnvQuoting::Double, [b'\\', quoted @ (b'"' | b'\\' | b'$')]) => Some(*quoted),
        _ => None,
    }
}

/// Returns what `${NAME…}` stands for: the variable, or the default that `:-` gives for one that is unset or empty.
pub(in crate::dotenv) fn braced<'v>(set: Option<&'v [u8]>, operator: &'v [u8]) -> Option<&'v [u8]> {
    match (set, operator.strip_prefix(b":-")) {
        (Some(set), None) if operator.is_empty() => Some(set),
        (Some(set), Some(_)) if !set.is_empty() => Some(set),
        (_, Some(default)) if !default.contains(&b'$') => Some(default),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::syntax::grammar::parse;

    /// The values of a file as text, `?` for what is not known.
    fn values(file: &str) -> Vec<String> {
        let values = plain_values(&parse(file.as_bytes()), file.as_bytes(), &Variables::new()).values;
        let text = |value: Option<Plain>| value.map_or("?".into(), |value| String::from_utf8(value.bytes).unwrap());
        values.into_iter().map(text).collect()
    }

    #[test]
    fn variables_come_from_the_file_in_any_order_and_cycles_are_cut() {
        assert_eq!(values("A=1\nB=${A}2\nC=\"$B-3\"\nD='$A'"), ["1", "12", "12-3", "$A"]);
        assert_eq!(values("B=${A}\nA=1"), ["1", "1"]);
        assert_eq!(values("A=${B}\nB=${A}\nC=${C}"), ["?", "?", "?"]);
        assert_eq!(values("A=${PATH}\nB=${HOME:-/x}\nE=\nF=${E:-d}${E}"), ["?", "/x", "", "d"]);
    }

    #[test]
    fn a_value_that_doubles_with_every_line_stays_small() {
        let mut file = String::from("A0=xxxxxxxxxxxxxxxx\n");
        for line in 1..64 {
            file.push_str(&format!("A{line}=${{A{}}}${{A{}}}\n", line - 1, line - 1));
        }
        let values = values(&file);
        assert!(values.iter().all(|value| value.len() <= MAX_VALUE_BYTES));
        assert_eq!(values.last().map(String::as_str), Some("?"));
    }

    #[test]
    fn bytes_know_where_they_stand() {
        let file = b"A=x\nB=\"h://$A\\\"y\"";
        let tree = parse(file);
        let values = plain_values(&tree, file, &Variables::new()).values;
        let value = values.get(1).cloned().flatten().unwrap();
        assert_eq!(value.bytes(), b"h://x\"y");
        let at = |range: Range<usize>| String::from_utf8_lossy(value.span(range).of(file)).into_owned();
        assert_eq!(at(0..4), "h://");
        assert_eq!(at(2..5), "//$A");
        assert_eq!(at(4..7), "$A\\\"y");
        assert_eq!(at(7..7), "");
    }
}
