//! Expressions that are tried in order until one matches. Where there are very many of them, only those are tried whose text stands in what
//! is matched.

use std::borrow::Cow;
use std::sync::OnceLock;

use hashbrown::HashMap;
use regex_syntax::hir::{Hir, HirKind};

use super::structure;
use crate::nginx::limits;

/// Up to how many expressions all are tried.
const FEW: usize = 16;
/// The shortest text that is looked for, in bytes: shorter ones stand nearly everywhere.
const LEAST_BYTES: usize = 3;
/// How many steps it takes to match one expression that does not match.
const STEPS_OF_A_CANDIDATE: u64 = 8;
/// From how many expressions on they are not all kept compiled.
const MANY: usize = 8192;
/// How many steps one of those takes.
const STEPS_OF_ONE_OF_MANY: u64 = 40;
/// How many bytes at the end of a text it is looked for by.
const MOST_BYTES: usize = 8;

/// Expressions in order, each with what it stands for.
#[derive(Debug)]
pub(in crate::nginx) struct Ordered<'s, T> {
    entries: Vec<OrderedEntry<'s, T>>,
    index: OnceLock<OrderedIndex>,
}

/// One expression.
#[derive(Debug)]
pub(in crate::nginx) struct OrderedEntry<'s, T> {
    pub(in crate::nginx) pattern: Cow<'s, [u8]>,
    pub(in crate::nginx) ignore_case: bool,
    pub(in crate::nginx) target: T,
}

impl<T> Default for Ordered<'_, T> {
    fn default() -> Self {
        Ordered { entries: Vec::new(), index: OnceLock::new() }
    }
}

/// The texts that must stand in what the expressions match, by their last bytes.
#[derive(Debug, Default)]
struct OrderedIndex {
    /// The entries that need a text, by its last bytes in lower case, [`MOST_BYTES`] at the most.
    ends: HashMap<Box<[u8]>, Vec<usize>>,
    /// How long those are, in bytes, without repeats.
    lengths: Vec<usize>,
    /// The entries that need none.
    others: Vec<usize>,
}

impl<'s, T> Ordered<'s, T> {
    pub(in crate::nginx) fn push(&mut self, pattern: Cow<'s, [u8]>, ignore_case: bool, target: T) {
        self.entries.push(OrderedEntry { pattern, ignore_case, target });
        self.index = OnceLock::new();
    }

    /// The entry at an index, from 0.
    pub(in crate::nginx) fn get(&self, index: usize) -> Option<&OrderedEntry<'s, T>> {
        self.entries.get(index)
    }

    pub(in crate::nginx) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries that may match `text`, in order. None of the others does.
    pub(in crate::nginx) fn candidates(&self, text: &[u8]) -> impl Iterator<Item = &OrderedEntry<'s, T>> {
        let has_many = self.entries.len() > FEW;
        let index = has_many.then(|| self.index.get_or_init(|| OrderedIndex::new(&self.entries)));
        let chosen = index.map(|index| index.find(text));
        let count = chosen.as_ref().map_or(self.entries.len(), Vec::len);
        // Each of them is looked at.
        let each = if self.entries.len() > MANY { STEPS_OF_ONE_OF_MANY } else { STEPS_OF_A_CANDIDATE };
        limits::spend(each * count as u64);
        (0..count).filter_map(move |at| {
            let entry = chosen.as_ref().map_or(Some(at), |chosen| chosen.get(at).copied())?;
            self.entries.get(entry)
        })
    }
}

impl OrderedIndex {
    fn new<T>(all: &[OrderedEntry<'_, T>]) -> Self {
        let mut index = OrderedIndex::default();
        for (at, entry) in all.iter().enumerate() {
            let text = structure(&entry.pattern).and_then(|hir| needed(&hir)).filter(|text| text.len() >= LEAST_BYTES);
            let Some(text) = text else {
                index.others.push(at);
                continue;
            };
            let end = text[text.len().saturating_sub(MOST_BYTES)..].to_ascii_lowercase();
            if !index.lengths.contains(&end.len()) {
                index.lengths.push(end.len());
            }
            index.ends.entry(end.into_boxed_slice()).or_default().push(at);
        }
        index
    }

    fn find(&self, text: &[u8]) -> Vec<usize> {
        let text = text.to_ascii_lowercase();
        let mut found = self.others.clone();
        for &length in &self.lengths {
            for part in text.windows(length) {
                found.extend(self.ends.get(part).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The longest text that every match of an expression holds, as far as its outermost parts say.
pub(super) fn needed(hir: &Hir) -> Option<Vec<u8>> {
    let mut longest: Option<Vec<u8>> = None;
    let mut open = vec![hir];
    while let Some(hir) = open.pop() {
        match hir.kind() {
            HirKind::Literal(literal) if longest.as_ref().is_none_or(|text| text.len() < literal.0.len()) => {
                longest = Some(literal.0.to_vec());
            }
            HirKind::Capture(capture) => open.push(&capture.sub),
            HirKind::Concat(parts) => open.extend(parts),
            HirKind::Repetition(repetition) if repetition.min > 0 => open.push(&repetition.sub),
            _ => {}
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::regex::Regexes;

    #[test]
    fn no_expression_that_matches_is_left_out() {
        let patterns = [
            "^/l1/",
            "^/(api|v[12])/users$",
            "\\.(js|css)$",
            "(?i)^/Upper",
            "^/l1",
            "/x+abc+/",
            "^(/deep/(er)){2}$",
            "[0-9]+",
            "^/(?!no)yes",
            "",
            "^/a\\.b$",
            "long-needle-1",
            "long-needle-2",
            "long-needle-3",
            "^/end$",
            "(/opt)?/ional",
            "^/l1/2",
            "(a|b)cde",
        ];
        let mut ordered = Ordered::default();
        for (at, pattern) in patterns.iter().enumerate() {
            ordered.push(pattern.as_bytes().into(), at % 2 == 0, at);
        }
        assert!(ordered.len() > FEW);
        let regexes = Regexes::default();
        let mut left_out = 0;
        for text in [
            "/l1/2",
            "/api/users",
            "/v2/users",
            "/a.js",
            "/UPPER",
            "/upper",
            "/xabc/",
            "/xxabcc/",
            "/deep/er/deep/er",
            "/123",
            "/yes",
            "/no",
            "/a.b",
            "/a/long-needle-3/long-needle-1",
            "/end",
            "/opt/ional",
            "/ional",
            "/acde",
            "/L1/",
            "/A.B",
        ] {
            let chosen: Vec<usize> = ordered.candidates(text.as_bytes()).map(|entry| entry.target).collect();
            assert!(chosen.is_sorted(), "{text}");
            left_out += patterns.len() - chosen.len();
            for (at, pattern) in patterns.iter().enumerate() {
                let matches = regexes.is_match(pattern.as_bytes(), at % 2 == 0, text.as_bytes());
                assert!(matches == Some(false) || chosen.contains(&at), "{pattern} matches {text}");
            }
        }
        assert!(left_out > 100, "only {left_out} were left out");
    }
}
