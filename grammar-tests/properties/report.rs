//! The report on any findings: no control character of an input, no secret, in no format.

use arbitrary::{Arbitrary, Result, Unstructured};
use corslint::cors::request::Request;
use corslint::engine::Outcome;
use corslint::finding::{Edit, Finding, Fingerprint, Fix, Label, Severity};
use corslint::report::{self, Format, Screen, View};
use corslint::rules;
use corslint::source::{FileId, Place, Source, Span};

use super::cost;

/// What stands for every secret byte, and nowhere else.
const SECRET: char = '@';

/// Checks the findings that `data` stands for.
pub fn check(data: &[u8]) {
    if let Ok((outcome, screen)) = outcome(&mut Unstructured::new(data)) {
        every_format(&outcome, screen, data.len(), |text| assert!(!text.contains(SECRET), "a secret shows:\n{text}"));
    }
}

/// Writes an outcome in every format, asserts that a terminal may show it, and hands it on.
pub fn every_format(outcome: &Outcome, screen: Screen, bytes: usize, more: impl Fn(&str)) {
    for format in Format::ALL {
        let mut out = Vec::new();
        // A finding shows a bounded part of its input, and every format says each thing a few times.
        let rules = if format == Format::Sarif { 1024 * 1024 } else { 0 };
        let size = bytes + 4096 * (1 + outcome.findings.len()) + rules;
        let view = View { screen, most: None, exit_code: 1 };
        cost::bounded(size, || report::write(format, view, outcome, &mut out)).expect("a vector takes it");
        let text = String::from_utf8(out).expect("every format is UTF-8");
        assert_tame(&text, screen.colour && format == Format::Full);
        if format == Format::Json {
            let value: serde_json::Value = serde_json::from_str(&text).expect("a JSON reader reads it");
            assert_eq!(value["findings"].as_array().map(Vec::len), Some(outcome.findings.len()));
        }
        if format == Format::Sarif {
            let value: serde_json::Value = serde_json::from_str(&text).expect("a JSON reader reads it");
            // The documentation of the rules is ours, whatever it holds.
            more(&value["runs"][0]["results"].to_string());
        } else {
            more(&text);
        }
    }
}

/// Asserts that a text holds nothing a terminal would obey, but for line ends and, where wanted, our own colours.
pub fn assert_tame(text: &str, coloured: bool) {
    let mut rest = text;
    while let Some(at) = rest.find(is_wild) {
        let from = &rest[at..];
        let colour = from.strip_prefix("\u{1b}[").filter(|_| coloured);
        let colour = colour
            .and_then(|code| code.split_once('m'))
            .filter(|(code, _)| code.len() <= 12 && code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        match colour {
            Some((_, after)) => rest = after,
            None => panic!("{:?} in {text:?}", from.chars().next()),
        }
    }
}

/// Control characters but for the line end (Unicode's Cc), and the bidirectional controls (UAX 9).
fn is_wild(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    bidi || (c.is_control() && c != '\n')
}

/// A text of any characters but the one that stands for secrets.
fn text(data: &mut Unstructured<'_>) -> Result<String> {
    Ok(<&str>::arbitrary(data)?.replace(SECRET, "?"))
}

fn outcome(data: &mut Unstructured<'_>) -> Result<(Outcome, Screen)> {
    let screen = Screen { colour: data.arbitrary()?, unicode: data.arbitrary()?, width: data.int_in_range(0..=200)? };
    let mut outcome = Outcome::default();
    for _ in 0..data.int_in_range(1..=3)? {
        let mut bytes = Vec::<u8>::arbitrary(data)?;
        bytes.iter_mut().filter(|byte| **byte == SECRET as u8).for_each(|byte| *byte = b'?');
        let mut source = Source::new(text(data)?, None, bytes);
        let mut at = 0;
        for _ in 0..data.int_in_range(0..=4)? {
            let span = span(data, &source.bytes)?;
            if span.start >= at && !span.is_empty() {
                source.bytes[span.start as usize..span.end as usize].fill(SECRET as u8);
                source.secrets.push(span);
                at = span.end;
            }
        }
        outcome.sources.add(source);
        outcome.files += 1;
    }
    for _ in 0..data.int_in_range(0..=4)? {
        let finding = finding(data, &outcome)?;
        outcome.findings.push(finding);
    }
    for _ in 0..data.int_in_range(0..=2)? {
        outcome.not_analysed.push(text(data)?);
    }
    Ok((outcome, screen))
}

/// A span in a file.
fn span(data: &mut Unstructured<'_>, file: &[u8]) -> Result<Span> {
    let (one, other) = (data.int_in_range(0..=file.len())?, data.int_in_range(0..=file.len())?);
    Ok(Span::at(one.min(other), one.max(other)))
}

/// A label that covers no secret: what one covers is shown.
fn label(data: &mut Unstructured<'_>, outcome: &Outcome) -> Result<Label> {
    let files: Vec<(FileId, &Source)> = outcome.sources.iter().collect();
    let (file, source) = *data.choose(&files)?;
    let mut span = span(data, &source.bytes)?;
    for secret in &source.secrets {
        if span.start < secret.end && secret.start < span.end {
            span = Span::new(secret.end, secret.end);
        }
    }
    Ok(Label { place: Place { file, span }, text: text(data)?.into() })
}

fn finding(data: &mut Unstructured<'_>, outcome: &Outcome) -> Result<Finding> {
    let mut finding = Finding {
        rule: data.choose(rules::ALL)?.id,
        severity: *data.choose(&[Severity::Error, Severity::Warning, Severity::Advice])?,
        message: text(data)?.into(),
        primary: label(data, outcome)?,
        related: Vec::new(),
        help: None,
        request: None,
        has_secret_fix: false,
        fix: None,
        fingerprint: Fingerprint::default(),
    };
    for _ in 0..data.int_in_range(0..=10)? {
        finding.related.push(label(data, outcome)?);
    }
    if data.arbitrary()? {
        finding.help = Some(text(data)?.into());
    }
    if data.arbitrary()? {
        let headers = vec![(text(data)?.into(), text(data)?)];
        finding.request = Some(Request { method: text(data)?.into(), url: text(data)?, headers });
    }
    if data.arbitrary()? {
        let file = FileId(0);
        let span = span(data, &outcome.sources.get(file).bytes)?;
        let edit = Edit { place: Place { file, span }, text: text(data)? };
        finding.fix = Some(Fix { safe: data.arbitrary()?, edits: vec![edit] });
    }
    Ok(finding)
}
