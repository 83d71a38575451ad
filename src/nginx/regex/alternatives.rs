//! The ways through an expression: what each of its alternatives wants to stand there, piece by piece.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::nginx::limits::{self, Limit};
use crate::nginx::regex::structure;

/// How many ways one expression may have; the rest is not looked at.
const MAX_WAYS: usize = 2048;
/// How many steps the walk may take, whatever the ways.
const MAX_STEPS: usize = 131_072;
/// How many pieces one way may have.
const MAX_PIECES: usize = 256;
/// How many characters a class may have for each of them to be a way of its own.
const FEW: usize = 10;

/// A piece of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PatternPiece {
    /// Exactly this text.
    Text(String),
    /// A dot that stands for any character: mostly one that was meant to be a dot.
    Dot,
    /// Characters of a class; the shortest run of them.
    Fill(String),
}

/// One way through an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PatternWay {
    /// Its pieces, in order; texts never stand side by side.
    pub(crate) pieces: Vec<PatternPiece>,
    /// True if nothing may stand before it: it starts with `^`.
    pub(crate) from_start: bool,
    /// True if nothing may stand behind it: it ends with `$`.
    pub(crate) to_end: bool,
}

/// The ways through an expression, in the order it writes them.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    /// The ways, some thousands at most.
    pub(crate) ways: Vec<PatternWay>,
    /// True if the alternatives stand side by side without parentheses around them, so that an anchor belongs to one of them.
    pub(crate) ungrouped: bool,
}

/// The ways through `pattern`; none where its structure cannot be read.
pub(crate) fn alternatives(pattern: &[u8]) -> Ways {
    if limits::is_spent() {
        limits::meet(Limit::Budget);
        return Ways::default();
    }
    let Some(hir) = structure(pattern) else { return Ways::default() };
    Ways { ways: walk(&hir), ungrouped: matches!(hir.kind(), HirKind::Alternation(_)) }
}

fn walk<'h>(hir: &'h Hir) -> Vec<PatternWay> {
    let mut found = Vec::new();
    // Every entry is a way begun and what is still to come, the next part last.
    let mut begun: Vec<(PatternWay, Vec<&'h Hir>)> = vec![(PatternWay::default(), vec![hir])];
    let mut steps = 0;
    while let Some((mut way, mut rest)) = begun.pop() {
        // A way is copied at each fork, with what is still to come.
        let step = 1 + way.pieces.len() + rest.len();
        steps += step;
        limits::spend(step as u64);
        if limits::is_spent() {
            limits::meet(Limit::Budget);
            break;
        }
        if steps > MAX_STEPS || found.len() >= MAX_WAYS {
            limits::meet(Limit::Expression);
            break;
        }
        let Some(next) = rest.pop() else {
            found.push(way);
            continue;
        };
        if let Some(characters) = few_characters(next) {
            let one = |character: &char| {
                let mut way = way.clone();
                way.text(character.encode_utf8(&mut [0; 4])).then(|| (way, rest.clone()))
            };
            begun.extend(characters.iter().rev().filter_map(one));
        } else if let Some(forks) = forks(next) {
            let fork =
                |parts: Vec<&'h Hir>| (way.clone(), rest.iter().copied().chain(parts.into_iter().rev()).collect());
            begun.extend(forks.into_iter().rev().map(fork));
        } else if way.take(next) {
            begun.push((way, rest));
        }
    }
    found
}

/// The characters of a class of a few, where they are more than the two cases of one letter.
fn few_characters(hir: &Hir) -> Option<Vec<char>> {
    let HirKind::Class(class) = hir.kind() else { return None };
    few(class).filter(|_| !is_one_letter(class))
}

/// The parts that may stand in the place of `hir`, each a row of parts; none where it is a part by itself.
fn forks(hir: &Hir) -> Option<Vec<Vec<&Hir>>> {
    match hir.kind() {
        HirKind::Capture(capture) => Some(vec![vec![&capture.sub]]),
        HirKind::Concat(parts) => Some(vec![parts.iter().collect()]),
        HirKind::Alternation(parts) => Some(parts.iter().map(|part| vec![part]).collect()),
        HirKind::Repetition(repetition) if !matches!(inner(&repetition.sub).kind(), HirKind::Class(_)) => {
            let copies = |count: u32| (0..count.min(8)).map(|_| &*repetition.sub).collect();
            let more = repetition.max.is_none_or(|max| max > repetition.min);
            let counts = [Some(repetition.min), more.then_some(repetition.min + 1)];
            Some(counts.into_iter().flatten().map(copies).collect())
        }
        _ => None,
    }
}

/// Returns what stands in the parentheses, if `hir` is nothing else.
fn inner(mut hir: &Hir) -> &Hir {
    while let HirKind::Capture(capture) = hir.kind() {
        hir = &capture.sub;
    }
    hir
}

impl PatternWay {
    /// Appends a part that has no ways of its own; `false` where the way ends in nothing that can match.
    fn take(&mut self, hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.text(text),
                Err(_) => false,
            },
            HirKind::Class(class) => self.class(class),
            HirKind::Repetition(repetition) => {
                let HirKind::Class(class) = inner(&repetition.sub).kind() else { return false };
                let Some(plain) = plainest(class) else { return false };
                let count = repetition.min.min(64) as usize;
                (count == 0 || !self.to_end) && self.push(PatternPiece::Fill(plain.repeat(count)))
            }
            HirKind::Look(Look::Start) => {
                let first =
                    self.pieces.iter().all(|piece| matches!(piece, PatternPiece::Fill(text) if text.is_empty()));
                self.from_start = true;
                first
            }
            HirKind::Look(Look::End) => {
                self.to_end = true;
                true
            }
            _ => true,
        }
    }

    fn text(&mut self, text: &str) -> bool {
        if self.to_end && !text.is_empty() {
            return false;
        }
        match self.pieces.last_mut() {
            Some(PatternPiece::Text(last)) => last.push_str(text),
            _ => return self.push(PatternPiece::Text(text.to_owned())),
        }
        true
    }

    fn push(&mut self, piece: PatternPiece) -> bool {
        self.pieces.push(piece);
        if self.pieces.len() > MAX_PIECES {
            limits::meet(Limit::Expression);
        }
        self.pieces.len() <= MAX_PIECES
    }

    /// One character of a class.
    fn class(&mut self, class: &Class) -> bool {
        if self.to_end {
            return false;
        }
        if ['.', 'x', '-', '0'].into_iter().all(|c| holds(class, c)) {
            return self.push(PatternPiece::Dot);
        }
        match plainest(class) {
            // One letter in both cases, as `(?i)` makes them, is that letter.
            Some(plain) if is_one_letter(class) => self.text(&plain),
            Some(plain) => self.push(PatternPiece::Fill(plain)),
            None => false,
        }
    }
}

/// The characters of a class, if they are few.
fn few(class: &Class) -> Option<Vec<char>> {
    let mut characters = Vec::new();
    let Class::Unicode(class) = class else { return None };
    for range in class.iter() {
        for character in range.start()..=range.end() {
            characters.push(character);
            if characters.len() > FEW {
                return None;
            }
        }
    }
    Some(characters)
}

fn is_one_letter(class: &Class) -> bool {
    let Some(characters) = few(class) else { return false };
    let mut ascii = characters.iter().filter(|c| c.is_ascii()).map(char::to_ascii_lowercase);
    let first = ascii.next();
    first.is_some() && ascii.all(|other| Some(other) == first)
}

fn holds(class: &Class, wanted: char) -> bool {
    match class {
        Class::Unicode(class) => class.iter().any(|range| range.start() <= wanted && wanted <= range.end()),
        Class::Bytes(class) => {
            class.iter().any(|range| char::from(range.start()) <= wanted && wanted <= char::from(range.end()))
        }
    }
}

/// A character of the class that may stand in a host: a letter before a digit before others.
fn plainest(class: &Class) -> Option<String> {
    let liked = ('a'..='z').chain('0'..='9').chain(['-', '.']).find(|c| holds(class, *c));
    let first = || match class {
        Class::Unicode(class) => class.iter().next().map(|range| range.start()),
        Class::Bytes(class) => class.iter().next().map(|range| char::from(range.start())),
    };
    liked.or_else(first).map(String::from)
}
