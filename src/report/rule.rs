//! The documentation of a rule: for a terminal, as Markdown, and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::Screen;
use super::json;
use super::serialized;
use super::text::wrap;
use crate::rule::Rule;

/// The documentation and the references, as Markdown without a title.
pub(super) fn markdown(rule: &Rule) -> String {
    let mut text = rule.documentation().trim_end().to_owned();
    if !rule.references.is_empty() {
        text.push_str("\n\n## References\n");
    }
    for reference in rule.references {
        text.push_str(&format!("\n- <{reference}>"));
    }
    text
}

/// Writes everything about a rule as Markdown.
///
/// # Errors
///
/// Those of `out`.
pub fn write_markdown(rule: &Rule, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# {} ({}, since {})\n\n{}", rule.id, rule.severity.word(), rule.since, markdown(rule))
}

/// Writes everything about a rule for a terminal: headings stand out, prose fits the screen, examples are indented.
///
/// # Errors
///
/// Those of `out`.
pub fn write_text(rule: &Rule, screen: Screen, out: &mut impl Write) -> io::Result<()> {
    let bold = |text: &str| if screen.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    writeln!(out, "{} ({}, since {})\n", bold(rule.id), rule.severity.word(), rule.since)?;
    let mut paragraph = String::new();
    let mut in_example = false;
    let text = markdown(rule);
    for line in text.lines().chain([""]) {
        let fence = line.starts_with("```");
        let is_prose = !in_example && !fence && !line.is_empty() && !line.starts_with('#') && !line.starts_with("- ");
        if is_prose {
            paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
            paragraph.push_str(line.trim());
            continue;
        }
        if !paragraph.is_empty() {
            writeln!(out, "{}", wrap(&paragraph, screen.width))?;
            paragraph.clear();
        }
        in_example ^= fence;
        match line.strip_prefix("## ") {
            _ if fence => {}
            Some(heading) if !in_example => writeln!(out, "{}", bold(heading))?,
            _ if in_example => writeln!(out, "{}", format!("    {line}").trim_end())?,
            _ if line.starts_with("- ") => paragraph.push_str(line),
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// A rule as JSON.
#[derive(Serialize)]
struct RuleJson<'a> {
    rule: &'a str,
    severity: &'a str,
    since: &'a str,
    summary: &'a str,
    documentation: String,
    references: &'a [&'a str],
}

impl<'a> RuleJson<'a> {
    fn new(rule: &'a Rule) -> Self {
        RuleJson {
            rule: rule.id,
            severity: rule.severity.word(),
            since: rule.since,
            summary: rule.summary(),
            documentation: rule.documentation(),
            references: rule.references,
        }
    }
}

#[derive(Serialize)]
struct RulesJson<'a> {
    version: u32,
    rules: Vec<RuleJson<'a>>,
}

/// Writes rules as one JSON object: `{"version": 1, "rules": […]}`.
///
/// # Errors
///
/// Those of `out`.
pub fn write_json(rules: &[&Rule], out: &mut impl Write) -> io::Result<()> {
    let rules = rules.iter().map(|rule| RuleJson::new(rule)).collect();
    serialized::print(&RulesJson { version: json::VERSION, rules }, out)
}
