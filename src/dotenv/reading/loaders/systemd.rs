//! systemd's `EnvironmentFile`: a state machine over bytes, as in `parse_env_file_internal`.

use super::{Case, Reading, is_posix_name};
use crate::dotenv::syntax::tree::Assignment;

/// Where in a value the machine stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SystemdState {
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
    let mut state = SystemdState::Before;
    let mut value = Vec::new();
    let mut kept = 0;
    let mut goes_on = false;
    for &byte in case.after_mark(assignment) {
        let line_break = matches!(byte, b'\n' | b'\r');
        if matches!(state, SystemdState::Before | SystemdState::Bare) && line_break {
            break;
        }
        goes_on |= state == SystemdState::BareEscape && line_break;
        // Blanks at the end of a bare value are chopped off, those that were quoted or escaped are not.
        let chopped = matches!(state, SystemdState::Before | SystemdState::Bare) && matches!(byte, b' ' | b'\t');
        state = step(state, byte, &mut value);
        if !chopped {
            kept = value.len();
        }
    }
    // A quote or a backslash at the end takes the next lines in.
    let open = goes_on || !matches!(state, SystemdState::Before | SystemdState::Bare);
    if open || std::str::from_utf8(&value).is_err() {
        return Reading::Unknown;
    }
    value.truncate(kept);
    Reading::Value(value)
}

/// Takes one byte in.
fn step(state: SystemdState, byte: u8, value: &mut Vec<u8>) -> SystemdState {
    match (state, byte) {
        (SystemdState::Before, b' ' | b'\t') => SystemdState::Before,
        (SystemdState::Before, b'\'') => SystemdState::Single,
        (SystemdState::Before, b'"') => SystemdState::Double,
        (SystemdState::Single, b'\'') | (SystemdState::Double, b'"') => SystemdState::Before,
        (SystemdState::Before | SystemdState::Bare, b'\\') => SystemdState::BareEscape,
        (SystemdState::Double, b'\\') => SystemdState::DoubleEscape,
        (SystemdState::Before | SystemdState::Bare, _) => push(SystemdState::Bare, &[byte], value),
        (SystemdState::BareEscape, b'\n' | b'\r') => SystemdState::Bare,
        (SystemdState::BareEscape, _) => push(SystemdState::Bare, &[byte], value),
        (SystemdState::Single | SystemdState::Double, _) => push(state, &[byte], value),
        (SystemdState::DoubleEscape, b'"' | b'\\' | b'`' | b'$') => push(SystemdState::Double, &[byte], value),
        (SystemdState::DoubleEscape, b'\n') => SystemdState::Double,
        (SystemdState::DoubleEscape, _) => push(SystemdState::Double, &[b'\\', byte], value),
    }
}

fn push(state: SystemdState, bytes: &[u8], value: &mut Vec<u8>) -> SystemdState {
    value.extend_from_slice(bytes);
    state
}
