//! The nginx grammar: from bytes to a [`Tree`], as nginx itself would read them.
//!
//! The lexer reads one token at a time; the reader puts words together into directives and nests blocks on an explicit
//! stack. Reading never fails: every fault is recorded and reading goes on, so that one fault neither hides
//! the next nor is told twice.

mod foreign;
mod lexer;
mod reader;

pub use reader::MAX_DEPTH;
use reader::Reader;

use crate::nginx::syntax::template;
use crate::nginx::syntax::tree::{Quoting, Tree};
use crate::source::Span;

/// Reads a whole file.
pub fn parse(file: &[u8]) -> Tree {
    let (plain, faults) = Reader::new(file, file, Vec::new()).read();
    if !template::may_hold_tags(file) {
        return plain;
    }
    let (masked, tags) = template::mask(file);
    if tags.is_empty() {
        return plain;
    }
    // What looks like a tag may be plain nginx. The file is a template if reading it as one explains it better.
    let faults = faults + tag_words(file, &plain);
    if faults > 0 {
        let (read, left) = Reader::new(&masked, file, tags.clone()).read();
        // Tags in another language's code are none: `{{1}, {2}}` is a table in Lua.
        if !read.tags.is_empty() && left < faults {
            return read;
        }
    }
    with_tags_in_words(plain, &tags)
}

/// How many words of a file read as plain nginx can only come from a tag: `<%` in an unquoted word, `%` as a name.
fn tag_words(file: &[u8], tree: &Tree) -> usize {
    let erb = tree
        .words
        .iter()
        .filter(|word| word.quoting == Quoting::Bare && memchr::memmem::find(word.span.of(file), b"<%").is_some());
    let names = tree.directives.iter().filter_map(|directive| tree.words.get(directive.first_word as usize));
    erb.count() + names.filter(|name| name.span.of(file).starts_with(b"%")).count()
}

/// A tree read as plain nginx, with the tags that stand inside one of its words: they do no harm to its structure, but
/// the word's value is not known.
fn with_tags_in_words(mut tree: Tree, tags: &[Span]) -> Tree {
    let mut tags = tags.iter().copied().peekable();
    for word in &mut tree.words {
        while let Some(tag) = tags.next_if(|tag| tag.start < word.span.end) {
            if word.span.start <= tag.start && tag.end <= word.span.end {
                word.templated = true;
                tree.tags.push(tag);
            }
        }
    }
    tree
}
