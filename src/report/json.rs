//! The contract with other programs: one JSON object on one line.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::items;
use super::text::count;
use crate::cors::request::Request;
use crate::engine::Outcome;
use crate::finding::{Edit, Finding, Label, Mended, Severity};
use crate::source::{Place, Sources};

/// The contract's version; it grows only when a program that reads it would break.
pub(super) const VERSION: u32 = 1;

/// Writes everything a run found. Always valid UTF-8 and free of control characters, also inside strings.
pub(super) fn write(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let (findings, fixed, summary) = ([], fixed(outcome), Summary::new(outcome));
    let frame = ReportJson { version: VERSION, findings, fixed, summary };
    items::within((&frame, "findings"), &outcome.findings, |finding| FindingJson::new(&outcome.sources, finding), out)
}

#[derive(Serialize)]
struct ReportJson<'a> {
    version: u32,
    /// Written one by one.
    findings: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<FixedJson<'a>>>,
    summary: Summary<'a>,
}

/// A fault that `corslint fix` mended.
#[derive(Serialize)]
pub(super) struct FixedJson<'a> {
    rule: &'a str,
    message: &'a str,
    path: &'a str,
    line: u32,
    column: u32,
    safe: bool,
}

impl<'a> FixedJson<'a> {
    fn new(Mended { rule, path, position, message, safe }: &'a Mended) -> Self {
        FixedJson { rule, message, path, line: position.line, column: position.column, safe: *safe }
    }
}

/// Returns what was mended, where that was asked for.
pub(super) fn fixed(outcome: &Outcome) -> Option<Vec<FixedJson<'_>>> {
    outcome.mended.as_ref().map(|mended| mended.iter().map(FixedJson::new).collect())
}

#[derive(Serialize)]
pub(super) struct Summary<'a> {
    errors: usize,
    warnings: usize,
    advice: usize,
    files: usize,
    suppressed: usize,
    baselined: usize,
    stale: usize,
    not_analysed: &'a [String],
}

impl<'a> Summary<'a> {
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        Summary {
            errors: count(outcome, Severity::Error),
            warnings: count(outcome, Severity::Warning),
            advice: count(outcome, Severity::Advice),
            files: outcome.files,
            suppressed: outcome.suppressed,
            baselined: outcome.baselined,
            stale: outcome.stale,
            not_analysed: &outcome.not_analysed,
        }
    }
}

#[derive(Serialize)]
pub(super) struct FindingJson<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    label: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    location: JsonLocation<'a>,
    offset: u32,
    length: u32,
    related: Vec<RelatedJson<'a>>,
    request: Option<RequestJson<'a>>,
    curl: Option<String>,
    fix: Option<FixJson<'a>>,
    fingerprint: String,
}

impl<'a> FindingJson<'a> {
    pub(super) fn new(sources: &'a Sources, finding: &'a Finding) -> Self {
        let place = finding.primary.place;
        FindingJson {
            rule: finding.rule,
            severity: finding.severity.word(),
            message: &finding.message,
            label: &finding.primary.text,
            help: finding.help.as_deref(),
            location: JsonLocation::new(sources, place),
            offset: place.span.start,
            length: place.span.len(),
            related: finding.related.iter().map(|label| RelatedJson::new(sources, label)).collect(),
            request: finding.request.as_ref().map(RequestJson::new),
            curl: finding.request.as_ref().map(Request::curl),
            fix: finding.shown_fix().map(|fix| FixJson {
                safe: fix.safe,
                edits: fix.edits.iter().map(|edit| EditJson::new(sources, edit)).collect(),
            }),
            fingerprint: finding.fingerprint.to_string(),
        }
    }
}

/// Where something stands; the end is the position after its last character.
#[derive(Serialize)]
struct JsonLocation<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> JsonLocation<'a> {
    fn new(sources: &'a Sources, place: Place) -> Self {
        let source = sources.get(place.file);
        let (start, end) = source.positions(place.span);
        JsonLocation {
            path: &source.path,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

#[derive(Serialize)]
struct RelatedJson<'a> {
    #[serde(flatten)]
    location: JsonLocation<'a>,
    label: &'a str,
}

impl<'a> RelatedJson<'a> {
    fn new(sources: &'a Sources, label: &'a Label) -> Self {
        RelatedJson { location: JsonLocation::new(sources, label.place), label: &label.text }
    }
}

#[derive(Serialize)]
struct RequestJson<'a> {
    method: &'a str,
    url: &'a str,
    headers: &'a [(Cow<'static, str>, String)],
}

impl<'a> RequestJson<'a> {
    fn new(request: &'a Request) -> Self {
        RequestJson { method: &request.method, url: &request.url, headers: &request.headers }
    }
}

#[derive(Serialize)]
struct FixJson<'a> {
    safe: bool,
    edits: Vec<EditJson<'a>>,
}

#[derive(Serialize)]
struct EditJson<'a> {
    path: &'a str,
    offset: u32,
    length: u32,
    text: &'a str,
}

impl<'a> EditJson<'a> {
    fn new(sources: &'a Sources, edit: &'a Edit) -> Self {
        let Place { file, span } = edit.place;
        EditJson { path: &sources.get(file).path, offset: span.start, length: span.len(), text: &edit.text }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::engine::Outcome;
    use crate::report::{Format, example};

    /// Returns what is written for an outcome: as text, and as a JSON reader takes it.
    fn written(outcome: &Outcome) -> (String, Value) {
        let text = example::written(Format::Json, outcome);
        let value = serde_json::from_str(&text).unwrap();
        (text, value)
    }

    #[test]
    fn the_contract_is_kept() {
        let mut outcome = example::deployment();
        outcome.findings.truncate(1);
        outcome.not_analysed.push("big.conf".to_owned());
        let expected = json!({
            "version": 1,
            "findings": [{
                "rule": "origin-trailing-slash", "severity": "error",
                "message": "no browser sends an origin that ends in a slash", "label": "`/` at the end",
                "help": "write it without the slash:\n\n    add_header Access-Control-Allow-Origin https://app.example.com always;",
                "path": "nginx.conf", "line": 4, "column": 48, "end_line": 4, "end_column": 72, "offset": 97, "length": 24,
                "related": [{"path": ".env.production", "line": 2, "column": 14, "end_line": 2, "end_column": 38,
                             "label": "the app's list has it, too"}],
                "request": {"method": "OPTIONS", "url": "https://localhost/api/",
                            "headers": [["Origin", "https://app.example.com"]]},
                "curl": "curl -i -X OPTIONS -H 'Origin: https://app.example.com' https://localhost/api/",
                "fix": {"safe": true, "edits": [{"path": "nginx.conf", "offset": 120, "length": 1, "text": ""}]},
                "fingerprint": "00000000000000000000000000000000",
            }],
            "summary": {"errors": 1, "warnings": 0, "advice": 0, "files": 2, "suppressed": 0, "baselined": 0, "stale": 0, "not_analysed": ["big.conf"]},
        });
        assert_eq!(written(&outcome).1, expected);
    }

    #[test]
    fn an_empty_run_is_still_an_object() {
        let empty = json!({"version": 1, "findings": [], "summary":
            {"errors": 0, "warnings": 0, "advice": 0, "files": 0, "suppressed": 0, "baselined": 0, "stale": 0, "not_analysed": []}});
        assert_eq!(written(&Outcome::default()).1, empty);
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_comes_back_unchanged() {
        let (mut outcome, file) = example::file("a\u{9b}b.conf", b"x");
        let message = "esc \x1b del \x7f bidi \u{202e} tag \u{e0041} quote \" ä";
        outcome.findings.push(example::finding(example::place(&outcome, file, "x"), message, ""));
        let (text, value) = written(&outcome);
        assert_eq!(value["findings"][0]["message"], message);
        assert_eq!(value["findings"][0]["path"], "a\u{9b}b.conf");
        assert!(text.contains(r#"esc \u001b del \u007f bidi \u202e tag \udb40\udc41 quote \" ä"#), "{text}");
        assert!(!text.trim_end().contains(crate::report::text::is_hidden), "{text}");
    }
}
