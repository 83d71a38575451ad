//! The grammar of .env files: bytes in, a [`EnvTree`] out.
//!
//! Total: every byte lands in a statement. Linear: a quote is searched once and, where it is not closed, the scan
//! ends at the next quote of its kind, which no later statement has before it.

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_till1, take_while, take_while1};
use nom::combinator::{not, opt, peek, recognize, rest, verify};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Offset, Parser};

use crate::dotenv::syntax::tree::{
    Assignment, EnvPart, EnvQuoting, EnvSyntaxError, EnvTree, EnvValue, EqualsSign, PartKind, Statement, StatementKind,
};
use crate::source::Span;

/// The result of a parser: the rest, and its reading.
type Read<'a, T = &'a [u8]> = IResult<&'a [u8], T>;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a .env file.
pub fn parse(file: &[u8]) -> EnvTree {
    let mut reader = EnvReader { file, tree: EnvTree::default() };
    if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
        reader.refuse_utf16();
        return reader.tree;
    }
    let mut left = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    reader.tree.bom = Span::at(0, file.offset(left));
    while !left.is_empty() {
        left = reader.statement(left);
    }
    reader.tree
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0b' | b'\x0c')
}

fn blanks(input: &[u8]) -> Read<'_> {
    take_while(is_blank)(input)
}

/// The line up to its ending, which is `\n`, `\r\n` or the end of the file.
fn line(input: &[u8]) -> Read<'_> {
    let (_, line) = take_till(|byte| byte == b'\n')(input)?;
    let ended = line.len() < input.len();
    take(line.strip_suffix(b"\r").filter(|_| ended).unwrap_or(line).len())(input)
}

/// The ending of a line; empty at the end of the file.
fn line_ending(input: &[u8]) -> Read<'_> {
    recognize(opt(alt((tag(&b"\n"[..]), tag(&b"\r\n"[..]))))).parse(input)
}

/// The bytes every loader takes for a key.
fn plain_key(input: &[u8]) -> Read<'_> {
    take_while1(|byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))(input)
}

/// The bytes some loader takes for a key.
fn any_key(input: &[u8]) -> Read<'_> {
    take_till1(|byte| is_blank(byte) || b"=#\"'`\r\n".contains(&byte))(input)
}

/// `export` and the blanks after it; a key of that name has none.
fn export(input: &[u8]) -> Read<'_> {
    let blank = take_while1(is_blank);
    terminated(tag(&b"export"[..]), (blank, peek(any_key))).parse(input)
}

fn comment(input: &[u8]) -> Read<'_> {
    recognize((tag(&b"#"[..]), rest)).parse(input)
}

/// The text before a value.
struct Head<'a> {
    export: Option<&'a [u8]>,
    key: &'a [u8],
    before: &'a [u8],
    mark: &'a [u8],
    after: &'a [u8],
}

/// Everything up to the value. `KEY: value` is node's and compose's; `KEY:value` is compose's alone, and so it comes
/// last, after keys with a colon inside; a URL on a line of its own is neither.
fn head(input: &[u8]) -> Read<'_, Head<'_>> {
    let equals = || tag(&b"="[..]);
    let colon = || tag(&b":"[..]);
    let spaced_colon = terminated(colon(), peek(alt((take_while1(is_blank), verify(rest, <[u8]>::is_empty)))));
    let (left, export) = opt(terminated(export, blanks)).parse(input)?;
    let (left, (key, before, mark)) = alt((
        (plain_key, blanks, equals()),
        (plain_key, tag(&b""[..]), spaced_colon),
        (any_key, blanks, equals()),
        (plain_key, tag(&b""[..]), terminated(colon(), not(tag(&b"//"[..])))),
    ))
    .parse(left)?;
    let (left, after) = blanks(left)?;
    Ok((left, Head { export, key, before, mark, after }))
}

/// `export`, a key and a comment.
type BareKey<'a> = (Option<&'a [u8]>, &'a [u8], Option<&'a [u8]>);

/// `KEY` alone, or with a comment.
fn bare_key(input: &[u8]) -> Read<'_, BareKey<'_>> {
    let (left, export) = opt(terminated(export, blanks)).parse(input)?;
    let (left, key) = any_key(left)?;
    let (left, trailing) = preceded(blanks, opt(comment)).parse(left)?;
    verify(rest, <[u8]>::is_empty).parse(left).map(|(left, _)| (left, (export, key, trailing)))
}

/// A bare value and the comment after it, which starts at the first `#` that a blank stands before.
fn bare_value(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let starts = line.windows(2).position(|pair| matches!(pair, [blank, b'#'] if is_blank(*blank)));
    let at = starts.map_or(line.len(), |blank| blank + 1);
    let (value, comment) = line.split_at_checked(at).unwrap_or((line, b""));
    (trim_end(value), starts.map(|_| comment))
}

/// The text without the blanks at its end. A CR among them is one of them: loaders that trim take it away with the others, or end
/// the line there. The last byte of a line may be a CR that is a part of the value.
fn trim_end(text: &[u8]) -> &[u8] {
    let mut trimmed = text;
    while let [before @ .., last] = trimmed {
        let is_among_blanks = *last == b'\r' && trimmed.len() < text.len();
        if !is_blank(*last) && !is_among_blanks {
            break;
        }
        trimmed = before;
    }
    trimmed
}

/// Returns whether only blanks, and perhaps a comment, stand before the end of the line.
fn ends_well(input: &[u8]) -> bool {
    let blanks = input.iter().take_while(|byte| is_blank(**byte)).count();
    matches!(input.get(blanks..).unwrap_or(&[]), [] | [b'#' | b'\n', ..] | [b'\r', b'\n', ..])
}

/// How many bytes stand between the opening quote, of which `input` is the rest, and the closing one.
///
/// As node reads it: the first quote without a backslash closes, and has to end its statement where that is on a
/// later line; a quote with a backslash closes only where it ends its statement and none after it does. So a quote
/// that is missing does not swallow the file.
fn closing_quote(input: &[u8], quote: u8) -> Option<usize> {
    let mut escaped_end = None;
    let mut backslashes = false;
    for (at, &byte) in input.iter().enumerate() {
        if byte == quote {
            let after = input.get(at + 1..).unwrap_or(&[]);
            if ends_well(after) && !backslashes {
                return Some(at);
            }
            if !backslashes {
                let same_line = !input.get(..at).unwrap_or(&[]).contains(&b'\n');
                return escaped_end.or(same_line.then_some(at));
            }
            if ends_well(after) {
                escaped_end = Some(at);
            }
        }
        backslashes = byte == b'\\' && !backslashes;
    }
    escaped_end
}

/// `$NAME`, `${NAME}` or `${NAME:-default}`.
fn variable(input: &[u8]) -> Read<'_, (&[u8], Option<&[u8]>)> {
    let name_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let letter = |name: &[u8]| name.first().is_some_and(|byte| !byte.is_ascii_digit());
    let name = |input| verify(take_while1(name_byte), letter).parse(input);
    let braced = |input| {
        let (left, name) = preceded(tag(&b"${"[..]), name).parse(input)?;
        let (left, operator) = terminated(take_till(|byte| byte == b'}'), tag(&b"}"[..])).parse(left)?;
        Ok((left, (name, Some(operator))))
    };
    alt((braced, preceded(tag(&b"$"[..]), name).map(|name| (name, None)))).parse(input)
}

/// The bytes after a backslash that make an escape of it; between single quotes only node's and python's.
fn escapes(quoting: EnvQuoting, byte: u8) -> bool {
    match quoting {
        // Nobody turns a letter outside of ASCII into another, and half of one is none.
        EnvQuoting::Bare | EnvQuoting::Double => byte.is_ascii(),
        EnvQuoting::Single => matches!(byte, b'\'' | b'\\'),
        EnvQuoting::Backtick => byte == b'`',
        EnvQuoting::None => false,
    }
}

struct EnvReader<'a> {
    file: &'a [u8],
    tree: EnvTree,
}

impl<'a> EnvReader<'a> {
    /// Where a piece of the file stands in it.
    fn span(&self, piece: &[u8]) -> Span {
        let start = self.file.offset(piece);
        Span::at(start, start + piece.len())
    }

    /// One error for a file that has a zero in every second byte.
    fn refuse_utf16(&mut self) {
        let all = Span::at(0, self.file.len());
        self.tree.statements.push(Statement { span: all, kind: StatementKind::Unreadable(all) });
        self.tree.errors.push(EnvSyntaxError {
            span: Span::at(0, 2),
            message: "this file is UTF-16, which no loader reads",
            help: Some("save it as UTF-8"),
        });
    }

    /// Reads one statement and gives what is left of the file; always less than `input` where that is not empty.
    fn statement(&mut self, input: &'a [u8]) -> &'a [u8] {
        let (after_line, line) = line(input).unwrap_or((b"", input));
        let (after_blanks, _) = blanks(line).unwrap_or((line, b""));
        let text = trim_end(after_blanks);
        let (kind, left) = match text.first() {
            None => (StatementKind::Blank, after_line),
            Some(b'#' | b';') => (StatementKind::Comment(self.span(text)), after_line),
            Some(_) => self.key_statement(input, text, after_line),
        };
        let (left, _) = line_ending(left).unwrap_or((left, b""));
        let start = self.file.offset(input);
        self.tree.statements.push(Statement { span: Span::at(start, self.file.offset(left)), kind });
        left
    }

    /// Reads a statement whose first line, without the blanks around it, is `text`.
    fn key_statement(&mut self, input: &'a [u8], text: &'a [u8], after_line: &'a [u8]) -> (StatementKind, &'a [u8]) {
        if let Ok((value, head)) = head(text) {
            let to_value = input.offset(value);
            let from_value = input.get(to_value..).unwrap_or(&[]);
            return self.assignment(&head, value, from_value, after_line);
        }
        if let Ok((_, (export, key, comment))) = bare_key(text) {
            let export = export.map(|word| self.span(word));
            let comment = comment.map(|text| self.span(text));
            return (StatementKind::Key { export, key: self.span(key), comment }, after_line);
        }
        let span = self.span(text);
        self.refuse(span);
        (StatementKind::Unreadable(span), after_line)
    }

    /// Reports an unreadable line; a run of them is one error.
    fn refuse(&mut self, span: Span) {
        let follows = matches!(self.tree.statements.last(), Some(Statement { kind: StatementKind::Unreadable(_), .. }));
        if follows && !self.tree.errors.is_empty() {
            return;
        }
        self.tree.errors.push(EnvSyntaxError {
            span,
            message: "neither an assignment nor a comment",
            help: Some("write `KEY=value`, or start the line with `#`"),
        });
    }

    /// Reads an assignment's value: `line` is its first line, `input` the file from there on.
    fn assignment(
        &mut self,
        head: &Head<'a>,
        line: &'a [u8],
        input: &'a [u8],
        after_line: &'a [u8],
    ) -> (StatementKind, &'a [u8]) {
        let quoting = match line.first() {
            Some(b'\'') => EnvQuoting::Single,
            Some(b'"') => EnvQuoting::Double,
            Some(b'`') => EnvQuoting::Backtick,
            _ => EnvQuoting::Bare,
        };
        let (value, comment, left) = match quoting {
            EnvQuoting::Bare => self.bare(line, !head.after.is_empty(), after_line),
            _ => self.quoted(quoting, line, input, after_line),
        };
        let separator = EqualsSign {
            before: self.span(head.before),
            mark: self.span(head.mark),
            colon: head.mark == b":",
            after: self.span(head.after),
        };
        let export = head.export.map(|word| self.span(word));
        let comment = comment.map(|text| self.span(text));
        (StatementKind::Assignment(Assignment { export, key: self.span(head.key), separator, value, comment }), left)
    }

    /// Reads a value without quotes around it; `spaced` says whether a blank stands before it, so that a `#` is a
    /// comment.
    fn bare(&mut self, line: &'a [u8], spaced: bool, after_line: &'a [u8]) -> Outcome<'a> {
        let lone_comment = line.starts_with(b"#") && spaced;
        let (text, comment) = if lone_comment { (&line[..0], Some(line)) } else { bare_value(line) };
        let span = self.span(text);
        let quoting = if text.is_empty() { EnvQuoting::None } else { EnvQuoting::Bare };
        let nothing = Span::new(span.end, span.end);
        (self.value(quoting, span, text, true, nothing), comment, after_line)
    }

    /// Reads a value that starts with a quote. One that is never closed ends with its line, so that the rest of the
    /// file is read; an open backtick is no quote to node either.
    fn quoted(&mut self, quoting: EnvQuoting, first: &'a [u8], input: &'a [u8], after_line: &'a [u8]) -> Outcome<'a> {
        let (quote, body) = input.split_at_checked(1).unwrap_or((input, b""));
        let close = closing_quote(body, quote.first().copied().unwrap_or_default());
        let Some(close) = close else {
            if quoting == EnvQuoting::Backtick {
                return self.bare(first, false, after_line);
            }
            let span = self.span(first);
            self.tree.errors.push(EnvSyntaxError {
                span: self.span(quote),
                message: "this quote is never closed",
                help: Some("close it at the end of the value"),
            });
            let inner = first.get(1..).unwrap_or(&[]);
            let value = self.value(quoting, span, inner, false, Span::new(span.end, span.end));
            return (value, None, after_line);
        };
        let (inner, after_inner) = body.split_at_checked(close).unwrap_or((body, b""));
        let after_quote = after_inner.get(1..).unwrap_or(&[]);
        let (left, tail) = line(after_quote).unwrap_or((b"", after_quote));
        let (after, comment) = if ends_well(tail) {
            let (text, _) = blanks(tail).unwrap_or((tail, b""));
            (&tail[..0], Some(trim_end(text)).filter(|text| !text.is_empty()))
        } else {
            let (text, comment) = bare_value(tail);
            (blanks(text).map_or(text, |(text, _)| text), comment.map(trim_end))
        };
        let whole = self.span(quote).to(self.span(inner));
        let span = Span::new(whole.start, whole.end + 1);
        (self.value(quoting, span, inner, true, self.span(after)), comment, left)
    }

    /// A value whose text between the quotes is `inner`; its parts go to the tree.
    fn value(&mut self, quoting: EnvQuoting, span: Span, inner: &'a [u8], closed: bool, after: Span) -> EnvValue {
        let first_part = self.tree.parts.len();
        self.split(quoting, inner);
        EnvValue {
            quoting,
            span,
            inner: self.span(inner),
            closed,
            after,
            first_part: Span::at(first_part, first_part).start,
            part_count: Span::at(0, self.tree.parts.len() - first_part).end,
        }
    }

    /// Splits a value into its parts.
    fn split(&mut self, quoting: EnvQuoting, inner: &'a [u8]) {
        let live = matches!(quoting, EnvQuoting::Bare | EnvQuoting::Double);
        let last_brace = memchr::memrchr(b'}', inner);
        let mut literal = inner;
        let mut left = inner;
        while let Some(&byte) = left.first() {
            let at = inner.offset(left);
            let braceless = left.starts_with(b"${") && last_brace.is_none_or(|brace| brace < at);
            let (kind, length) = match (byte, left.get(1)) {
                (b'\\', Some(&after)) if escapes(quoting, after) => (PartKind::Escape, 2),
                (b'$', Some(_)) if live && !braceless => match variable(left) {
                    Ok((rest, (name, None))) => (PartKind::Variable(self.span(name)), left.offset(rest)),
                    Ok((rest, (name, Some(operator)))) => {
                        (PartKind::Braced(self.span(name), self.span(operator)), left.offset(rest))
                    }
                    Err(_) => (PartKind::Literal, 1),
                },
                _ => (PartKind::Literal, 1),
            };
            let (part, rest) = left.split_at_checked(length).unwrap_or((left, b""));
            if kind != PartKind::Literal {
                self.literal(literal, part);
                self.tree.parts.push(EnvPart { span: self.span(part), kind });
                literal = rest;
            }
            left = rest;
        }
        self.literal(literal, left);
    }

    /// The text of `from` that stands before `next`, as a part of its own where there is any.
    fn literal(&mut self, from: &[u8], next: &[u8]) {
        let text = from.get(..from.offset(next)).unwrap_or(from);
        if !text.is_empty() {
            self.tree.parts.push(EnvPart { span: self.span(text), kind: PartKind::Literal });
        }
    }
}

/// A value, the comment after it, and what is left of the file from the line ending on.
type Outcome<'a> = (EnvValue, Option<&'a [u8]>, &'a [u8]);
