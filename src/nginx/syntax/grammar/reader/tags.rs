//! Words that are made of template tags, wholly or in part.

use super::super::lexer::Token;
use super::Reader;
use crate::source::Span;

impl Reader<'_> {
    /// Returns whether a template tag stands in these bytes.
    pub(super) fn is_templated(&self, start: usize, end: usize) -> bool {
        let tags = &self.tree.tags;
        !tags.is_empty() && {
            let next = tags.partition_point(|tag| tag.end as usize <= start);
            tags.get(next).is_some_and(|tag| (tag.start as usize) < end)
        }
    }

    /// Drops the words of a directive under way where they are nothing but tags on lines of their own: such a tag
    /// prints whole directives (`{{ extra_config }}`) and is not the name of the next one.
    pub(super) fn drop_lone_tags(&mut self, first_word: usize, next: usize, token: Token) {
        if self.has_plain_word || self.tree.tags.is_empty() {
            return;
        }
        let words = self.tree.words.get(first_word..).unwrap_or(&[]);
        let Some(last) = words.last().map(|word| word.span) else { return };
        let between = self.file.get(last.end as usize..next).unwrap_or(&[]);
        let ends_here = match token {
            Token::Close | Token::End => true,
            Token::Word { .. } => memchr::memchr(b'\n', between).is_some(),
            Token::Comment | Token::Semicolon | Token::Open => false,
        };
        if !ends_here {
            return;
        }
        if words.iter().all(|word| self.is_all_tags(word.span)) {
            self.tree.words.truncate(first_word);
        } else {
            self.has_plain_word = true;
        }
    }

    /// Returns whether every byte of a word belongs to a tag.
    fn is_all_tags(&self, span: Span) -> bool {
        let next = self.tree.tags.partition_point(|tag| tag.end <= span.start);
        let inside = self.tree.tags.iter().skip(next).take_while(|tag| tag.start < span.end);
        inside.map(|tag| tag.len()).sum::<u32>() >= span.len()
    }
}
