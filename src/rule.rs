//! What a rule is: an id, a severity, its documentation, and one function that asks the model.

use crate::deployment::Deployment;
use crate::finding::{Finding, Fingerprint, Label, Severity};
use crate::source::Place;

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The whole deployment: nginx and the app together.
    Deployment(fn(&Deployment<'_>, &mut Vec<Finding>)),
    /// The reading of the files itself; [`crate::lint`] reports it while it reads.
    Reading,
}

/// One rule. Everything a user reads of it (`explain`, the README, SARIF) comes from here.
#[derive(Debug)]
pub struct Rule {
    /// Its name: kebab-case, the defect, frozen once released.
    pub id: &'static str,
    /// The worst severity it reports.
    pub severity: Severity,
    /// The version that brought it.
    pub since: &'static str,
    /// Where the behaviour is specified or documented.
    pub references: &'static [&'static str],
    /// The rule's own file; its `//!` header is the documentation.
    pub source: &'static str,
    /// The question it asks.
    pub check: Subject,
}

impl Rule {
    /// The documentation: the `//!` header as Markdown.
    pub fn documentation(&self) -> String {
        let header = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        header.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    /// The first line of the documentation: what is wrong, in one sentence.
    pub fn summary(&self) -> &'static str {
        let first = self.source.lines().next().unwrap_or_default();
        first.trim_start_matches("//!").trim()
    }

    /// A finding of this rule at its own severity; the caller fills in what else it knows.
    pub fn finding(&self, place: Place, label: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.id,
            severity: self.severity,
            message: message.into(),
            primary: Label { place, text: label.into() },
            related: Vec::new(),
            help: None,
            request: None,
            fix: None,
            fingerprint: Fingerprint::default(),
        }
    }
}
