//! nginx's lexer (`ngx_conf_read_token`), one token at a time.
//!
//! Quotes count only where a token starts, `}` is data inside an unquoted token, and `${` does not end one (A8.1–A8.4).

use nom::branch::alt;
use nom::bytes::complete::{take, take_till, take_while, take_while1};
use nom::character::complete::{char, digit0, digit1};
use nom::combinator::{opt, recognize};
use nom::multi::{fold_many0, fold_many1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Offset, Parser};

use crate::nginx::syntax::tree::Quoting;

/// One token; nginx itself calls only words so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A parameter or a directive's name.
    Word {
        /// How it is written.
        quoting: Quoting,
        /// True if it holds an escape that nginx turns.
        escaped: bool,
        /// True if its closing quote was found; an unquoted word always is closed.
        closed: bool,
    },
    /// From `#` up to the end of the line, which is not part of it.
    Comment,
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}`
    Close,
    /// The end of the file.
    End,
}

/// Space, tab and the two line ends; a form feed or a NUL is data like any letter.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The bytes that may stand in an unquoted word without further thought, looked up since most of a file is made of them.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let special = b" \t\r\n;{\\$";
    let mut index = 0;
    while index < special.len() {
        plain[special[index] as usize] = false;
        index += 1;
    }
    plain
};

fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

/// The next token after any blanks, and how many bytes those blanks take.
pub(super) fn token(input: &[u8]) -> IResult<&[u8], (usize, Token)> {
    let (start, blanks) = take_while(is_blank)(input)?;
    let (rest, token) = match start.first() {
        None => (start, Token::End),
        Some(b';') => char(';').map(|_| Token::Semicolon).parse(start)?,
        Some(b'{') => char('{').map(|_| Token::Open).parse(start)?,
        Some(b'}') => char('}').map(|_| Token::Close).parse(start)?,
        Some(b'#') => take_till(|byte| byte == b'\n').map(|_| Token::Comment).parse(start)?,
        Some(b'"') => quoted('"', Quoting::Double).parse(start)?,
        Some(b'\'') => quoted('\'', Quoting::Single).parse(start)?,
        Some(_) => bare(start)?,
    };
    Ok((rest, (blanks.len(), token)))
}

/// An unquoted word: everything up to a blank, `;` or `{`.
fn bare(input: &[u8]) -> IResult<&[u8], Token> {
    let word = |escaped| Token::Word { quoting: Quoting::Bare, escaped, closed: true };
    // Most words are plain to their end.
    let (rest, start) = take_while(is_plain)(input)?;
    if !start.is_empty() && !matches!(rest.first(), Some(b'\\' | b'$')) {
        return Ok((rest, word(false)));
    }
    let plain = take_while1(is_plain).map(|_| false);
    let (rest, escaped) =
        fold_many1(alt((plain, escape, variable)), || false, |seen, turned| seen | turned).parse(input)?;
    Ok((rest, word(escaped)))
}

/// A quoted word with both its quotes, or what is left of the file when it is never closed.
fn quoted<'i>(
    quote: char,
    quoting: Quoting,
) -> impl Parser<&'i [u8], Output = Token, Error = nom::error::Error<&'i [u8]>> {
    let plain = take_while1(move |byte: u8| byte != b'\\' && char::from(byte) != quote).map(|_| false);
    let inside = fold_many0(alt((plain, escape)), || false, |seen, turned| seen | turned);
    let closing = opt(char(quote));
    (preceded(char(quote), inside), closing).map(move |(escaped, closing)| Token::Word {
        quoting,
        escaped,
        closed: closing.is_some(),
    })
}

/// A backslash and the byte it shields, whatever that is; says whether nginx turns the pair into another byte (A8.3).
fn escape(input: &[u8]) -> IResult<&[u8], bool> {
    let shielded =
        opt(take(1_usize)).map(|byte: Option<&[u8]>| matches!(byte, Some([b'"' | b'\'' | b'\\' | b't' | b'r' | b'n'])));
    preceded(char('\\'), shielded).parse(input)
}

/// `$` with the braces after it, which do not open a block: `${name}`, but also `$` at the end of a regex (A8.4).
fn variable(input: &[u8]) -> IResult<&[u8], bool> {
    preceded(char('$'), take_while(|byte| byte == b'{')).map(|_| false).parse(input)
}

/// How long the quantifier of a regular expression at `at` is: `{2}`, `{2,}` or `{2,3}`.
pub(super) fn quantifier_at(file: &[u8], at: usize) -> Option<usize> {
    let bounds = (digit1, opt((char(','), digit0)));
    let quantifier: IResult<&[u8], &[u8]> = recognize(delimited(char('{'), bounds, char('}'))).parse(file.get(at..)?);
    quantifier.ok().map(|(_, found)| found.len())
}

/// The token at or after `at`: where it starts, where it ends, what it is.
pub(super) fn token_at(file: &[u8], at: usize) -> (usize, usize, Token) {
    let input = file.get(at..).unwrap_or(&[]);
    match token(input) {
        Ok((rest, (blanks, token))) => (at + blanks, at + input.offset(rest), token),
        // Each branch of `token` is chosen by the byte it needs, so none of them fails.
        Err(_) => (file.len(), file.len(), Token::End),
    }
}
