//! The formats a run is told in, one file each.

mod checkstyle;
mod concise;
mod diff;
mod github;
mod gitlab;
mod items;
mod json;
mod jsonl;
mod junit;
mod narrated;
mod rdjsonl;
pub mod rule;
mod sarif;
pub mod schema;
mod serialized;
mod settings;
mod snippet;
mod terminal;
mod text;
mod trace;

use std::io::{self, Write};

use crate::engine::Outcome;
use crate::trace::Trace;

pub use diff::write_diff;
pub use settings::write_invalid_settings;
pub use text::visible;

/// How a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: every finding with the lines it is about.
    Full,
    /// For people and `grep`: one line a finding.
    Concise,
    /// For people who listen: whole sentences, and nothing drawn.
    Narrated,
    /// For programs: one JSON object.
    Json,
    /// For programs: one JSON object a line, the summary last.
    Jsonl,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For GitHub's workflow logs, which make annotations of it.
    Github,
    /// For GitLab's code quality report.
    Gitlab,
    /// For whatever shows test results: JUnit XML.
    Junit,
    /// For whatever reads Checkstyle XML.
    Checkstyle,
    /// For reviewdog.
    Rdjsonl,
}

impl Format {
    /// Every one.
    pub const ALL: [Format; 11] = [
        Format::Full,
        Format::Concise,
        Format::Narrated,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Checkstyle,
        Format::Rdjsonl,
    ];

    /// Returns what it is called on the command line.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// Returns what it is, in a line.
    pub fn about(self) -> &'static str {
        self.words().1
    }

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Format::Full => ("full", "Every finding with the lines it is about"),
            Format::Concise => ("concise", "One line a finding"),
            Format::Narrated => {
                ("narrated", "Whole sentences for screen readers; NO_GRAPHICS chooses it on a terminal")
            }
            Format::Json => ("json", "One JSON object"),
            Format::Jsonl => ("jsonl", "One JSON object a line, the summary last"),
            Format::Sarif => ("sarif", "SARIF 2.1.0, for code scanning"),
            Format::Github => ("github", "GitHub's workflow commands, which become annotations"),
            Format::Gitlab => ("gitlab", "GitLab's code quality report"),
            Format::Junit => ("junit", "JUnit XML"),
            Format::Checkstyle => ("checkstyle", "Checkstyle XML"),
            Format::Rdjsonl => ("rdjsonl", "reviewdog's diagnostics, with fixes as suggestions"),
        }
    }

    /// Returns whether people read it. The others are read by programs: they are never capped, and an empty run still gives a whole document.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Full | Format::Concise | Format::Narrated)
    }

    /// Returns whether it can say which files were not analysed.
    pub fn tells_not_analysed(self) -> bool {
        self.is_for_people() || matches!(self, Format::Json | Format::Jsonl | Format::Sarif | Format::Junit)
    }
}

/// The options of a run for its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The reader's screen, for the formats that people read.
    pub screen: Screen,
    /// How many findings people are shown; all of them without it.
    pub most: Option<usize>,
    /// The exit code of the run.
    pub exit_code: u8,
}

/// The abilities of the reader's screen. It decides how findings look and never which there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// True if colours are wanted.
    pub colour: bool,
    /// True if it shows characters beyond ASCII.
    pub unicode: bool,
    /// Its width, in columns.
    pub width: usize,
}

/// Writes what a run found, and nothing where there was nothing to lint (but always a whole document for a program).
///
/// # Errors
///
/// Those of `out`.
pub fn write(format: Format, view: View, outcome: &Outcome, mut out: &mut dyn Write) -> io::Result<()> {
    let out = &mut out;
    match format {
        Format::Full => terminal::write(view, outcome, out),
        Format::Concise => concise::write(view, outcome, out),
        Format::Narrated => narrated::write(view, outcome, out),
        Format::Json => json::write(outcome, out),
        Format::Jsonl => jsonl::write(outcome, out),
        Format::Sarif => sarif::write(view.exit_code, outcome, out),
        Format::Github => github::write(outcome, out),
        Format::Gitlab => gitlab::write(outcome, out),
        Format::Junit => junit::write(outcome, out),
        Format::Checkstyle => checkstyle::write(outcome, out),
        Format::Rdjsonl => rdjsonl::write(outcome, out),
    }
}

/// Writes a trace: for people, or as one JSON object.
///
/// # Errors
///
/// Those of `out`.
pub fn write_trace(format: Format, traced: &Trace, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Json => trace::write_json(traced, out),
        _ => trace::write_text(traced, out),
    }
}

/// An outcome of two small files and four findings, for the tests of all formats.
#[cfg(test)]
pub(crate) mod example {
    use crate::cors::request::Request;
    use crate::engine::Outcome;
    use crate::finding::{Edit, Finding, Fingerprint, Fix, Label, Severity};
    use crate::report::{Format, Screen, View, write};
    use crate::source::{FileId, Place, Source, Span};

    /// Returns what a format makes of an outcome that ended with 1, on a screen of 40 columns.
    pub(crate) fn written(format: Format, outcome: &Outcome) -> String {
        let screen = Screen { colour: true, unicode: true, width: 40 };
        let mut out = Vec::new();
        write(format, View { screen, most: None, exit_code: 1 }, outcome, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The place of the first `needle` in a file.
    pub(crate) fn place(outcome: &Outcome, file: FileId, needle: &str) -> Place {
        let bytes = &outcome.sources.get(file).bytes;
        let start = bytes.windows(needle.len()).position(|window| window == needle.as_bytes()).unwrap();
        Place { file, span: Span::at(start, start + needle.len()) }
    }

    /// A finding that says nothing but where.
    pub(crate) fn finding(place: Place, message: &str, label: &str) -> Finding {
        Finding {
            rule: "some-rule",
            severity: Severity::Error,
            message: message.to_owned().into(),
            primary: Label { place, text: label.to_owned().into() },
            related: Vec::new(),
            help: None,
            request: None,
            fix: None,
            has_secret_fix: false,
            fingerprint: Fingerprint::default(),
        }
    }

    /// A run over one file.
    pub(crate) fn file(path: &str, bytes: &[u8]) -> (Outcome, FileId) {
        let mut outcome = Outcome { files: 1, ..Outcome::default() };
        let file = outcome.sources.add(Source::new(path, None, bytes.to_vec()));
        (outcome, file)
    }

    /// The files of the deployment.
    const NGINX: &str = "server {\n    listen 443 ssl;\n    location /api/ {\n\
        \x20       add_header Access-Control-Allow-Origin https://app.example.com/ always;\n\
        \x20       proxy_pass http://app;\n    }\n}\n";
    const ENV: &str = "DB_PASSWORD=hunter2\nCORS_ORIGINS=https://app.example.com/\nAPI_KEY=k-1234\n";

    /// Two files at fault together, with everything a finding can hold.
    pub(crate) fn deployment() -> Outcome {
        let (mut outcome, nginx) = file("nginx.conf", NGINX.as_bytes());
        let env = outcome.sources.add(Source::new(".env.production", None, ENV.into()));
        outcome.files = 2;
        outcome.sources.get_mut(env).secrets = vec![Span::at(12, 19), Span::at(33, 57), Span::at(66, 72)];
        let value = place(&outcome, nginx, "https://app.example.com/");
        let key = place(&outcome, env, "https://app.example.com/");
        let mut first = finding(value, "no browser sends an origin that ends in a slash", "`/` at the end");
        first.rule = "origin-trailing-slash";
        first.related.push(Label { place: key, text: "the app's list has it, too".into() });
        first.help = Some(
            "write it without the slash:\n\n    add_header Access-Control-Allow-Origin https://app.example.com always;"
                .into(),
        );
        first.request = Some(Request {
            method: "OPTIONS".into(),
            url: "https://localhost/api/".to_owned(),
            headers: vec![("Origin".into(), "https://app.example.com".to_owned())],
        });
        let slash = Span::new(value.span.end - 1, value.span.end);
        let edit = Edit { place: Place { span: slash, ..value }, text: String::new() };
        first.fix = Some(Fix { safe: true, edits: vec![edit] });
        let mut second = finding(place(&outcome, nginx, "listen"), "it could be better", "here");
        second.severity = Severity::Advice;
        let mut third = finding(key, "two lists", "this one");
        third.severity = Severity::Warning;
        outcome.findings = vec![first, second, third];
        outcome
    }
}
