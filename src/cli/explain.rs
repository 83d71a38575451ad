//! `corslint explain RULE` and `corslint rules`: what there is to know of the rules.

use std::io::{self, IsTerminal, Write as _};

use clap::ValueEnum;
use corslint::report::rule::{write_json, write_markdown, write_text};
use corslint::report::visible;
use corslint::rule::Rule;
use corslint::rules;
use corslint::words::meant;

use super::messages::{complain, print};
use super::screen::{self, Color};

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// The rule's name, as findings show it in brackets
    rule: String,

    /// How the rule is shown [default: text on a terminal, else markdown]
    #[arg(long, value_enum)]
    format: Option<RuleFormat>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RuleFormat {
    /// For people
    Text,
    /// Markdown
    Markdown,
    /// One JSON object
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct RulesArguments {
    /// How the rules are shown
    #[arg(long, value_enum, default_value = "text")]
    format: ListFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListFormat {
    /// One line a rule
    Text,
    /// One JSON object, with the documentation of all
    Json,
}

impl ExplainArguments {
    /// Prints what the rule is about.
    pub(super) fn run(&self) -> u8 {
        let Some(rule) = rule(&self.rule) else { return complain(unknown(&self.rule)) };
        let default = if io::stdout().is_terminal() { RuleFormat::Text } else { RuleFormat::Markdown };
        print(0, |out| match self.format.unwrap_or(default) {
            RuleFormat::Text => write_text(rule, screen::screen(Color::Auto), out),
            RuleFormat::Markdown => write_markdown(rule, out),
            RuleFormat::Json => write_json(&[rule], out),
        })
    }
}

impl RulesArguments {
    /// Prints every rule.
    pub(super) fn run(&self) -> u8 {
        let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        print(0, |out| match self.format {
            ListFormat::Text => rules::ALL.iter().try_for_each(|rule| {
                writeln!(out, "{:width$}  {:8} {}", rule.id, rule.severity.word(), rule.summary())
            }),
            ListFormat::Json => write_json(rules::ALL, out),
        })
    }
}

/// The rule of that name.
pub(super) fn rule(id: &str) -> Option<&'static Rule> {
    rules::ALL.iter().find(|rule| rule.id == id).copied()
}

/// Returns what to say of a name that no rule has.
pub(super) fn unknown(id: &str) -> String {
    let shown = visible(id);
    match meant(id, rules::ALL.iter().map(|rule| rule.id)) {
        Some(near) => format!("there is no rule `{shown}`; did you mean `{near}`?"),
        None => format!("there is no rule `{shown}`; `corslint rules` lists them"),
    }
}
