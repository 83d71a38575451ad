//! The arithmetic of edits: which go together, what they make of a file, and where its bytes end up.

use std::collections::BTreeMap;

use crate::finding::Edit;
use crate::source::{FileId, Place, Span};

/// Edits of several fixes, none of which touches another.
#[derive(Debug, Default)]
pub(super) struct Edits {
    by_place: BTreeMap<Place, String>,
}

impl Edits {
    /// Takes all edits of a fix in, or none of them where one touches what is there already. Says whether it did.
    pub(super) fn add(&mut self, edits: &[Edit]) -> bool {
        let mut added = Vec::new();
        for edit in edits {
            // What one fix says twice is said once.
            if added.contains(&edit.place) && self.by_place.get(&edit.place) == Some(&edit.text) {
                continue;
            }
            if self.is_touched(edit.place) {
                added.iter().for_each(|place| _ = self.by_place.remove(place));
                return false;
            }
            self.by_place.insert(edit.place, edit.text.clone());
            added.push(edit.place);
        }
        !added.is_empty()
    }

    /// Returns whether an edit that is there already touches `place`. Those that are there do not touch one another, so the nearest two tell.
    fn is_touched(&self, place: Place) -> bool {
        let before = self.by_place.range(..=place).next_back();
        let after = self.by_place.range(place..).next();
        before.into_iter().chain(after).any(|(other, _)| touch(place, *other))
    }

    /// The files that change.
    pub(super) fn files(&self) -> Vec<FileId> {
        let mut files: Vec<FileId> = self.by_place.keys().map(|place| place.file).collect();
        files.dedup();
        files
    }

    /// The edits of a file in ascending order.
    fn of(&self, file: FileId) -> impl Iterator<Item = (Span, &str)> {
        let all = Place { file, span: Span { start: 0, end: 0 } }..=Place {
            file,
            span: Span { start: u32::MAX, end: u32::MAX },
        };
        self.by_place.range(all).map(|(place, text)| (place.span, text.as_str()))
    }

    /// Returns what becomes of a file of these bytes.
    pub(super) fn apply(&self, file: FileId, bytes: &[u8]) -> Vec<u8> {
        let mut made = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for (span, text) in self.of(file) {
            made.extend_from_slice(Span::new(at, span.start).of(bytes));
            made.extend_from_slice(text.as_bytes());
            at = span.end;
        }
        made.extend_from_slice(bytes.get(at as usize..).unwrap_or_default());
        made
    }
}

/// Where bytes end up once some edits are made, and then others.
#[derive(Debug, Default)]
pub(super) struct Moves(Vec<BTreeMap<FileId, Vec<Move>>>);

/// An edit, and by how many bytes what stands behind it moves, all edits before it counted.
#[derive(Debug)]
struct Move {
    span: Span,
    shift: i64,
}

impl Moves {
    /// Adds edits to be made after those that are there.
    pub(super) fn add(&mut self, edits: &Edits) {
        let mut moves: BTreeMap<FileId, Vec<Move>> = BTreeMap::new();
        for (place, text) in &edits.by_place {
            let moves = moves.entry(place.file).or_default();
            let so_far = moves.last().map_or(0, |last| last.shift);
            let shift = so_far + text.len() as i64 - i64::from(place.span.len());
            moves.push(Move { span: place.span, shift });
        }
        self.0.push(moves);
    }

    /// Where what starts at `offset` starts afterwards. What is inserted there comes before it; what starts inside a replaced span
    /// starts where the replacement does.
    pub(super) fn start(&self, file: FileId, offset: u32) -> u32 {
        self.0.iter().fold(offset, |offset, moves| moves.get(&file).map_or(offset, |moves| start(moves, offset)))
    }
}

/// Where what starts at `offset` starts after these edits.
fn start(moves: &[Move], offset: u32) -> u32 {
    let behind = moves.partition_point(|edit| edit.span.end <= offset);
    let shift = behind.checked_sub(1).and_then(|at| moves.get(at)).map_or(0, |edit| edit.shift);
    let inside = moves.get(behind).filter(|edit| edit.span.start < offset);
    let start = inside.map_or(offset, |edit| edit.span.start);
    u32::try_from(i64::from(start) + shift).unwrap_or(offset)
}

/// Returns whether two edits cannot both be made, or not in an order that both agree on.
fn touch(left: Place, right: Place) -> bool {
    let (a, b) = (left.span, right.span);
    let meet = if a.is_empty() || b.is_empty() {
        a.start <= b.end && b.start <= a.end
    } else {
        a.start < b.end && b.start < a.end
    };
    left.file == right.file && meet
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { place: Place { file: FILE, span: Span { start, end } }, text: text.to_owned() }
    }

    #[test]
    fn edits_that_touch_wait() {
        for (first, second, together) in [
            (edit(2, 4, ""), edit(4, 6, ""), true),
            (edit(2, 4, ""), edit(3, 6, ""), false),
            (edit(2, 8, ""), edit(3, 4, ""), false),
            (edit(3, 4, ""), edit(2, 8, ""), false),
            (edit(2, 4, ""), edit(4, 4, "x"), false),
            (edit(4, 4, "x"), edit(4, 4, "x"), false),
            (edit(4, 4, "x"), edit(4, 6, ""), false),
            (edit(4, 4, "x"), edit(5, 6, ""), true),
        ] {
            let mut edits = Edits::default();
            assert!(edits.add(std::slice::from_ref(&first)));
            assert_eq!(edits.add(&[edit(20, 21, ""), second.clone()]), together, "{first:?} {second:?}");
            assert_eq!(edits.by_place.len(), if together { 3 } else { 1 }, "all of a fix or nothing: {second:?}");
        }
    }

    #[test]
    fn what_a_fix_says_twice_is_done_once() {
        let mut edits = Edits::default();
        assert!(edits.add(&[edit(1, 1, "x"), edit(1, 1, "x")]));
        assert_eq!(edits.apply(FILE, b"ab"), b"axb");
        assert!(!Edits::default().add(&[edit(1, 1, "x"), edit(1, 1, "y")]));
        assert!(!Edits::default().add(&[]));
    }

    #[test]
    fn bytes_are_found_again() {
        let mut edits = Edits::default();
        assert!(edits.add(&[edit(2, 2, "++"), edit(4, 6, ""), edit(8, 9, "xyz")]));
        let text = b"0123456789";
        assert_eq!(edits.apply(FILE, text), b"01++2367xyz9");
        let made = edits.apply(FILE, text);
        let mut moves = Moves::default();
        moves.add(&edits);
        for at in [0, 1, 2, 3, 6, 7, 9_u32] {
            let moved = moves.start(FILE, at) as usize;
            assert_eq!(made.get(moved), text.get(at as usize), "byte {at} is now {moved}");
        }
        assert_eq!((moves.start(FILE, 5), moves.start(FILE, 8), moves.start(FileId(1), 5)), (6, 8, 5));
    }
}
