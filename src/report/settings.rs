//! Faults of a settings file, shown as findings are.

use std::io::{self, Write};

use super::{Screen, terminal};
use crate::engine::Outcome;
use crate::finding::{Finding, Fingerprint, Label, Severity};
use crate::settings::Invalid;
use crate::source::Place;

/// Writes every mistake in a settings file with the line it stands on, and of that line no more than what is at fault.
///
/// # Errors
///
/// Those of `out`.
pub fn write_invalid_settings(screen: Screen, invalid: Invalid, out: &mut impl Write) -> io::Result<()> {
    let mut outcome = Outcome::default();
    let file = outcome.sources.add(invalid.source);
    let finding = |problem: crate::settings::SettingsProblem| Finding {
        rule: "settings",
        severity: Severity::Error,
        message: problem.message.into(),
        primary: Label { place: Place { file, span: problem.span }, text: problem.label.into() },
        related: Vec::new(),
        help: problem.help.map(Into::into),
        request: None,
        fix: None,
        has_secret_fix: false,
        fingerprint: Fingerprint::default(),
    };
    outcome.findings = invalid.problems.into_iter().map(finding).collect();
    terminal::write_findings(screen, &outcome, &outcome.findings.iter().collect::<Vec<_>>(), out)
}
