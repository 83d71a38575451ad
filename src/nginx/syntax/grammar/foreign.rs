//! Bodies in a language of their own: read by that language's lexing up to the `}` that closes them.

use memchr::memmem;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::multi::fold_many0;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Offset, Parser};

/// The text between the braces of a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// OpenResty's `*_by_lua_block`.
    Lua,
    /// `js_*` with an inline body.
    JavaScript,
    /// `perl*` with an inline body.
    Perl,
}

impl Language {
    /// The language of a directive's `{ … }`, or `None` where it holds directives.
    pub(super) fn of_directive(name: &[u8]) -> Option<Language> {
        if name.ends_with(b"_by_lua_block") {
            Some(Language::Lua)
        } else if name.starts_with(b"js_") {
            Some(Language::JavaScript)
        } else if name == b"perl" || name.starts_with(b"perl_") {
            Some(Language::Perl)
        } else {
            None
        }
    }
}

/// The effect of a piece of foreign code on the nesting of braces.
#[derive(Debug, Clone, Copy)]
enum ForeignPiece {
    Open,
    Close,
    Other,
}

/// How many bytes of `code`, which starts right after `{`, run up to and with the closing `}`; `None` without one.
pub(super) fn body(language: Language, code: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut rest = code;
    while !rest.is_empty() {
        let (after, piece) = piece(language, rest).ok()?;
        match piece {
            ForeignPiece::Open => depth += 1,
            ForeignPiece::Close if depth == 0 => return Some(code.offset(after)),
            ForeignPiece::Close => depth -= 1,
            ForeignPiece::Other => {}
        }
        rest = after;
    }
    None
}

/// One brace, string or comment, or the text up to the next of them.
fn piece(language: Language, input: &[u8]) -> IResult<&[u8], ForeignPiece> {
    let text = |input| take_while1(|byte| !b"{}\"'`[-/#".contains(&byte)).map(|_| ForeignPiece::Other).parse(input);
    let brace = alt((char('{').map(|_| ForeignPiece::Open), char('}').map(|_| ForeignPiece::Close)));
    let any = take(1_usize).map(|_: &[u8]| ForeignPiece::Other);
    match language {
        Language::Lua => alt((text, brace, string('"'), string('\''), lua_comment, long_bracket, any)).parse(input),
        Language::JavaScript => {
            alt((text, brace, string('"'), string('\''), string('`'), line("//"), block_comment, any)).parse(input)
        }
        Language::Perl => alt((text, brace, string('"'), string('\''), line("#"), any)).parse(input),
    }
}

/// A quoted string; a backslash shields the byte after it. One that is never closed runs to the end.
fn string<'i>(quote: char) -> impl Parser<&'i [u8], Output = ForeignPiece, Error = nom::error::Error<&'i [u8]>> {
    let plain = take_while1(move |byte: u8| byte != b'\\' && char::from(byte) != quote).map(|_| ());
    let escape = preceded(char('\\'), opt(take(1_usize))).map(|_: Option<&[u8]>| ());
    (char(quote), fold_many0(alt((plain, escape)), || (), |(), ()| ()), opt(char(quote))).map(|_| ForeignPiece::Other)
}

/// A comment up to the end of its line.
fn line<'i>(
    opening: &'static str,
) -> impl Parser<&'i [u8], Output = ForeignPiece, Error = nom::error::Error<&'i [u8]>> {
    (tag(opening), take_till(|byte| byte == b'\n')).map(|_| ForeignPiece::Other)
}

/// `/* … */`
fn block_comment(input: &[u8]) -> IResult<&[u8], ForeignPiece> {
    let (inside, _) = tag("/*").parse(input)?;
    Ok((past(inside, b"*/"), ForeignPiece::Other))
}

/// `--[[ … ]]`, or `--` up to the end of the line.
fn lua_comment(input: &[u8]) -> IResult<&[u8], ForeignPiece> {
    let to_line_end = take_till(|byte| byte == b'\n').map(|_| ForeignPiece::Other);
    preceded(tag("--"), alt((long_bracket, to_line_end))).parse(input)
}

/// `[[ … ]]`, `[=[ … ]=]` and so on, closed by as many equals signs as opened it.
fn long_bracket(input: &[u8]) -> IResult<&[u8], ForeignPiece> {
    let (inside, equals) = delimited(char('['), take_while(|byte| byte == b'='), char('[')).parse(input)?;
    let mut closing = vec![b']'];
    closing.extend_from_slice(equals);
    closing.push(b']');
    Ok((past(inside, &closing), ForeignPiece::Other))
}

/// Returns what follows the first `closing` in `input`; nothing where there is none.
fn past<'i>(input: &'i [u8], closing: &[u8]) -> &'i [u8] {
    memmem::find(input, closing).and_then(|at| input.get(at + closing.len()..)).unwrap_or(&[])
}
