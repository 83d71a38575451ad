//! GitHub's workflow commands: a line a finding, of which GitHub makes an annotation beside the diff.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and keeps the rest in the log; SARIF has no such limit.

use std::borrow::Cow;
use std::io::{self, Write};

use super::text::visible;
use crate::engine::Outcome;
use crate::finding::{Finding, Severity};

/// Writes a command for every finding.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    outcome.findings.iter().try_for_each(|finding| command(outcome, finding, out))
}

fn command(outcome: &Outcome, finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let source = outcome.sources.get(finding.primary.place.file);
    let (start, end) = source.positions(finding.primary.place.span);
    write!(out, "::{word} file={},line={},endLine={}", property(source.repository_path()), start.line, end.line)?;
    // GitHub takes columns within one line only.
    if start.line == end.line {
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    write!(out, ",title={}::{}", property(finding.rule), lines(&finding.message))?;
    if !finding.primary.text.is_empty() {
        write!(out, "%0Ahere: {}", lines(&finding.primary.text))?;
    }
    if let Some(help) = &finding.help {
        write!(out, "%0Ahelp: {}", lines(help))?;
    }
    writeln!(out)
}

/// A text of several lines as a command's data.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| visible(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// A property's value, in which `:` and `,` would end it.
fn property(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if text.contains(['%', ':', ',']) {
        text.replace('%', "%25").replace(':', "%3A").replace(',', "%2C").into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let (mut outcome, file) = example::file("a:b,100%.conf", b"x\ny z\n");
        outcome.findings.push(example::finding(example::place(&outcome, file, "y"), "100%::\r\n::set \x1b", "a, b"));
        outcome.findings.push(example::finding(example::place(&outcome, file, "x\ny"), "two lines", ""));
        outcome.findings[0].help = Some("write:\n\n    y;".into());
        let expected = "\
::error file=a%3Ab%2C100%25.conf,line=2,endLine=2,col=1,endColumn=2,title=some-rule::100%25::%0A::set \\x1b%0Ahere: a, b%0Ahelp: write:%0A%0A    y;
::error file=a%3Ab%2C100%25.conf,line=1,endLine=2,title=some-rule::two lines
";
        assert_eq!(written(Format::Github, &outcome), expected);
    }

    #[test]
    fn severities_have_githubs_names() {
        let words = written(Format::Github, &example::deployment());
        let words: Vec<&str> = words.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(words, ["::error", "::notice", "::warning"]);
    }
}
