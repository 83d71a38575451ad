//! `corslint explain RULE` and `corslint rules`: what there is to know of the rules.

use std::io::Write as _;

use corslint::report::visible;
use corslint::rule::Rule;
use corslint::rules;

use super::tell::{complain, print};

/// Prints what a rule is about.
pub(super) fn explain(id: &str) -> u8 {
    let Some(rule) = rule(id) else {
        return complain(format_args!("there is no rule `{}`; `corslint rules` lists them", visible(id)));
    };
    print(0, |out| {
        writeln!(out, "{} ({}, since {})\n", rule.id, rule.severity.word(), rule.since)?;
        writeln!(out, "{}", rule.documentation().trim_end())?;
        if !rule.references.is_empty() {
            writeln!(out, "\n## References\n")?;
        }
        rule.references.iter().try_for_each(|reference| writeln!(out, "- {reference}"))
    })
}

/// Prints every rule on one line.
pub(super) fn list() -> u8 {
    let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    print(0, |out| {
        rules::ALL
            .iter()
            .try_for_each(|rule| writeln!(out, "{:width$}  {:8} {}", rule.id, rule.severity.word(), rule.summary()))
    })
}

/// The rule of that name.
pub(super) fn rule(id: &str) -> Option<&'static Rule> {
    rules::ALL.iter().find(|rule| rule.id == id).copied()
}
