//! Puts tokens together into directives, and nests blocks on an explicit stack.

mod faults;
mod tags;

use super::foreign::{self, Language};
use super::lexer::{Token, is_blank, quantifier_at, token_at};
use crate::nginx::syntax::tree::{Body, Directive, Quoting, SyntaxError, Tree, Word};
use crate::source::Span;

/// How deep blocks may nest. nginx has no limit of its own; real files nest a dozen at most.
pub const MAX_DEPTH: usize = 256;
/// After how many errors a file is not read further: nginx stops at the first.
const MAX_ERRORS: usize = 10_000;

/// nginx reads a file through a buffer of this many bytes, which has to hold a whole token (`NGX_CONF_BUFFER`).
const BUFFER: usize = 4096;

/// The byte-order mark of UTF-8, which nginx takes for the start of a directive's name (A8.6).
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Blocks that hold a table and not directives: nginx refuses `{` in them.
const TABLES: [&[u8]; 5] = [b"map", b"types", b"geo", b"split_clients", b"charset_map"];

/// A block that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Offset of its `{`.
    brace: u32,
    /// The directive whose block what stands here is recorded in.
    directive: Option<u32>,
    /// True if this block is that directive's own, and not a `{` with no name before it.
    own: bool,
}

/// The state of reading one file.
pub(super) struct Reader<'f> {
    /// The file with its template tags masked.
    file: &'f [u8],
    /// The file as it is: code in another language is read from it, since `{{` is nothing special there.
    unmasked: &'f [u8],
    /// Offset of the next byte to read.
    at: usize,
    tree: Tree,
    /// The open blocks that are recorded, outermost first.
    blocks: Vec<Open>,
    /// How many more are open past [`MAX_DEPTH`]; what stands in them is read but not recorded.
    beyond: usize,
    /// The directive whose block is the first of those.
    cut: Option<u32>,
    /// True if the directive being read has had its error.
    at_fault: bool,
    /// True if the directive being read is known to have a word that is not made of tags alone.
    has_plain_word: bool,
    /// The bodies in other languages.
    foreign: Vec<Span>,
    /// How often a template holds together only with what its tags print.
    torn: usize,
}

impl<'f> Reader<'f> {
    /// A reader at the start of a file, given masked and as it is.
    pub(super) fn new(file: &'f [u8], unmasked: &'f [u8], tags: Vec<Span>) -> Self {
        let tree = Tree {
            tags,
            // A word of an ordinary configuration takes some ten bytes, a directive some forty.
            words: Vec::with_capacity(file.len() / 12),
            directives: Vec::with_capacity(file.len() / 32),
            ..Tree::default()
        };
        Reader {
            file,
            unmasked,
            at: 0,
            tree,
            blocks: Vec::new(),
            beyond: 0,
            cut: None,
            at_fault: false,
            has_plain_word: false,
            foreign: Vec::new(),
            torn: 0,
        }
    }

    /// Reads the whole file: its tree, and the number of faults in it, those included that a template may mend.
    pub(super) fn read(mut self) -> (Tree, usize) {
        if self.file.starts_with(BOM) {
            let help = "save the file as UTF-8 without a byte-order mark";
            self.error(
                Span::at(0, BOM.len()),
                "unexpected byte-order mark, which nginx takes for a directive's name",
                help,
            );
            self.at = BOM.len();
        }
        while self.directive() {
            if self.tree.errors.len() >= MAX_ERRORS {
                let span = Span::at(self.at, self.at);
                let message = format!("after {MAX_ERRORS} places that nginx refuses, the file is not read further");
                self.tree.limits.push(SyntaxError { span, message, help: None });
                break;
            }
        }
        self.close_the_rest();
        self.tree.errors.sort_by_key(|error| error.span);
        let mut foreign = self.foreign.iter().peekable();
        self.tree.tags.retain(|tag| {
            while foreign.next_if(|body| body.end <= tag.start).is_some() {}
            foreign.peek().is_none_or(|body| tag.end <= body.start)
        });
        let faults = self.tree.errors.len() + self.torn;
        (self.tree, faults)
    }

    /// Reads one directive up to its `;` or `{`, or one `}`; says whether the file goes on.
    fn directive(&mut self) -> bool {
        let first_word = self.tree.words.len();
        self.at_fault = false;
        self.has_plain_word = false;
        loop {
            let (start, end, token) = token_at(self.file, self.at);
            self.at = end;
            self.drop_lone_tags(first_word, start, token);
            let nameless = self.tree.words.len() == first_word;
            match token {
                Token::Comment => self.check_comment(start, end),
                Token::Word { quoting, escaped, closed } => {
                    let word =
                        Word { span: Span::at(start, end), quoting, escaped, templated: self.is_templated(start, end) };
                    self.word(word, closed);
                }
                Token::Semicolon if nameless => {
                    self.structure(
                        Span::at(start, end),
                        "unexpected `;`",
                        "take it out: no directive stands before it",
                    );
                    return true;
                }
                Token::Semicolon => {
                    self.record(first_word, Body::Simple);
                    return true;
                }
                Token::Open if self.brace_in_word(first_word, start) => {}
                Token::Open => {
                    self.open(first_word, start);
                    return true;
                }
                Token::Close => {
                    if !nameless {
                        self.unterminated(first_word, "unexpected `}`, expecting `;`");
                    }
                    self.close(start);
                    return true;
                }
                Token::End => {
                    if !nameless {
                        self.unterminated(first_word, "unexpected end of file, expecting `;` or `}`");
                    }
                    return false;
                }
            }
        }
    }

    /// Takes a word in and checks what nginx checks about it: its length and the byte after its closing quote.
    fn word(&mut self, word: Word, closed: bool) {
        let (start, end) = (word.span.start as usize, word.span.end as usize);
        let quoted = word.quoting != Quoting::Bare;
        if !closed {
            self.unclosed(word, "unexpected end of file in a quoted word, expecting its closing quote");
            return;
        }
        let next = self.file.get(end).copied();
        if let (true, Some(byte)) = (quoted, next)
            && !is_blank(byte)
            && !matches!(byte, b';' | b'{' | b')' | b'}')
        {
            self.glued(word, end);
            return;
        }
        // The last byte nginx needs of an unquoted word is its delimiter, of a quoted word the byte after its closing
        // quote; a blank there makes it look at one byte more before it lets the word go.
        let held_from = start + usize::from(quoted);
        if !word.templated && self.too_long(held_from, end - held_from + usize::from(next.is_some_and(is_blank))) {
            let help = format!("nginx's buffer holds {BUFFER} bytes, and the word with its delimiters has to fit in");
            self.error(word.span, "too long parameter", &help);
        }
        self.tree.words.push(word);
    }

    /// Returns whether nginx's buffer overflows before it lets a token go. The buffer is filled again when it is used up, and a
    /// token under way is then moved to its front; so wherever a token stands, its first byte that nginx keeps, at
    /// `from`, and all bytes up to `from + last` must fit in. At the end of the file nothing has to be filled again.
    ///
    /// So an unquoted word has at most 4,095 bytes before `;` or `{` and 4,094 before a blank; a quoted one has between
    /// its quotes 4,094 before `;`, `{` or `)` and 4,093 before a blank; a comment has 4,095, and the last one of a
    /// file 4,096 where no line end follows.
    fn too_long(&self, from: usize, last: usize) -> bool {
        last >= BUFFER && self.file.len() > from + BUFFER
    }

    /// A comment is held in the buffer like a word (A8.7).
    fn check_comment(&mut self, start: usize, end: usize) {
        let text = self.file[start..end].strip_prefix(b"#").unwrap_or_default();
        let name = text.trim_ascii_start().get(..8);
        if name.is_some_and(|name| name.eq_ignore_ascii_case(b"corslint")) {
            self.tree.comments.push(Span::at(start, end));
        }
        if self.too_long(start, end - start) {
            let help = format!("nginx reads at most {} bytes of a comment", BUFFER - 1);
            let message = "too long comment, which nginx refuses as a too long parameter";
            self.error(Span::at(start, end), message, &help);
            // It says nothing about the directive it stands in or before.
            self.at_fault = false;
        }
    }

    /// Puts the words from `first_word` on into the tree as one directive; drops them where the tree has no room left.
    fn record(&mut self, first_word: usize, body: Body) -> Option<u32> {
        if self.beyond > 0 {
            self.tree.words.truncate(first_word);
            return None;
        }
        let index = Span::at(0, self.tree.directives.len()).end;
        let words = Span::at(first_word, self.tree.words.len());
        let parent = self.parent();
        self.tree.directives.push(Directive {
            first_word: words.start,
            word_count: words.len(),
            body,
            parent,
            end: index + 1,
        });
        Some(index)
    }

    /// A `{` that was meant as a part of an unquoted word, as in `^/[a-z]{2}/`: nginx ends the word before it, and then
    /// knows no directive `2}/`. The word is read on as it was meant; says whether it was so.
    fn brace_in_word(&mut self, first_word: usize, brace: usize) -> bool {
        let name = self.tree.words.get(first_word).map(|name| name.value(self.file));
        // A table's first entry may be called anything: `types{2}a b;}` is nginx.
        let quantifier = match name {
            Some(name) if !TABLES.contains(&name.as_ref()) => quantifier_at(self.file, brace),
            _ => None,
        };
        let Some(length) = quantifier.or_else(|| self.in_table().then_some(1)) else { return false };
        let end = brace + length;
        let (more, more_end, token) = token_at(self.file, end);
        let Some(last) = self.tree.words.last_mut() else { return false };
        if last.quoting != Quoting::Bare || last.span.end as usize != brace {
            return false;
        }
        last.span = Span::at(last.span.start as usize, end);
        self.at = end;
        if let (Token::Word { quoting: Quoting::Bare, escaped, .. }, true) = (token, more == end) {
            last.span = Span::at(last.span.start as usize, more_end);
            last.escaped |= escaped;
            self.at = more_end;
        }
        let help = "put the regular expression into quotes: `{` ends an unquoted word";
        self.error(Span::at(brace, end), "unexpected `{` in an unquoted word", help);
        true
    }

    /// The directive in whose block the next one stands.
    fn parent(&self) -> Option<u32> {
        self.blocks.last().and_then(|block| block.directive)
    }

    /// `{`: opens a block of directives, or skips a body in another language.
    fn open(&mut self, first_word: usize, brace: usize) {
        let nameless = self.tree.words.len() == first_word;
        if nameless {
            self.structure(Span::at(brace, brace + 1), "unexpected `{`", "a directive's name has to stand before it");
        } else if self.in_table() {
            let help = "no block can stand here; put a regular expression with `{` into quotes";
            self.error(Span::at(brace, brace + 1), "unexpected `{`", help);
        }
        let name = self.tree.words.get(first_word).map(|name| name.value(self.file));
        if let Some(language) = name.and_then(|name| Language::of_directive(&name)) {
            self.foreign(first_word, brace, language);
            return;
        }
        let recorded =
            if nameless { None } else { self.record(first_word, Body::Block(Span::at(brace, self.file.len()))) };
        if self.blocks.len() < MAX_DEPTH {
            let directive = recorded.or(self.parent());
            self.blocks.push(Open { brace: Span::at(brace, brace).start, directive, own: !nameless });
            return;
        }
        if self.beyond == 0 {
            let message = format!("blocks nest deeper than {MAX_DEPTH}: what stands in this one was not read");
            self.tree.limits.push(SyntaxError { span: Span::at(brace, brace + 1), message, help: None });
            self.cut = recorded;
        }
        self.beyond += 1;
    }

    /// Returns whether the innermost open block holds a table.
    fn in_table(&self) -> bool {
        let words = self.parent().map(|directive| self.tree.words(directive)).unwrap_or_default();
        words.first().is_some_and(|name| TABLES.contains(&name.value(self.file).as_ref()))
    }

    /// Skips a body in another language.
    fn foreign(&mut self, first_word: usize, brace: usize, language: Language) {
        let code = self.unmasked.get(brace + 1..).unwrap_or(&[]);
        let end = match foreign::body(language, code) {
            Some(length) => brace + 1 + length,
            None => {
                let help = "this block is not closed";
                self.error(Span::at(brace, brace + 1), "unexpected end of file, expecting `}`", help);
                self.file.len()
            }
        };
        let body = Span::at(brace, end);
        self.foreign.push(body);
        self.record(first_word, Body::Foreign(body));
        self.at = end;
    }

    /// `}`: closes the innermost block.
    fn close(&mut self, brace: usize) {
        if self.beyond > 0 {
            self.beyond -= 1;
            if self.beyond == 0
                && let Some(cut) = self.cut
            {
                self.end_block(cut, brace + 1);
            }
            return;
        }
        match self.blocks.pop() {
            Some(Open { directive: Some(directive), own: true, .. }) => self.end_block(directive, brace + 1),
            Some(_) => {}
            None => self.structure(Span::at(brace, brace + 1), "unexpected `}`", "no block is open here"),
        }
    }

    /// Ends a block directive after `}` at the offset `end`.
    fn end_block(&mut self, directive: u32, end: usize) {
        let past_last = Span::at(0, self.tree.directives.len()).end;
        if let Some(directive) = self.tree.directives.get_mut(directive as usize) {
            directive.end = past_last;
            if let Body::Block(span) = &mut directive.body {
                *span = Span::new(span.start, Span::at(end, end).end);
            }
        }
    }

    /// Ends the blocks that are still open at the end of the file; one error for all, as nginx has one.
    fn close_the_rest(&mut self) {
        self.at_fault = false;
        if let Some(innermost) = self.blocks.last() {
            let span = Span::new(innermost.brace, innermost.brace + 1);
            self.structure(span, "unexpected end of file, expecting `}`", "this block is not closed");
        }
        while let Some(block) = self.blocks.pop() {
            if let (Some(directive), true) = (block.directive, block.own) {
                self.end_block(directive, self.file.len());
            }
        }
    }
}
