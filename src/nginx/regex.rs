//! nginx's regular expressions (PCRE), matched with a bound.

pub(in crate::nginx) mod alternatives;
mod engine;
pub mod example;
pub mod foreign_match;
mod ordered;
pub mod stricter;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;
use regex_syntax::hir::{Hir, HirKind};

use engine::Engine;
pub(super) use ordered::Ordered;

use crate::nginx::limits::{self, Limit};

/// The longest expression that is looked into, in bytes; of a longer one nothing is known. nginx reads no word of 4,096 bytes.
const MAX_PATTERN_BYTES: usize = 4096;
/// How many characters a match may be long by the counts in braces: `(\w{100}){10}` has 1000. Of an expression of more nothing is known,
/// since it takes long to compile.
const MAX_LENGTH: usize = 4096;
/// How many of those characters compile in the time of one step, nearly.
const LENGTH_OF_A_STEP: usize = 5;
/// How many times as long as it is written an expression is by its counts, and how many characters it has, for it to pay what it takes.
const MANY_TIMES: usize = 8;
const COUNTED: usize = 256;
/// How many steps one character of such an expression takes.
const STEPS_OF_A_CHARACTER: usize = 12;

/// How many steps an expression takes that is matched by backtracking: as many as ten common ones.
const STEPS_OF_BACKTRACKING: u64 = 150;

/// How many steps an expression takes to compile that takes as much memory as two common ones.
const STEPS_OF_A_SIZE: u64 = 4;
/// How many compiled expressions are kept, if all are common ones.
const MAX_COMPILED: usize = 16384;
/// How many compiled expressions are kept beside those for as long as no others are asked for.
const MAX_RECENT: usize = 8;

/// The captures of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures {
    /// `$0` to `$9`; a group that took no part is empty, as nginx has it.
    pub numbered: Vec<Vec<u8>>,
    /// Named groups, which become variables.
    pub named: Vec<(String, Vec<u8>)>,
}

/// A compiled expression, if this engine can read it.
type Compiled = Option<Arc<Engine>>;

/// Expressions that were asked for, compiled once as long as there are not very many.
#[derive(Debug, Default)]
pub struct Regexes {
    known: Mutex<KnownRegex>,
}

#[derive(Debug, Default)]
struct KnownRegex {
    by_pattern: HashMap<Vec<u8>, Expression>,
    /// How many are compiled.
    compiled: usize,
    /// The last ones that there was no room for: who asks one asks it several times.
    recent: VecDeque<(Vec<u8>, bool, Compiled)>,
}

/// The compiled form of one expression.
#[derive(Debug, Default)]
struct Expression {
    /// The text that every match holds, if any has to.
    needed: Option<Box<[u8]>>,
    /// How many characters it has, as [`length`] counts them.
    length: usize,
    /// See [`steps_to_compile`].
    steps: u64,
    /// Compiled as it is, and for text whose case is ignored.
    compiled: [Option<Compiled>; 2],
    /// A text that it matches, where one was looked for, by the same order.
    sample: [Option<Option<Box<[u8]>>>; 2],
}

/// How many steps it takes to compile an expression of so many bytes and characters, beyond a few. The caller pays, so those that
/// are as long as they are written, and are kept, cost little; what counts far beyond that costs what it takes.
fn steps_to_compile(bytes: usize, length: usize) -> u64 {
    let is_counted = length > MANY_TIMES * bytes && length > COUNTED;
    let steps = if is_counted { length * STEPS_OF_A_CHARACTER } else { length / LENGTH_OF_A_STEP };
    u64::try_from(steps).unwrap_or(u64::MAX)
}

impl Regexes {
    /// The compiled expression; `None` where this engine cannot read it, which says nothing about nginx's.
    fn get(&self, pattern: &[u8], ignore_case: bool) -> Option<Arc<Engine>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let which = usize::from(ignore_case);
        let expression = expression(&mut known.by_pattern, pattern);
        // The caller pays: who comes first is not the same in each run.
        limits::spend(expression.steps);
        if expression.length > MAX_LENGTH {
            limits::meet(Limit::Expression);
        }
        if let Some(compiled) = &expression.compiled[which] {
            return compiled.clone();
        }
        // This is not kept: another thread may have steps left.
        if expression.steps > 0 && limits::is_spent() {
            return None;
        }
        let steps = expression.steps;
        let mut recent = known.recent.iter();
        if let Some((.., compiled)) = recent.find(|(own, ignores, _)| *ignores == ignore_case && own == pattern) {
            return compiled.clone();
        }
        let new = compile(pattern, ignore_case);
        // Each takes some kilobytes, a long one as much as many others. Where there is no room for more, the first ones stay: expressions are
        // asked for in turns, so that whichever went would be asked for before those that stay.
        let size = 1 + usize::try_from(steps / STEPS_OF_A_SIZE).unwrap_or(MAX_COMPILED);
        if known.compiled + size <= MAX_COMPILED {
            known.compiled += size;
            self::expression(&mut known.by_pattern, pattern).compiled[which] = Some(new.clone());
        } else {
            known.recent.truncate(MAX_RECENT - 1);
            known.recent.push_front((pattern.to_vec(), ignore_case, new.clone()));
        }
        new
    }

    /// A text that the expression matches, made once: many locations share an allow-list.
    pub(super) fn sample(
        &self,
        pattern: &[u8],
        ignore_case: bool,
        make: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let which = usize::from(ignore_case);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let expression = self::expression(&mut known.by_pattern, pattern);
        // The caller pays, as for compiling: a text is made of the structure, and matched.
        let steps = expression.length.min(MAX_LENGTH) * STEPS_OF_A_CHARACTER;
        limits::spend(u64::try_from(steps).unwrap_or(u64::MAX));
        if let Some(sample) = &expression.sample[which] {
            limits::spend(expression.steps);
            return sample.as_deref().map(<[u8]>::to_vec);
        }
        drop(known);
        let sample = make();
        // Without steps left, nothing was matched.
        if !limits::is_spent() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let expression = self::expression(&mut known.by_pattern, pattern);
            expression.sample[which] = Some(sample.clone().map(Vec::into_boxed_slice));
        }
        sample
    }

    /// Returns whether the text lacks what every match of the expression holds. That is soon known, and needs no compiled expression.
    fn lacks_needed(&self, pattern: &[u8], ignore_case: bool, text: &[u8]) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(needed) = &expression(&mut known.by_pattern, pattern).needed else { return false };
        if !ignore_case {
            return memchr::memmem::find(text, needed).is_none();
        }
        text.len() < needed.len() || !text.windows(needed.len()).any(|part| part.eq_ignore_ascii_case(needed))
    }

    /// Matches `text`: `Ok(None)` where it does not match, `Err` where that cannot be known.
    ///
    /// # Errors
    ///
    /// The text is not ASCII, the expression means something else to this engine or nothing, or the match takes too many steps.
    pub fn captures(&self, pattern: &[u8], ignore_case: bool, text: &[u8]) -> Result<Option<Captures>, Undecided> {
        if self.lacks_needed(pattern, ignore_case, text) && text.is_ascii() {
            return Ok(None);
        }
        let (regex, text) = self.ready(pattern, ignore_case, text)?;
        regex.captures(text)
    }

    /// Returns whether `text` matches; `None` where that cannot be known.
    pub fn is_match(&self, pattern: &[u8], ignore_case: bool, text: &[u8]) -> Option<bool> {
        if self.lacks_needed(pattern, ignore_case, text) && text.is_ascii() {
            return Some(false);
        }
        let (regex, text) = self.ready(pattern, ignore_case, text).ok()?;
        regex.is_match(text).ok()
    }

    /// The expression, and the text as this engine matches it.
    fn ready<'t>(
        &self,
        pattern: &[u8],
        ignore_case: bool,
        text: &'t [u8],
    ) -> Result<(Arc<Engine>, &'t str), Undecided> {
        let regex = self.get(pattern, ignore_case).ok_or(Undecided)?;
        // nginx matches bytes; with text beyond ASCII the engines part ways.
        let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii()).ok_or(Undecided)?;
        Ok((regex, text))
    }
}

/// Returns what is known of an expression; at first the text that it needs.
fn expression<'k>(known: &'k mut HashMap<Vec<u8>, Expression>, pattern: &[u8]) -> &'k mut Expression {
    known.entry_ref(pattern).or_insert_with(|| {
        let hir = structure(pattern);
        let length = hir.as_ref().map_or(0, length);
        let backtracks = if hir.is_none() { STEPS_OF_BACKTRACKING } else { 0 };
        let needed = hir.and_then(|hir| ordered::needed(&hir));
        let steps = backtracks + steps_to_compile(pattern.len(), length);
        let compiled = if length > MAX_LENGTH { [Some(None), Some(None)] } else { [None, None] };
        Expression { needed: needed.map(Vec::into_boxed_slice), length, steps, compiled, sample: [None, None] }
    })
}

/// How many characters an expression has, those of a repetition as often as it may come by its count.
fn length(hir: &Hir) -> usize {
    let mut length: usize = 0;
    let mut open = vec![(hir, 1)];
    while let Some((hir, times)) = open.pop() {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => length = length.saturating_add(literal.0.len().saturating_mul(times)),
            HirKind::Class(_) => length = length.saturating_add(times),
            HirKind::Capture(capture) => open.push((&capture.sub, times)),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => open.extend(parts.iter().map(|part| (part, times))),
            HirKind::Repetition(repetition) => {
                let count = repetition.max.unwrap_or(repetition.min).max(1);
                open.push((&repetition.sub, times.saturating_mul(usize::try_from(count).unwrap_or(usize::MAX))));
            }
        }
    }
    length
}

/// A match whose outcome cannot be known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided;

/// Returns whether the expression means the same to PCRE and to this engine, which knows sets in classes (`[a&&b]`, `[a[b]]`), and takes some
/// escapes (`\h`, `\<`) for something else.
fn is_common(pattern: &str) -> bool {
    let mut bytes = pattern.bytes().peekable();
    let mut in_class = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                let escaped = bytes.next();
                let is_known = |byte: u8| b"wWdDsSbBnrtAzZxpPk0123456789".contains(&byte);
                if !escaped.is_some_and(|byte| is_known(byte) || byte.is_ascii_punctuation() && !b"<>".contains(&byte))
                {
                    return false;
                }
            }
            b'[' if in_class && bytes.peek() != Some(&b':') => return false,
            b'[' if !in_class => {
                in_class = true;
                // A bracket that comes first is a member of the class.
                bytes.next_if_eq(&b'^');
                bytes.next_if_eq(&b']');
            }
            // The end of `[:alpha:]` is not the end of the class around it.
            b':' if in_class && bytes.peek() == Some(&b']') => _ = bytes.next(),
            b']' => in_class = false,
            b'&' | b'-' | b'~' if in_class && bytes.peek() == Some(&byte) => return false,
            _ => {}
        }
    }
    true
}

/// The structure of an expression, where it is short enough to be looked into and this engine can read it.
pub(super) fn structure(pattern: &[u8]) -> Option<Hir> {
    regex_syntax::parse(text(pattern)?).ok()
}

/// An expression as text, where it is short enough.
fn text(pattern: &[u8]) -> Option<&str> {
    std::str::from_utf8(pattern).ok().filter(|pattern| pattern.len() <= MAX_PATTERN_BYTES)
}

fn compile(pattern: &[u8], ignore_case: bool) -> Option<Arc<Engine>> {
    let pattern = text(pattern).filter(|pattern| is_common(pattern))?;
    Engine::new(pattern, ignore_case).map(Arc::new)
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
    fn what_other_engines_read_otherwise_is_undecided() {
        let regexes = Regexes::default();
        for pattern in [r"[a&&b]", r"[a[b]]", r"[a--b]", r"\h", r"\<a\>", r"\Qa\E", "a\\"] {
            assert_eq!(regexes.is_match(pattern.as_bytes(), false, b"a"), None, "{pattern}");
        }
        for pattern in [r"^[[:alpha:]]$", r"[]a]", r"[^]b]", r"\w", r"[\w.-]", r"\/?a", r"[a\-&]", r"^(?>a)$", r"a++"] {
            assert_eq!(regexes.is_match(pattern.as_bytes(), false, b"a"), Some(true), "{pattern}");
        }
        assert_eq!(regexes.is_match(b"a", false, "\u{e4}a".as_bytes()), None);
    }

    #[test]
    fn what_takes_long_to_compile_is_undecided() {
        let regexes = Regexes::default();
        let text = "a".repeat(1000);
        assert_eq!(regexes.is_match(br"^(\w{100}){10}$", false, text.as_bytes()), Some(true));
        assert_eq!(regexes.is_match(br"^([\w.]{100}){40}$", false, text.as_bytes()), Some(false));
        assert_eq!(regexes.is_match(br"^(\w{100}){50}$", false, text.as_bytes()), None);
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
