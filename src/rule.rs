//! A rule: an id, a severity, its documentation, and one function that asks the model.

use std::borrow::Cow;

use crate::deployment::Deployment;
use crate::finding::{Finding, Fingerprint, Label, Severity};
use crate::nginx::limits;
use crate::source::Place;

/// How many steps a finding takes, of those that its rule may take.
const STEPS_OF_A_FINDING: u64 = 40;

/// The subject of a rule.
#[derive(Debug, Clone, Copy)]
pub enum Subject {
    /// The whole deployment: nginx and the app together.
    Deployment(fn(&Deployment<'_>, &mut Vec<Finding>)),
    /// The text of the configurations. No response has a say in it.
    Configuration(fn(&Deployment<'_>, &mut Vec<Finding>)),
    /// The reading of the files itself; [`crate::engine`] reports it while it reads.
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
    /// The documentation: the `//!` header as Markdown, without the numbers of the facts it rests on, which are the
    /// names of tests and say nothing to a user.
    pub fn documentation(&self) -> String {
        let header = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        let header = header.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
        without_facts(&header)
    }

    /// The first line of the documentation: what is wrong, in one sentence.
    pub fn summary(&self) -> &'static str {
        let first = self.source.lines().next().unwrap_or_default();
        first.trim_start_matches("//!").trim()
    }

    /// A finding of this rule at its own severity; the caller fills in what else it knows. It takes steps, since each is kept, sorted, and
    /// printed: a rule that finds very much asks no more at some point, and the run says so.
    pub fn finding(
        &self,
        place: Place,
        label: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Finding {
        limits::spend(STEPS_OF_A_FINDING);
        Finding {
            rule: self.id,
            severity: self.severity,
            message: message.into(),
            primary: Label { place, text: label.into() },
            related: Vec::new(),
            help: None,
            request: None,
            fix: None,
            has_secret_fix: false,
            fingerprint: Fingerprint::default(),
        }
    }
}

/// The text without what stands in parentheses and names facts alone, such as `(A1.5, A1.6)`.
fn without_facts(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        match after.split_once(')').filter(|(inside, _)| names_facts(inside)) {
            Some((_, behind)) => {
                kept.push_str(before.trim_end());
                rest = behind;
            }
            None => {
                kept.push_str(before);
                kept.push('(');
                rest = after;
            }
        }
    }
    kept + rest
}

/// Returns whether a text is a list of facts: the letter of a part, then perhaps a number.
fn names_facts(text: &str) -> bool {
    text.split([',', '–']).map(str::trim).all(|name| {
        let number = name.strip_prefix(|letter: char| letter.is_ascii_uppercase());
        // All facts of a hundred are `E4xx`.
        let number = number.map(|number| number.strip_suffix("xx").unwrap_or(number));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_facts_are_for_the_reader_of_the_source() {
        let check = |source: &str, told: &str| assert_eq!(without_facts(source), told);
        check("it is dropped (A1.5), like this (B02–B23,\nM02), and that (J).", "it is dropped, like this, and that.");
        check("a call (GET), an `f(A1.x)`, (as A1.5 says) (", "a call (GET), an `f(A1.x)`, (as A1.5 says) (");
        check("only with 200 (E4xx).", "only with 200.");
        check("the first\n(A1.5) and the second", "the first and the second");
    }
}
