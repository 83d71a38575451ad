//! The report for people who listen to it: whole sentences, and nothing drawn.

use std::io::{self, Write};

use super::snippet::{Snippet, snippets};
use super::text::{brief, shown, summary, visible};
use super::{Screen, View};
use crate::engine::Outcome;
use crate::finding::{Finding, Severity};

/// How wide the line that is read out may be, in characters.
const COLUMNS: usize = 200;

/// Writes every finding as a paragraph, and the summary last.
pub(super) fn write(view: View, outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let screen = Screen { colour: false, width: COLUMNS, ..view.screen };
    let (findings, rest) = shown(outcome, view.most);
    for (index, finding) in findings.iter().enumerate() {
        let of = format!("{} of {}", index + 1, findings.len());
        write_finding(outcome, finding, screen, &of, out)?;
    }
    for line in rest.into_iter().chain(summary(outcome)) {
        writeln!(out, "{line}.")?;
    }
    Ok(())
}

fn write_finding(
    outcome: &Outcome,
    finding: &Finding,
    screen: Screen,
    of: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let severity = match finding.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Advice => "Advice",
    };
    writeln!(out, "Finding {of}. {severity}, rule {}: {}.", finding.rule, brief(&finding.message))?;
    for snippet in snippets(&outcome.sources, finding, screen) {
        places(&snippet, out)?;
    }
    if let Some(help) = &finding.help {
        write!(out, "Help:")?;
        help.lines().try_for_each(|line| writeln!(out, " {}", visible(line)))?;
    }
    if let Some(request) = &finding.request {
        writeln!(out, "To reproduce it, run: {}", visible(&request.curl()))?;
    }
    writeln!(out)
}

/// A sentence for every place of a snippet, the fault first, and each line once.
fn places(snippet: &Snippet, out: &mut impl Write) -> io::Result<()> {
    let mut marks: Vec<_> = snippet.marks.iter().collect();
    marks.sort_by_key(|mark| !mark.primary);
    let mut read = None;
    for mark in marks {
        let (before, from) = snippet.text.split_at_checked(mark.offset).unwrap_or((&snippet.text, ""));
        let index = before.matches('\n').count();
        let marked = from.get(..mark.length).unwrap_or_default().replace('\n', " ");
        let line = snippet.first_line as usize + index;
        write!(out, "File {}, line {line}", snippet.path)?;
        if !marked.is_empty() {
            write!(out, ", at {marked}")?;
        }
        match mark.text.as_str() {
            "" => writeln!(out, ".")?,
            text => writeln!(out, ": {text}.")?,
        }
        if read.replace(index) != Some(index) {
            writeln!(out, "Line {line} reads: {}", snippet.text.lines().nth(index).unwrap_or_default().trim())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn it_reads_as_sentences() {
        let mut outcome = example::deployment();
        outcome.findings.truncate(2);
        let expected = "\
Finding 1 of 2. Error, rule origin-trailing-slash: no browser sends an origin that ends in a slash.
File nginx.conf, line 4, at https://app.example.com/: `/` at the end.
Line 4 reads: add_header Access-Control-Allow-Origin https://app.example.com/ always;
File .env.production, line 2, at https://app.example.com/: the app's list has it, too.
Line 2 reads: CORS_ORIGINS=https://app.example.com/
Help: write it without the slash:
 
     add_header Access-Control-Allow-Origin https://app.example.com always;
To reproduce it, run: curl -i -X OPTIONS -H 'Origin: https://app.example.com' https://localhost/api/

Finding 2 of 2. Advice, rule some-rule: it could be better.
File nginx.conf, line 2, at listen: here.
Line 2 reads: listen 443 ssl;

found 1 error, 1 advice in 2 files.
";
        assert_eq!(written(Format::Narrated, &outcome), expected);
        assert!(!written(Format::Narrated, &example::deployment()).contains(['│', '╭', '─', '\x1b']));
    }
}
