//! The crate `dotenvy`, which is asked itself, statement by statement.
//!
//! It looks variables up in the process environment before the file, so it never sees a live `$`: what the file sets is
//! put in first, with escapes that keep it literal.

use super::{Case, Reading};
use crate::dotenv::tree::Assignment;
use crate::dotenv::value::MAX_VALUE_BYTES;

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let Ok(head) = std::str::from_utf8(case.text(case.statement.span)) else { return Reading::Error };
    let value = case.after_mark(assignment);
    let Ok(value) = std::str::from_utf8(value) else { return Reading::Error };
    let head = head.strip_suffix(value).unwrap_or(head);
    match without_variables(value, case) {
        Ok(value) => ask(&format!("{head}{value}"), case.text(assignment.key)),
        Err(reading) => reading,
    }
}

/// What the crate makes of a statement in which no `$` is live. Its errors hold the text, so they are not looked at.
fn ask(statement: &str, key: &[u8]) -> Reading {
    match ::dotenvy::from_read_iter(statement.as_bytes()).next() {
        Some(Ok((name, value))) if name.as_bytes() == key => Reading::Value(value.into_bytes()),
        Some(Ok(_)) | None => Reading::Dropped,
        Some(Err(_)) => Reading::Error,
    }
}

/// How the crate reads the next character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Weak,
    Strong,
}

/// The value with every variable replaced by what the file sets it to.
///
/// A variable without braces ends at the first character that is no letter or digit, and the crate takes that character as it
/// stands, even a quote; so it is escaped here as the variable's value is.
fn without_variables(value: &str, case: &Case<'_>) -> Result<String, Reading> {
    let mut resolved = String::new();
    let mut quote = Quote::None;
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Quote::Strong, '\'') => quote = Quote::None,
            (Quote::None, '\'') => quote = Quote::Strong,
            (Quote::None, '"') => quote = Quote::Weak,
            (Quote::Weak, '"') => quote = Quote::None,
            (Quote::None | Quote::Weak, '\\') => {
                resolved.push('\\');
                resolved.extend(characters.next());
                continue;
            }
            // The crate stops at a comment, which starts after a blank.
            (Quote::None, '#') if resolved.is_empty() || resolved.ends_with([' ', '\t']) => {
                resolved.push('#');
                break;
            }
            (Quote::None | Quote::Weak, '$') => {
                variable(&mut characters, quote, case, &mut resolved)?;
                if resolved.len() > MAX_VALUE_BYTES + value.len() {
                    return Err(Reading::Unknown);
                }
                continue;
            }
            _ => {}
        }
        resolved.push(character);
    }
    Ok(resolved)
}

/// Reads a variable after its `$` and writes what it stands for.
fn variable(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    quote: Quote,
    case: &Case<'_>,
    resolved: &mut String,
) -> Result<(), Reading> {
    let mut name = String::new();
    if characters.next_if_eq(&'{').is_some() {
        loop {
            match characters.next() {
                Some('}') => break,
                Some(character) => name.push(character),
                None => return Err(Reading::Error),
            }
        }
        return write(&set(&name, case)?, quote, resolved);
    }
    while let Some(character) = characters.next_if(|character| character.is_alphanumeric()) {
        name.push(character);
    }
    write(&set(&name, case)?, quote, resolved)?;
    match characters.next_if(|&character| character != '$' && character != '\n' && character != '\r') {
        Some(character) => write(character.encode_utf8(&mut [0; 4]), quote, resolved),
        None => Ok(()),
    }
}

/// What the file sets a variable to. No process sets one whose name is not a name, so that is empty.
fn set(name: &str, case: &Case<'_>) -> Result<String, Reading> {
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match case.variables.get(name.as_bytes()) {
        Some(value) => String::from_utf8(value.clone()).map_err(|_| Reading::Unknown),
        None if is_name => Err(Reading::Unknown),
        None => Ok(String::new()),
    }
}

/// Writes text so that the crate reads it as it is.
fn write(text: &str, quote: Quote, resolved: &mut String) -> Result<(), Reading> {
    for character in text.chars() {
        match character {
            '\\' | '\'' | '"' | '$' | ' ' => resolved.extend(['\\', character]),
            '\n' => resolved.push_str("\\n"),
            '\t' | '\r' if quote == Quote::None => return Err(Reading::Unknown),
            _ => resolved.push(character),
        }
    }
    Ok(())
}
