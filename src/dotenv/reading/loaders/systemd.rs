//! systemd's `EnvironmentFile`: a state machine over bytes, as in `parse_env_file_internal`.

use super::{Case, Reading, is_posix_name};
use crate::dotenv::syntax::tree::Assignment;

/// Where in a value the machine stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the value, or after a closing quote.
    Before,
    Bare,
    BareEscape,
    Single,
    Double,
    DoubleEscape,
}

pub(super) fn read(case: &Case<'_>, assignment: &Assignment) -> Reading {
    if assignment.separator.colon || assignment.export.is_some() {
        return Reading::Dropped;
    }
    if case.follows_mark() || !is_posix_name(case.text(assignment.key)) {
        return Reading::Unknown;
    }
    let mut state = State::Before;
    let mut value = Vec::new();
    let mut kept = 0;
    let mut goes_on = false;
    for &byte in case.after_mark(assignment) {
        let line_break = matches!(byte, b'\n' | b'\r');
        if matches!(state, State::Before | State::Bare) && line_break {
            break;
        }
        goes_on |= state == State::BareEscape && line_break;
        // Blanks at the end of a bare value are chopped off, those that were quoted or escaped are not.
        let chopped = matches!(state, State::Before | State::Bare) && matches!(byte, b' ' | b'\t');
        state = step(state, byte, &mut value);
        if !chopped {
            kept = value.len();
        }
    }
    // A quote or a backslash at the end takes the next lines in.
    let open = goes_on || !matches!(state, State::Before | State::Bare);
    if open || std::str::from_utf8(&value).is_err() {
        return Reading::Unknown;
    }
    value.truncate(kept);
    Reading::Value(value)
}

/// Takes one byte in.
fn step(state: State, byte: u8, value: &mut Vec<u8>) -> State {
    match (state, byte) {
        (State::Before, b' ' | b'\t') => State::Before,
        (State::Before, b'\'') => State::Single,
        (State::Before, b'"') => State::Double,
        (State::Single, b'\'') | (State::Double, b'"') => State::Before,
        (State::Before | State::Bare, b'\\') => State::BareEscape,
        (State::Double, b'\\') => State::DoubleEscape,
        (State::Before | State::Bare, _) => push(State::Bare, &[byte], value),
        (State::BareEscape, b'\n' | b'\r') => State::Bare,
        (State::BareEscape, _) => push(State::Bare, &[byte], value),
        (State::Single | State::Double, _) => push(state, &[byte], value),
        (State::DoubleEscape, b'"' | b'\\' | b'`' | b'$') => push(State::Double, &[byte], value),
        (State::DoubleEscape, b'\n') => State::Double,
        (State::DoubleEscape, _) => push(State::Double, &[b'\\', byte], value),
    }
}

fn push(state: State, bytes: &[u8], value: &mut Vec<u8>) -> State {
    value.extend_from_slice(bytes);
    state
}
