//! reviewdog's diagnostic format: one JSON object a line, with fixes as suggestions.
//!
//! Its columns count the bytes of a line in UTF-8, from 1.

use std::io::{self, Write};

use serde::Serialize;

use super::items;
use crate::engine::Outcome;
use crate::finding::{Finding, Fix, Label, Severity};
use crate::source::{Place, Source, Sources, Span};

/// How many bytes may stand between the first and the last edit of one suggestion.
const MOST_BYTES: u32 = 4096;

/// Writes a line for every finding.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    items::lines(&outcome.findings, |finding| Diagnostic::new(&outcome.sources, finding), out)
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: &'a str,
    location: RdjsonLocation<'a>,
    severity: &'a str,
    source: RdjsonTool,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<[Suggestion; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct RdjsonTool {
    name: &'static str,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct RdjsonLocation<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: RdjsonPosition,
    end: RdjsonPosition,
}

#[derive(Serialize)]
struct RdjsonPosition {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: RdjsonLocation<'a>,
}

impl<'a> Diagnostic<'a> {
    fn new(sources: &'a Sources, finding: &'a Finding) -> Self {
        let place = finding.primary.place;
        let related =
            |label: &'a Label| Related { message: &label.text, location: RdjsonLocation::new(sources, label.place) };
        Diagnostic {
            message: &finding.message,
            location: RdjsonLocation::new(sources, place),
            severity: match finding.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
                Severity::Advice => "INFO",
            },
            source: RdjsonTool { name: "corslint" },
            code: Code { value: finding.rule },
            suggestions: finding.shown_fix().and_then(|fix| suggestion(sources, place, fix)).map(|one| [one]),
            related_locations: finding.related.iter().map(related).collect(),
        }
    }
}

impl<'a> RdjsonLocation<'a> {
    fn new(sources: &'a Sources, place: Place) -> Self {
        let source = sources.get(place.file);
        RdjsonLocation { path: source.repository_path(), range: range(source, place.span) }
    }
}

fn range(source: &Source, span: Span) -> Range {
    let position = |offset: u32| {
        let line = source.line_of(offset);
        RdjsonPosition { line, column: offset - source.line_span(line).start.min(offset) + 1 }
    };
    Range { start: position(span.start), end: position(span.end) }
}

/// A fix as one replacement, which is all that a suggestion can be: what stands between two edits is written again. There is none
/// for edits of another file, for edits far apart, and where a secret stands between them.
fn suggestion(sources: &Sources, place: Place, fix: &Fix) -> Option<Suggestion> {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.place);
    let (first, last) = (edits.first()?, edits.last()?);
    let whole = first.place.span.to(last.place.span);
    if edits.iter().any(|edit| edit.place.file != place.file) || whole.len() > MOST_BYTES {
        return None;
    }
    let source = sources.get(place.file);
    let mut text = String::new();
    let mut at = whole.start;
    for edit in edits {
        let between = Span::new(at, edit.place.span.start);
        let is_shown = || source.shown(between.start, between.end, &[]) == (true, between.end);
        if !between.is_empty() && !is_shown() {
            return None;
        }
        text.push_str(std::str::from_utf8(between.of(&source.bytes)).ok()?);
        text.push_str(&edit.text);
        at = edit.place.span.end;
    }
    Some(Suggestion { range: range(source, whole), text })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::Edit;
    use crate::report::Format;
    use crate::report::example::{self, written};

    #[test]
    fn a_finding_is_a_diagnostic_with_its_fix_as_a_suggestion() {
        let mut outcome = example::deployment();
        outcome.findings.truncate(1);
        let range = |line: u32, start: u32, end: u32| json!({"start": {"line": line, "column": start}, "end": {"line": line, "column": end}});
        let expected = json!({
            "message": "no browser sends an origin that ends in a slash", "severity": "ERROR",
            "location": {"path": "nginx.conf", "range": range(4, 48, 72)},
            "source": {"name": "corslint"}, "code": {"value": "origin-trailing-slash"},
            "suggestions": [{"range": range(4, 71, 72), "text": ""}],
            "related_locations": [{"message": "the app's list has it, too",
                                   "location": {"path": ".env.production", "range": range(2, 14, 38)}}],
        });
        let line: Value = serde_json::from_str(&written(Format::Rdjsonl, &outcome)).unwrap();
        assert_eq!(line, expected);
    }

    #[test]
    fn edits_become_one_replacement_unless_a_secret_is_between() {
        let (mut outcome, file) = example::file("f", "é a bc\n".as_bytes());
        let edit = |needle: &str, text: &str| Edit { place: example::place(&outcome, file, needle), text: text.into() };
        let fix = Fix { safe: true, edits: vec![edit("c", "C"), edit("é", "e")] };
        let place = example::place(&outcome, file, "a");
        let made = suggestion(&outcome.sources, place, &fix).unwrap();
        assert_eq!((made.text.as_str(), made.range.start.column, made.range.end.column), ("e a bC", 1, 8));
        outcome.sources.get_mut(file).secrets = vec![place.span];
        assert!(suggestion(&outcome.sources, place, &fix).is_none());
    }
}
