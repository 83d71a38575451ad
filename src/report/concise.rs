//! One line a finding: `path:line:column: error[rule]: message`.

use std::io::{self, Write};

use super::View;
use super::text::{brief, first_on_line, shown, summary};
use crate::engine::Outcome;

/// Writes a line for every finding, and the summary last.
pub(super) fn write(view: View, outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let (findings, rest) = shown(outcome, view.most);
    for finding in findings {
        let source = outcome.sources.get(finding.primary.place.file);
        let at = source.position(finding.primary.place.span.start);
        let (path, severity, rule) = (first_on_line(&source.path), finding.severity.word(), finding.rule);
        writeln!(out, "{path}:{}:{}: {severity}[{rule}]: {}", at.line, at.column, brief(&finding.message))?;
    }
    if let Some(line) = rest {
        writeln!(out, "{line}")?;
    }
    if let Some(line) = summary(outcome) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn every_finding_is_one_line_whatever_it_says() {
        let mut outcome = example::deployment();
        outcome.findings[1].message = "a\nb\x1b]0;owned\x07 \u{202e}c".into();
        let expected = "\
nginx.conf:4:48: error[origin-trailing-slash]: no browser sends an origin that ends in a slash
nginx.conf:2:5: advice[some-rule]: a\\nb\\x1b]0;owned\\x07 \\u{202e}c
.env.production:2:14: warning[some-rule]: two lists
found 1 error, 1 warning, 1 advice in 2 files
";
        assert_eq!(written(Format::Concise, &outcome), expected);
    }
}
