//! `set -a; . ./.env` in a POSIX shell, as dash reads it.

use super::{Case, Reading, is_posix_name};
use crate::dotenv::reading::value::{MAX_VALUE_BYTES, braced};
use crate::dotenv::syntax::tree::Assignment;

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let separator = assignment.separator;
    let export = assignment.export.is_some();
    if separator.colon
        || !separator.before.is_empty()
        || case.follows_mark()
        || !is_posix_name(case.text(assignment.key))
    {
        return if export { Reading::Error } else { Reading::Dropped };
    }
    let mut word = ShellWord { case, export, value: Vec::new(), left: case.after_mark(assignment) };
    match word.read() {
        Ok(()) => after(word.left, export, word.value),
        Err(reading) => reading,
    }
}

/// Returns what follows the word decides: a command after an assignment makes it the command's own.
fn after(left: &[u8], export: bool, value: Vec<u8>) -> Reading {
    let spaced = left.starts_with(b" ") || left.starts_with(b"\t");
    let blanks = left.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let left = left.get(blanks..).unwrap_or(&[]);
    match left {
        [] | [b'\n', ..] => Reading::Value(value),
        [b'#', ..] if spaced => Reading::Value(value),
        [b'&', b'&', ..] | [b'|', b'|', ..] => Reading::Value(value),
        [b';', b';', ..] | [b'(' | b')', ..] => Reading::Error,
        [b';', ..] => Reading::Value(value),
        [b'&' | b'|', ..] => Reading::Dropped,
        [b'<' | b'>', ..] => Reading::Unknown,
        _ => command(left, export),
    }
}

/// Words after an assignment: a command to run, unless they are assignments too.
fn command(left: &[u8], export: bool) -> Reading {
    let name = left.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let assigns = left.get(name) == Some(&b'=') && is_posix_name(left.get(..name).unwrap_or(&[]));
    let line = left.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    let open = line.iter().any(|byte| b"'\"`\\()".contains(byte));
    let word = line.split(|byte| b" \t;&|<>".contains(byte)).next().unwrap_or(&[]);
    // What is assigned before a special built-in stays assigned.
    let special: [&[u8]; 15] = [
        b":",
        b".",
        b"break",
        b"continue",
        b"eval",
        b"exec",
        b"exit",
        b"export",
        b"readonly",
        b"return",
        b"set",
        b"shift",
        b"times",
        b"trap",
        b"unset",
    ];
    if export || assigns || open || special.contains(&word) { Reading::Unknown } else { Reading::Dropped }
}

/// A word as it is read.
struct ShellWord<'a> {
    case: &'a Case<'a>,
    export: bool,
    value: Vec<u8>,
    left: &'a [u8],
}

impl<'a> ShellWord<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, left) = self.left.split_first()?;
        self.left = left;
        Some(*first)
    }

    /// Reads up to the blank or operator that ends the word.
    fn read(&mut self) -> Result<(), Reading> {
        while let Some(&byte) = self.left.first() {
            if b" \t\n;&|<>()".contains(&byte) {
                break;
            }
            let tilde_may_stand = matches!(self.value.last(), None | Some(b':'));
            self.left = self.left.get(1..).unwrap_or(&[]);
            match byte {
                b'\'' => self.single()?,
                b'"' => self.double()?,
                b'\\' => match self.next() {
                    Some(b'\n') | None => return Err(Reading::Unknown),
                    Some(escaped) => self.value.push(escaped),
                },
                b'$' => self.variable(true)?,
                b'`' => return Err(Reading::Unknown),
                b'~' if tilde_may_stand => return Err(Reading::Unknown),
                _ => self.value.push(byte),
            }
            if self.value.len() > MAX_VALUE_BYTES + self.left.len() {
                return Err(Reading::Unknown);
            }
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), Reading> {
        while let Some(byte) = self.next() {
            if byte == b'\'' {
                return Ok(());
            }
            self.value.push(byte);
        }
        Err(Reading::Error)
    }

    fn double(&mut self) -> Result<(), Reading> {
        while let Some(byte) = self.next() {
            match (byte, self.left.first()) {
                (b'"', _) => return Ok(()),
                (b'$', _) => self.variable(false)?,
                (b'`', _) => return Err(Reading::Unknown),
                (b'\\', Some(b'\n')) => drop(self.next()),
                (b'\\', Some(&escaped @ (b'$' | b'`' | b'"' | b'\\'))) => {
                    self.value.push(escaped);
                    self.next();
                }
                _ => self.value.push(byte),
            }
        }
        Err(Reading::Error)
    }

    /// Reads a variable after its `$`. Outside quotes, `export` splits its value at blanks.
    fn variable(&mut self, bare: bool) -> Result<(), Reading> {
        let open = self.left.starts_with(b"{");
        let from = self.left.get(usize::from(open)..).unwrap_or(&[]);
        let length = from.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let name = from.get(..length).unwrap_or(&[]);
        if !is_posix_name(name) {
            let special =
                open || from.first().is_some_and(|byte| byte.is_ascii_digit() || b"@*#?-$!('\"".contains(byte));
            self.value.push(b'$');
            return if special { Err(Reading::Unknown) } else { Ok(()) };
        }
        let after = from.get(length..).unwrap_or(&[]);
        let close = if open { after.iter().position(|&byte| byte == b'}').ok_or(Reading::Unknown)? } else { 0 };
        let operator = after.get(..close).unwrap_or(&[]);
        let simple = !operator.iter().any(|byte| b"'\"\\`~".contains(byte));
        let set = self.case.variables.get(name).map(Vec::as_slice);
        let meant = braced(set, operator).filter(|_| simple && !(bare && self.export)).ok_or(Reading::Unknown)?;
        self.value.extend_from_slice(meant);
        self.left = after.get(close + usize::from(open)..).unwrap_or(&[]);
        Ok(())
    }
}
