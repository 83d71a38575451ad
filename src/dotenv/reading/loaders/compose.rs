//! `env_file` of docker compose: `dotenv/parser.go` of compose-go, which reads a file without lines in mind.
//!
//! It looks variables up in the environment of `docker compose` before the file; one that the file does not set may be set there.

use std::collections::BTreeMap;

use super::Reading;
use super::found::Found;
use crate::dotenv::reading::value::{MAX_FILLED_BYTES, MAX_VALUE_BYTES, Variables};

/// Returns what it sets each key to, by the place of the key.
pub(super) fn read(file: &[u8]) -> Found {
    let bom = if file.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut parser = Parser { file, at: bom, variables: Variables::new(), bytes_left: MAX_FILLED_BYTES };
    let mut found = Found { readings: BTreeMap::new(), refused_at: None };
    while parser.skip_to_statement() {
        let start = parser.at;
        match parser.statement() {
            Some((key, reading)) => drop(found.readings.insert(key, reading)),
            None => {
                found.refused_at = Some(start);
                break;
            }
        }
    }
    found
}

struct Parser<'f> {
    file: &'f [u8],
    at: usize,
    variables: Variables,
    /// How many bytes values with variables may still have.
    bytes_left: usize,
}

/// A blank that is no line break.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| !is_space(byte) && byte != b'\n').map_or(0, |last| last + 1);
    text.get(..end).unwrap_or(text)
}

impl<'f> Parser<'f> {
    fn left(&self) -> &'f [u8] {
        self.file.get(self.at..).unwrap_or(&[])
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        self.at += self.left().iter().take_while(|byte| is_skipped(**byte)).count();
    }

    /// To what is neither blank nor comment; whether there is anything.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            self.skip(|byte| is_space(byte) || byte == b'\n');
            if self.left().first() != Some(&b'#') {
                return !self.left().is_empty();
            }
            self.skip(|byte| byte != b'\n');
        }
    }

    /// The place of a key, and what it is set to. Nothing where the file is refused.
    fn statement(&mut self) -> Option<(usize, Reading)> {
        let exported = self.left().strip_prefix(b"export").and_then(<[u8]>::first);
        if exported.is_some_and(|byte| is_space(*byte) || *byte == b'\n') {
            self.at += b"export".len();
            self.skip(is_space);
        }
        let start = self.at;
        let end = self.left().iter().position(|byte| b"=:\n".contains(byte));
        let is_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-[]".contains(byte) || is_space(*byte) || *byte >= 0x80;
        let written = self.left().get(..end.unwrap_or(self.left().len())).unwrap_or(&[]);
        if !written.iter().all(is_name) {
            return None;
        }
        // A word at the end of the file is the value of a key without a name.
        let Some(end) = end else {
            self.at = self.file.len();
            return Some((start, Reading::Dropped));
        };
        let inherits = self.left().get(end) == Some(&b'\n');
        let key = trim_end(written);
        self.at += end + 1;
        self.skip(is_space);
        if key.contains(&b' ') {
            return None;
        }
        let reading = if inherits { Reading::Inherits } else { self.value()? };
        match &reading {
            Reading::Value(value) if value.len() <= MAX_VALUE_BYTES => {
                drop(self.variables.insert(key.to_vec(), value.clone()))
            }
            _ => drop(self.variables.remove(key)),
        }
        Some((start, if std::str::from_utf8(key).is_ok() { reading } else { Reading::Unknown }))
    }

    fn value(&mut self) -> Option<Reading> {
        let quote = self.left().first().copied().filter(|byte| b"'\"".contains(byte));
        let Some(quote) = quote else {
            let line = self.left().split(|&byte| byte == b'\n').next().unwrap_or(&[]);
            self.at = (self.at + line.len() + 1).min(self.file.len());
            let comment = line.windows(2).position(|pair| pair == b" #").unwrap_or(line.len());
            return self.expand(trim_end(line.get(..comment).unwrap_or(line)));
        };
        let mut value = Vec::new();
        let mut escaped = false;
        self.at += 1;
        while let Some(&byte) = self.left().first() {
            self.at += 1;
            match (byte == quote, std::mem::take(&mut escaped)) {
                (true, false) if quote == b'\'' => return Some(text(value)),
                (true, false) => return self.expand(&unescape(&value)),
                (true, true) => value.push(byte),
                (false, false) if byte == b'\\' => escaped = true,
                (false, false) => value.push(byte),
                (false, true) => value.extend([b'\\', byte]),
            }
        }
        None
    }

    /// Fills in variables. A `$` before anything but a name or a brace stays. Nothing where braces hold something else.
    fn expand(&mut self, value: &[u8]) -> Option<Reading> {
        if memchr::memchr(b'$', value).is_some() && self.bytes_left == 0 {
            return Some(Reading::Unknown);
        }
        let mut filled = Vec::new();
        let mut left = value;
        while let Some(at) = left.iter().position(|&byte| byte == b'$') {
            filled.extend_from_slice(left.get(..at).unwrap_or(&[]));
            left = left.get(at + 1..).unwrap_or(&[]);
            let is_braced = left.first() == Some(&b'{');
            let inner = left.get(usize::from(is_braced)..).unwrap_or(&[]);
            let length = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            let (name, after) = inner.split_at(length);
            let is_name = name.first().is_some_and(|byte| !byte.is_ascii_digit());
            if !is_braced && !is_name {
                filled.push(b'$');
                left = left.strip_prefix(b"$").unwrap_or(left);
                continue;
            }
            if !is_name {
                return None;
            }
            let set = self.variables.get(name).map(Vec::as_slice);
            let operator_end = after.iter().position(|&byte| byte == b'}').filter(|_| is_braced);
            let operator = match (is_braced, operator_end) {
                (true, None) => return None,
                (_, end) => after.get(..end.unwrap_or(0)).unwrap_or(&[]),
            };
            match braced(set, operator) {
                Ok(meant) => filled.extend_from_slice(meant),
                Err(Reading::Error) => return None,
                Err(reading) => return Some(reading),
            }
            left = after.get(operator.len() + usize::from(is_braced)..).unwrap_or(&[]);
            if filled.len() > MAX_VALUE_BYTES + value.len() {
                return Some(Reading::Unknown);
            }
        }
        filled.extend_from_slice(left);
        self.bytes_left = self.bytes_left.saturating_sub(filled.len() - value.len().min(filled.len()));
        Some(text(filled))
    }
}

fn text(value: Vec<u8>) -> Reading {
    if std::str::from_utf8(&value).is_ok() { Reading::Value(value) } else { Reading::Unknown }
}

/// Returns what `${NAME…}` stands for, as far as the file tells; an error where it is no such form.
fn braced<'v>(set: Option<&'v [u8]>, operator: &'v [u8]) -> Result<&'v [u8], Reading> {
    let (is_colon, rest) = operator.strip_prefix(b":").map_or((false, operator), |rest| (true, rest));
    let given = set.filter(|value| !is_colon || !value.is_empty());
    match (rest.split_first(), given) {
        (None, _) if !is_colon => set.ok_or(Reading::Unknown),
        (Some((b'-' | b'+' | b'?', word)), _) if word.contains(&b'$') => Err(Reading::Unknown),
        (Some((b'-' | b'?', _)), Some(value)) => Ok(value),
        (Some((b'-', word)), None) => Ok(word),
        (Some((b'+', word)), Some(_)) => Ok(word),
        (Some((b'+' | b'?', _)), None) => Err(Reading::Unknown),
        _ => Err(Reading::Error),
    }
}

/// Turns the escapes between double quotes; an escaped `$` becomes two, of which one is left.
fn unescape(value: &[u8]) -> Vec<u8> {
    let mut turned = Vec::with_capacity(value.len());
    let mut left = value;
    while let Some((&byte, after)) = left.split_first() {
        let escape = after.first().copied().filter(|_| byte == b'\\');
        let meant: &[u8] = match escape {
            Some(b'a') => b"\x07",
            Some(b'b') => b"\x08",
            Some(b'f') => b"\x0c",
            Some(b'n') => b"\n",
            Some(b'r') => b"\r",
            Some(b't') => b"\t",
            Some(b'v') => b"\x0b",
            Some(b'"') => b"\"",
            Some(b'\\') => b"\\",
            Some(b'$') => b"$$",
            _ => &[],
        };
        let octal = after.get(1..4).filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let number = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        if escape == Some(b'0') {
            // What is no number loses the nought.
            turned
                .extend_from_slice(number.map_or("\\".to_owned(), |number| char::from(number).to_string()).as_bytes());
            left = after.get(if number.is_some() { 4 } else { 1 }..).unwrap_or(&[]);
        } else if meant.is_empty() {
            turned.push(byte);
            left = after;
        } else {
            turned.extend_from_slice(meant);
            left = after.get(1..).unwrap_or(&[]);
        }
    }
    turned
}
