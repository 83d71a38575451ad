//! The crate `dotenvy`, which is asked itself, statement by statement.
//!
//! It looks variables up in the process environment before the file, so it never sees a live `$`: what the file sets is
//! put in first, with escapes that keep it literal.

use super::{Case, Reading};
use crate::dotenv::reading::value::MAX_VALUE_BYTES;
use crate::dotenv::syntax::tree::Assignment;

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    let text = case.text(case.statement.span);
    let Ok(statement) = std::str::from_utf8(text) else { return Reading::Error };
    let key = case.text(assignment.key);
    if !statement.contains('$') {
        return ask(statement, key);
    }
    let Some(line) = line(statement) else { return Reading::Error };
    let to_value = (assignment.separator.after.end - case.statement.span.start) as usize;
    let Some((head, value)) = line.split_at_checked(to_value) else { return ask(statement, key) };
    match without_variables(value, case) {
        Ok(value) => ask(&format!("{head}{value}\n"), key),
        Err(reading) => reading,
    }
}

/// The line, or the lines of a quoted value, that the crate cuts off before it looks at any `$`, without a comment;
/// nothing where it finds a quote or a blank open at the end.
fn line(statement: &str) -> Option<&str> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum DotenvyState {
        Complete,
        Blank,
        Open(char),
    }
    let mut state = DotenvyState::Complete;
    let mut escaped = false;
    for (at, character) in statement.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        state = match (state, character) {
            (DotenvyState::Complete | DotenvyState::Blank, '\n') => return statement.get(..at),
            (DotenvyState::Blank, '#') => return statement.get(..at),
            (DotenvyState::Complete, '\r') => DotenvyState::Complete,
            (DotenvyState::Complete, blank) if blank.is_whitespace() => DotenvyState::Blank,
            (DotenvyState::Complete | DotenvyState::Blank, quote @ ('"' | '\'')) => DotenvyState::Open(quote),
            (DotenvyState::Open(quote), closing) if quote == closing => DotenvyState::Complete,
            (DotenvyState::Open(quote), '\\') => {
                escaped = true;
                DotenvyState::Open(quote)
            }
            (DotenvyState::Open(quote), _) => DotenvyState::Open(quote),
            (_, '\\') => {
                escaped = true;
                DotenvyState::Complete
            }
            _ => DotenvyState::Complete,
        };
    }
    (state == DotenvyState::Complete && !escaped).then_some(statement)
}

/// Returns what the crate makes of a statement in which no `$` is live. Its errors hold the text, so they are not looked at.
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
/// A variable without braces ends at the first character that is no letter or digit, and the crate takes that
/// character as it stands, even a quote; so it is escaped here as the variable's value is. A blank outside quotes
/// ends the value: what follows is a comment or an error, and no `$` in it is live.
fn without_variables(value: &str, case: &Case<'_>) -> Result<String, Reading> {
    let mut resolved = String::new();
    let mut quote = Quote::None;
    let mut after_variable = false;
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Quote::Strong, '\'') | (Quote::Weak, '"') => quote = Quote::None,
            (Quote::None, '\'') => quote = Quote::Strong,
            (Quote::None, '"') => quote = Quote::Weak,
            (Quote::None, ' ' | '\t') => {
                resolved.push(character);
                resolved.extend(characters);
                return Ok(resolved);
            }
            // A `#` that no blank stands before is no comment, and stays none where a variable before it is empty.
            (Quote::None, '#') if !resolved.is_empty() || after_variable => {
                write("#", quote, &mut resolved)?;
                continue;
            }
            (Quote::None | Quote::Weak, '\\') => {
                resolved.push('\\');
                resolved.extend(characters.next());
                continue;
            }
            (Quote::None | Quote::Weak, '$') => {
                after_variable = true;
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

/// Returns what the file sets a variable to. No process sets one whose name is not a name, so that is empty.
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
            // An empty pair of quotes keeps it from starting a comment.
            '#' if quote == Quote::None => resolved.push_str("\"\"#"),
            '\t' | '\r' if quote == Quote::None => return Err(Reading::Unknown),
            _ => resolved.push(character),
        }
    }
    Ok(())
}
