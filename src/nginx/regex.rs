//! nginx's regular expressions (PCRE), matched with a bound.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use fancy_regex::{Regex, RegexBuilder};

/// How many steps a backtracking match may take before its outcome counts as unknown.
const BACKTRACK_LIMIT: usize = 100_000;
/// How large one compiled expression may become, in bytes.
const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// What a match brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures {
    /// `$0` to `$9`; a group that took no part is empty, as nginx has it.
    pub numbered: Vec<Vec<u8>>,
    /// Named groups, which become variables.
    pub named: Vec<(String, Vec<u8>)>,
}

/// A compiled expression, if this engine can read it.
type Compiled = Option<Rc<Regex>>;

/// Compiled expressions, each compiled once.
#[derive(Debug, Default)]
pub struct Regexes {
    compiled: RefCell<HashMap<(Vec<u8>, bool), Compiled>>,
}

impl Regexes {
    /// The compiled expression; `None` where this engine cannot read it, which says nothing about nginx's.
    pub fn get(&self, pattern: &[u8], ignore_case: bool) -> Option<Rc<Regex>> {
        let mut compiled = self.compiled.borrow_mut();
        compiled.entry((pattern.to_vec(), ignore_case)).or_insert_with(|| compile(pattern, ignore_case)).clone()
    }

    /// Matches `text`: `Ok(None)` where it does not match, `Err` where that cannot be known.
    ///
    /// # Errors
    ///
    /// The expression or the text is not UTF-8, the engine cannot read it, or the match takes too many steps.
    pub fn captures(&self, pattern: &[u8], ignore_case: bool, text: &[u8]) -> Result<Option<Captures>, Undecided> {
        let regex = self.get(pattern, ignore_case).ok_or(Undecided)?;
        let text = std::str::from_utf8(text).map_err(|_| Undecided)?;
        let Some(found) = regex.captures(text).map_err(|_| Undecided)? else { return Ok(None) };
        let group = |group: Option<fancy_regex::Match<'_>>| group.map_or(Vec::new(), |group| group.as_str().into());
        let numbered = (0..10).map(|index| group(found.get(index))).collect();
        let names = regex.capture_names().flatten();
        let named = names.map(|name| (name.to_owned(), group(found.name(name)))).collect();
        Ok(Some(Captures { numbered, named }))
    }

    /// Whether `text` matches; `None` where that cannot be known.
    pub fn is_match(&self, pattern: &[u8], ignore_case: bool, text: &[u8]) -> Option<bool> {
        self.captures(pattern, ignore_case, text).ok().map(|found| found.is_some())
    }
}

/// A match whose outcome cannot be known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided;

fn compile(pattern: &[u8], ignore_case: bool) -> Option<Rc<Regex>> {
    let pattern = std::str::from_utf8(pattern).ok()?;
    let built = RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .backtrack_limit(BACKTRACK_LIMIT)
        .delegate_size_limit(SIZE_LIMIT)
        .build();
    built.ok().map(Rc::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_that_takes_too_long_is_undecided() {
        let regexes = Regexes::default();
        let text = "a".repeat(60);
        assert_eq!(regexes.captures(br"((a|aa)+)\1{2}c$", false, text.as_bytes()), Err(Undecided));
    }

    #[test]
    fn case_groups_and_names() {
        let regexes = Regexes::default();
        assert_eq!(regexes.is_match(br"^https://app\.", false, b"https://APP.example"), Some(false));
        assert_eq!(regexes.is_match(br"^https://app\.", true, b"https://APP.example"), Some(true));
        let found = regexes.captures(br"^(?<scheme>\w+)://(www\.)?(.+)$", false, b"https://x.example");
        let found = found.ok().flatten();
        assert_eq!(found.as_ref().map(|captures| captures.numbered[3].as_slice()), Some(&b"x.example"[..]));
        assert_eq!(found.map(|captures| captures.named), Some(vec![("scheme".to_owned(), b"https".to_vec())]));
    }
}
