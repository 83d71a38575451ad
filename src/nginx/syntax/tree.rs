//! The tree of one nginx file: its directives in file order, nested by index, every word with its span and quoting.
//!
//! The directives are one flat list in the order in which they open. A directive's subtree is the run of
//! entries up to its `end`, so walking, skipping and dropping a tree need no recursion, however deep it is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::source::{Place, Span};

/// How a word was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Without quotes.
    Bare,
    /// In `'…'`.
    Single,
    /// In `"…"`.
    Double,
}

/// One token of a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// All its bytes, quotes included.
    pub span: Span,
    /// How it was written.
    pub quoting: Quoting,
    /// True if a `\"`, `\'`, `\\`, `\t`, `\r` or `\n` in it has to be turned (A8.3).
    pub escaped: bool,
    /// True if a template tag (Jinja, ERB, Go) stands in it, so that its value is not known.
    pub templated: bool,
}

impl Word {
    /// The bytes between the quotes, or all of them for a bare word, escapes untouched.
    pub fn inner(self) -> Span {
        match self.quoting {
            Quoting::Bare => self.span,
            Quoting::Single | Quoting::Double => Span::new(self.span.start + 1, self.span.end.saturating_sub(1)),
        }
    }

    /// Returns what nginx makes of the word: quotes off, escapes turned (A8.3). `file` is the whole file.
    pub fn value(self, file: &[u8]) -> Cow<'_, [u8]> {
        let raw = self.inner().of(file);
        if self.escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
    }
}

/// Turns the escapes nginx knows and leaves every other backslash (A8.3).
pub(in crate::nginx) fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut turned = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, after @ ..] = rest {
        let meant = match (byte, after.first()) {
            (b'\\', Some(quoted @ (b'"' | b'\'' | b'\\'))) => Some(*quoted),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            _ => None,
        };
        turned.push(meant.unwrap_or(*byte));
        rest = after.get(usize::from(meant.is_some())..).unwrap_or(&[]);
    }
    turned
}

/// The part behind a directive's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `;`
    Simple,
    /// `{ … }` of directives; the span runs from `{` to `}`, or to the end of the file where `}` is missing.
    Block(Span),
    /// `{ … }` in a language of its own (`*_by_lua_block`); the span runs from `{` to `}`.
    Foreign(Span),
}

/// One directive, simple or block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directive {
    /// Index of its name in [`Tree::words`]; its parameters follow.
    pub first_word: u32,
    /// How many words it has, its name included; never 0.
    pub word_count: u32,
    /// The part behind the words.
    pub body: Body,
    /// The block directive it stands in.
    pub parent: Option<u32>,
    /// Index one past its last descendant in [`Tree::directives`]; its own index plus one when it has none.
    pub end: u32,
}

/// Why a part of a file could not be read as nginx directives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where nginx, too, would stop.
    pub span: Span,
    /// The text found and the text expected, in lower case, without a full stop.
    pub message: String,
    /// The text to write instead, where that is known.
    pub help: Option<String>,
}

/// A file that was read: whatever could be understood, and a list of what could not.
#[derive(Debug, Default)]
pub struct Tree {
    /// All words, in file order.
    pub words: Vec<Word>,
    /// All directives, in the order in which they open.
    pub directives: Vec<Directive>,
    /// Where nginx's lexer or its block structure refuses the file, in file order.
    pub errors: Vec<SyntaxError>,
    /// Template tags that were masked, in file order; what they expand to is not known.
    pub tags: Vec<Span>,
    /// Comments that begin with the name of corslint, in file order.
    pub comments: Vec<Span>,
    /// The file's words after envsubst, where it is a template and the names in it are known.
    pub filled: Filled,
    /// Limits that cut the reading short: the place, and the limit in words.
    pub limits: Vec<SyntaxError>,
}

impl Tree {
    /// The words of a directive, its name first.
    pub fn words(&self, directive: u32) -> &[Word] {
        let Some(directive) = self.directives.get(directive as usize) else { return &[] };
        let first = directive.first_word as usize;
        self.words.get(first..first + directive.word_count as usize).unwrap_or(&[])
    }

    /// The directives that stand directly in `parent`'s block, or at the top of the file.
    pub fn children(&self, parent: Option<u32>) -> Children<'_> {
        let (next, end) = match parent {
            None => (0, Span::at(0, self.directives.len()).end),
            Some(index) => (index + 1, self.directives.get(index as usize).map_or(0, |directive| directive.end)),
        };
        Children { tree: self, next, end }
    }

    /// Returns whether nginx reads exactly what stands there: no error, no template tag, no limit, and nothing that envsubst fills in.
    pub fn is_plain(&self) -> bool {
        self.errors.is_empty() && self.tags.is_empty() && self.limits.is_empty() && self.filled.is_empty()
    }

    /// From a directive's name to the end of its last parameter, without `;` or block.
    pub fn head(&self, directive: u32) -> Span {
        match self.words(directive) {
            [] => Span::default(),
            [first, .., last] => first.span.to(last.span),
            [only] => only.span,
        }
    }
}

/// The indices of sibling directives; see [`Tree::children`].
#[derive(Debug, Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        self.next = self.tree.directives.get(index as usize)?.end;
        Some(index)
    }
}

/// The words of a file that envsubst changes: what becomes of them, and where that is set.
#[derive(Default)]
pub struct Filled(BTreeMap<Span, (Vec<u8>, Vec<Place>)>);

impl fmt::Debug for Filled {
    /// How many words, and no value: it stands in a .env file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filled").field(&self.0.len()).finish()
    }
}

impl Filled {
    pub(super) fn new(words: BTreeMap<Span, (Vec<u8>, Vec<Place>)>) -> Self {
        Filled(words)
    }

    /// Returns what nginx reads at `span`: without quotes, escapes turned.
    pub fn text(&self, span: Span) -> Option<&[u8]> {
        self.0.get(&span).map(|(text, _)| text.as_slice())
    }

    /// Returns what nginx reads of all words.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(|(text, _)| text.as_slice())
    }

    /// Returns whether envsubst changes nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the values are set that stand in the words between `span`'s ends, each once.
    pub fn places(&self, span: Span) -> Vec<Place> {
        let before = self.0.range(..Span::new(span.end, span.end)).rev();
        let touched = before.take_while(|(word, _)| word.end > span.start);
        let mut places: Vec<Place> = touched.flat_map(|(_, (_, places))| places.iter().copied()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}
