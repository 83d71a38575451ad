//! Expressions that are tried in order until one matches. Where there are very many of them, only those are tried whose text stands in what
//! is matched.

use std::borrow::Cow;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex_syntax::hir::{Hir, HirKind};

use super::structure;

/// Up to how many expressions all are tried.
const FEW: usize = 16;
/// The shortest text that is looked for, in bytes: shorter ones stand nearly everywhere.
const LEAST_BYTES: usize = 3;

/// Expressions in order, each with what it stands for.
#[derive(Debug)]
pub(in crate::nginx) struct Ordered<'s, T> {
    entries: Vec<Entry<'s, T>>,
    index: OnceLock<Option<Index>>,
}

/// One expression.
#[derive(Debug)]
pub(in crate::nginx) struct Entry<'s, T> {
    pub(in crate::nginx) pattern: Cow<'s, [u8]>,
    pub(in crate::nginx) ignore_case: bool,
    pub(in crate::nginx) target: T,
}

impl<T> Default for Ordered<'_, T> {
    fn default() -> Self {
        Ordered { entries: Vec::new(), index: OnceLock::new() }
    }
}

/// The texts that must stand in what the expressions match.
#[derive(Debug)]
struct Index {
    texts: AhoCorasick,
    /// By text, the entries that need it.
    entries: Vec<Vec<usize>>,
    /// The entries that need none.
    others: Vec<usize>,
}

impl<'s, T> Ordered<'s, T> {
    pub(in crate::nginx) fn push(&mut self, pattern: Cow<'s, [u8]>, ignore_case: bool, target: T) {
        self.entries.push(Entry { pattern, ignore_case, target });
        self.index = OnceLock::new();
    }

    /// The entry at an index, from 0.
    pub(in crate::nginx) fn get(&self, index: usize) -> Option<&Entry<'s, T>> {
        self.entries.get(index)
    }

    pub(in crate::nginx) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries that may match `text`, in order. None of the others does.
    pub(in crate::nginx) fn candidates(&self, text: &[u8]) -> impl Iterator<Item = &Entry<'s, T>> {
        let index =
            if self.entries.len() > FEW { self.index.get_or_init(|| Index::new(&self.entries)).as_ref() } else { None };
        let chosen = index.map(|index| index.find(text));
        let count = chosen.as_ref().map_or(self.entries.len(), Vec::len);
        (0..count).filter_map(move |at| {
            let entry = chosen.as_ref().map_or(Some(at), |chosen| chosen.get(at).copied())?;
            self.entries.get(entry)
        })
    }
}

impl Index {
    fn new<T>(all: &[Entry<'_, T>]) -> Option<Self> {
        let (mut texts, mut entries, mut others) = (Vec::new(), Vec::<Vec<usize>>::new(), Vec::new());
        let mut known = hashbrown::HashMap::new();
        for (at, entry) in all.iter().enumerate() {
            let text = structure(&entry.pattern).and_then(|hir| needed(&hir)).filter(|text| text.len() >= LEAST_BYTES);
            let Some(text) = text else {
                others.push(at);
                continue;
            };
            let number = *known.entry(text.to_ascii_lowercase()).or_insert_with(|| {
                texts.push(text.to_ascii_lowercase());
                entries.push(Vec::new());
                entries.len() - 1
            });
            entries.get_mut(number)?.push(at);
        }
        let texts = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(texts).ok()?;
        Some(Index { texts, entries, others })
    }

    fn find(&self, text: &[u8]) -> Vec<usize> {
        let mut found = self.others.clone();
        for hit in self.texts.find_overlapping_iter(text) {
            found.extend(self.entries.get(hit.pattern().as_usize()).into_iter().flatten());
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
