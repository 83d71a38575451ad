//! Faults of a text, and their places.

use super::Reader;
use crate::nginx::syntax::grammar::lexer::is_blank;
use crate::nginx::syntax::tree::{Body, Quoting, SyntaxError, Word};
use crate::source::Span;

impl Reader<'_> {
    /// A quoted word with something glued to its closing quote.
    pub(super) fn glued(&mut self, word: Word, end: usize) {
        let first_line = self.first_line(word.span);
        let unexpected = character(self.file, end);
        // A line that ends in `;` inside the quotes, and a last quote that stands like an opening one, say that this
        // word was never closed and ran into the next.
        let before_last_quote = end.checked_sub(2).and_then(|at| self.file.get(at).copied());
        if first_line.end < word.span.end
            && first_line.of(self.file).ends_with(b";")
            && before_last_quote.is_some_and(is_blank)
        {
            let message =
                format!("missing closing quote: the next quote is followed by an unexpected {}", unexpected.shown);
            self.unclosed(word, &message);
            return;
        }
        let message = format!("unexpected {} after a closing quote", unexpected.shown);
        self.error(unexpected.span, &message, "put a blank between them, or the whole word into one pair of quotes");
        self.tree.words.push(word);
    }

    /// A quoted word that does not end where its author meant: it is cut off at the end of its first line, before the
    /// `;` or `{` there, and reading goes on from that place.
    pub(super) fn unclosed(&mut self, word: Word, message: &str) {
        let line = self.first_line(word.span);
        let text = line.of(self.file);
        let kept = match text {
            [inside @ .., b';' | b'{'] => inside.trim_ascii_end(),
            _ => text,
        };
        let kept = kept.len().max(1);
        let start = word.span.start as usize;
        let quote = if word.quoting == Quoting::Single { '\'' } else { '"' };
        let span = Span::at(start, start + kept);
        self.error(span, message, &format!("close the word with `{quote}`"));
        // Without its second quote it has no inside; as a bare word its span is its value.
        self.tree.words.push(Word { span, quoting: Quoting::Bare, ..word });
        self.at = start + kept;
    }

    /// The part of a span on its first line, without blanks at its end.
    pub(super) fn first_line(&self, span: Span) -> Span {
        let text = span.of(self.file);
        let line = memchr::memchr(b'\n', text).and_then(|end| text.get(..end)).unwrap_or(text);
        Span::at(span.start as usize, span.start as usize + line.trim_ascii_end().len())
    }

    /// Records a directive whose `;` is missing.
    pub(super) fn unterminated(&mut self, first_word: usize, message: &str) {
        let Some(last) = self.tree.words.last_mut() else { return };
        let end = last.span.end as usize;
        // In `return 204}` the `}` is a part of the word (A8.4) but was meant to close the block.
        let swallowed = last.quoting == Quoting::Bare && last.span.of(self.file).ends_with(b"}") && last.span.len() > 1;
        if swallowed {
            last.span = Span::at(last.span.start as usize, end - 1);
        }
        let span = last.span;
        let help = if swallowed { "end the directive with `;` before `}`" } else { "end the directive with `;`" };
        self.structure(span, message, help);
        self.record(first_word, Body::Simple);
        if swallowed {
            self.close(end - 1);
        }
    }

    /// Records an error in how directives and blocks fit together. What a template prints may mend it, so in a template
    /// the first one only says how far the reading can be trusted.
    pub(super) fn structure(&mut self, span: Span, message: &str, help: &str) {
        if self.tree.tags.is_empty() {
            self.error(span, message, help);
        } else if !self.at_fault {
            if self.torn == 0 {
                let message = format!("{message}, unless a template tag accounts for it");
                self.tree.limits.push(SyntaxError { span, message, help: None });
            }
            self.at_fault = true;
            self.torn += 1;
        }
    }

    /// Records an error, unless the directive being read has had one: what follows a fault is seldom another.
    pub(super) fn error(&mut self, span: Span, message: &str, help: &str) {
        if !self.at_fault {
            self.at_fault = true;
            self.tree.errors.push(SyntaxError { span, message: message.to_owned(), help: Some(help.to_owned()) });
        }
    }
}

/// One character of a file, as a message can show it.
pub(super) struct Character {
    span: Span,
    shown: String,
}

/// The character at an offset; a byte that is no text or would not show is given by its number.
pub(super) fn character(file: &[u8], at: usize) -> Character {
    let bytes = file.get(at..(at + 4).min(file.len())).unwrap_or(&[]);
    let text = bytes.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    match text {
        Some(shown) if !shown.is_control() => {
            Character { span: Span::at(at, at + shown.len_utf8()), shown: format!("`{shown}`") }
        }
        _ => {
            let byte = bytes.first().copied().unwrap_or_default();
            Character { span: Span::at(at, at + 1), shown: format!("byte 0x{byte:02x}") }
        }
    }
}
