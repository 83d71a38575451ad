//! Findings that depend on which of several apps is behind nginx.

use crate::finding::{Finding, Severity};
use crate::source::Place;

/// The input that ends the doubt.
const HELP: &str = "say in corslint.toml which app it is: `[[app]]` with its `path` and its `upstream`";

/// The directories of apps as a message names them.
pub(crate) fn named(apps: &[String]) -> String {
    apps.iter().map(|app| format!("`{app}`")).collect::<Vec<_>>().join(" or ")
}

/// The finding as advice: it holds if one of these apps is behind the location that `pass` stands in.
pub(crate) fn if_it_is(apps: &[String], pass: Place, finding: Finding) -> Finding {
    let message = format!("if the app behind this location is {}: {}", named(apps), finding.message);
    open(Finding { message: message.into(), ..finding }).beside([(pass, "names none of the apps whose files are here")])
}

/// The finding as advice to end the doubt.
pub(crate) fn open(finding: Finding) -> Finding {
    Finding { severity: Severity::Advice, ..finding.with_help(HELP) }
}
