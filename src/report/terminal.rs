//! The report for people: miette draws it. The only file that names miette.

use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::snippet::{Snippet, snippets};
use super::text::{brief, shown, summary, visible, wrap};
use super::{Screen, View};
use crate::cors::request::Request;
use crate::engine::Outcome;
use crate::finding::{Finding, Severity};

/// Narrower than this nothing can be read; miette counts on it.
const LEAST_COLUMNS: usize = 40;

/// Writes every finding with the lines it is about, and the summary last.
pub(super) fn write(view: View, outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let (findings, rest) = shown(outcome, view.most);
    write_findings(view.screen, outcome, &findings, out)?;
    if let Some(line) = rest {
        writeln!(out, "{line}\n")?;
    }
    if let Some(line) = summary(outcome) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Writes findings with the lines they are about.
pub(super) fn write_findings(
    screen: Screen,
    outcome: &Outcome,
    findings: &[&Finding],
    out: &mut impl Write,
) -> io::Result<()> {
    let screen = Screen { width: screen.width.max(LEAST_COLUMNS), ..screen };
    let handler = handler(screen);
    let mut text = String::new();
    for finding in findings {
        let page = Page::new(outcome, finding, screen);
        text.clear();
        handler.render_report(&mut text, &page).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
        if let Some(request) = &finding.request {
            writeln!(out, "  reproduce: {}\n", ask(request))?;
        }
    }
    Ok(())
}

/// The command line that shows the fault, in one piece so that it can be pasted.
fn ask(request: &Request) -> String {
    visible(&request.curl()).into_owned()
}

/// miette's drawing, told everything it would otherwise find out by looking at standard error.
fn handler(screen: Screen) -> GraphicalReportHandler {
    let characters = if screen.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if screen.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(screen.width)
        .with_wrap_lines(false)
        .with_urls(false)
        .without_cause_chain()
        // The snippet's name has line and column already, counted in characters.
        .without_primary_span_start()
        .without_syntax_highlighting()
}

/// One finding as miette sees it: its snippets, of however many files, laid end to end as one source, so that
/// one diagnostic can point into all of them.
struct Page {
    rule: &'static str,
    severity: Severity,
    title: String,
    help: Option<String>,
    /// Each snippet with the offset at which its text starts.
    snippets: Vec<(usize, Snippet)>,
}

impl Page {
    fn new(outcome: &Outcome, finding: &Finding, screen: Screen) -> Self {
        let mut start = 0;
        let placed = snippets(&outcome.sources, finding, screen).into_iter().map(|snippet| {
            let at = start;
            start += snippet.text.len();
            (at, snippet)
        });
        let head = format!("{}[{}]", finding.severity.word(), finding.rule);
        // The mark in front takes four columns, "help: " with its indent eight.
        let title = wrap(&format!("{head}: {}", brief(&finding.message)), screen.width - 4);
        let title = match title.strip_prefix(&head) {
            Some(rest) if screen.colour => format!("{}{head}\x1b[0m{rest}", colour(finding.severity)),
            _ => title,
        };
        Page {
            rule: finding.rule,
            severity: finding.severity,
            title,
            help: finding.help.as_ref().map(|help| wrap(help, screen.width - 8)),
            snippets: placed.collect(),
        }
    }
}

/// The terminal's bold and colour for a severity, as miette's own theme has it.
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Advice => "\x1b[1;36m",
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

/// Without the text of the files, which may hold secrets.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl std::error::Error for Page {}

impl Diagnostic for Page {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.snippets.iter().flat_map(|(start, snippet)| {
            snippet.marks.iter().map(move |mark| {
                let text = (!mark.text.is_empty()).then(|| mark.text.clone());
                let span = (start + mark.offset, mark.length);
                if mark.primary {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                }
            })
        });
        Some(Box::new(labels))
    }
}

impl SourceCode for Page {
    /// The whole snippet a span stands in. A span over two of them is out of bounds, which keeps them apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let after = self.snippets.partition_point(|(start, _)| *start <= span.offset());
        let found = after.checked_sub(1).and_then(|index| self.snippets.get(index));
        let (start, snippet) = found.ok_or(MietteError::OutOfBounds)?;
        if span.offset() + span.len() > start + snippet.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        Ok(Box::new(MietteSpanContents::new_named(
            snippet.name.clone(),
            snippet.text.as_bytes(),
            (*start, snippet.text.len()).into(),
            snippet.first_line.saturating_sub(1) as usize,
            0,
            snippet.lines,
        )))
    }
}

#[cfg(test)]
mod tests;
