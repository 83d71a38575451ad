//! The tree of any nginx file: its words lie in it and in order, and printed it reads the same.

use std::fmt::Write as _;

use corslint::nginx::syntax::grammar::{MAX_DEPTH, parse};
use corslint::nginx::syntax::template;
use corslint::nginx::syntax::tree::{Body, Quoting, Tree, Word};

use super::{assert_whole, cost};

/// Checks any file.
pub fn check(file: &[u8]) {
    let (masked, tags) = template::mask(file);
    assert_eq!(masked.len(), file.len(), "masking moves nothing");
    assert!(tags.is_sorted_by(|one, next| one.end <= next.start), "tags do not overlap");
    let mut outside = vec![true; file.len()];
    for tag in &tags {
        assert_whole(*tag, file, "a tag");
        outside[tag.start as usize..tag.end as usize].fill(false);
    }
    assert!((0..file.len()).all(|at| masked[at] == file[at] || !outside[at]), "only tags are masked");
    let tree = cost::bounded(file.len(), || parse(file));
    sound(&tree, file);
    let printed = print(&tree, file);
    // What looks like a tag, and a mark that now stands first, would be read otherwise.
    let same_words =
        tags.is_empty() && !template::may_hold_tags(&printed) && !printed.starts_with("\u{feff}".as_bytes());
    if tree.errors.is_empty() && tree.limits.is_empty() && same_words {
        assert_eq!(meaning(&parse(&printed), &printed), meaning(&tree, file), "printed, it reads otherwise");
    }
}

/// Asserts what must hold for the tree of any bytes at all.
pub fn sound(tree: &Tree, file: &[u8]) {
    let mut at = 0;
    for word in &tree.words {
        assert!(at <= word.span.start && word.span.start < word.span.end, "{word:?} after {at}");
        assert_whole(word.span, file, "a word");
        assert_whole(word.inner(), file, "a word without its quotes");
        at = word.span.end;
    }
    let count = u32::try_from(tree.directives.len()).unwrap();
    let mut first_word = 0;
    let mut open: Vec<u32> = Vec::new();
    for (index, directive) in (0_u32..).zip(&tree.directives) {
        assert_eq!(directive.first_word, first_word, "each word belongs to the next directive");
        assert!(directive.word_count > 0);
        first_word += directive.word_count;
        assert!(index < directive.end && directive.end <= count);
        while open.pop_if(|last| tree.directives[*last as usize].end <= index).is_some() {}
        assert_eq!(directive.parent, open.last().copied(), "the block it stands in");
        assert!(open.len() <= MAX_DEPTH);
        if let Some(around) = directive.parent.map(|parent| tree.directives[parent as usize]) {
            assert!(directive.end <= around.end && matches!(around.body, Body::Block(_)));
        }
        open.push(index);
        if let Body::Block(span) | Body::Foreign(span) = directive.body {
            assert_whole(span, file, "a block");
        }
    }
    assert_eq!(first_word as usize, tree.words.len(), "every word belongs to a directive");
    for error in tree.errors.iter().chain(&tree.limits) {
        assert_whole(error.span, file, "a fault");
    }
    assert!(tree.errors.is_sorted_by_key(|error| error.span), "errors stand in file order");
    for span in tree.tags.iter().chain(&tree.comments) {
        assert_whole(*span, file, "a tag or comment");
    }
}

/// The tree written out again, one directive a line, each word as it was written.
pub fn print(tree: &Tree, file: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    for (index, directive) in (0_u32..).zip(&tree.directives) {
        while open.pop_if(|end| *end <= index).is_some() {
            text.extend_from_slice(b"}\n");
        }
        for word in tree.words(index) {
            text.extend_from_slice(word.span.of(file));
            text.push(b' ');
        }
        match directive.body {
            Body::Simple => text.extend_from_slice(b";\n"),
            Body::Foreign(span) => text.extend_from_slice(span.of(file)),
            Body::Block(_) => {
                text.extend_from_slice(b"{\n");
                open.push(directive.end);
            }
        }
    }
    text.extend(open.iter().flat_map(|_| b"}\n"));
    text
}

/// What a tree says, whatever the blanks and comments between.
pub fn meaning(tree: &Tree, file: &[u8]) -> Vec<String> {
    let directives = (0_u32..).zip(&tree.directives).map(|(index, directive)| {
        let words: Vec<String> = tree.words(index).iter().map(|&word| show_word(word, file)).collect();
        let body = match directive.body {
            Body::Simple => "simple".to_owned(),
            Body::Block(_) => "block".to_owned(),
            Body::Foreign(span) => show(span.of(file)),
        };
        format!("{words:?} {body} in {:?} to {}", directive.parent, directive.end)
    });
    directives.collect()
}

/// Bytes as one line of text; what would not show is escaped.
pub fn show(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                character if character.is_control() => write!(shown, "{}", character.escape_default()).unwrap(),
                character => shown.push(character),
            }
        }
        for byte in chunk.invalid() {
            write!(shown, "\\x{byte:02x}").unwrap();
        }
    }
    shown
}

/// A word as it is written; `⇒` gives its value where an escape was turned, `?` says that a template fills it in.
pub fn show_word(word: Word, file: &[u8]) -> String {
    let mut shown = show(word.span.of(file));
    if word.escaped {
        write!(shown, "⇒{}", show(&word.value(file))).unwrap();
    }
    if word.templated {
        shown.push('?');
    }
    // A bare word that looks quoted is one that was never closed.
    if word.quoting == Quoting::Bare && shown.starts_with(['"', '\'']) { format!("«{shown}»") } else { shown }
}
