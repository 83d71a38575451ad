//! A whole run over any files: it ends, says the same twice, and what it says can be shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use corslint::engine::Options;
use corslint::engine::Outcome;
use corslint::engine::lint;
use corslint::finding::Finding;
use corslint::report::{self, Format, Screen};
use corslint::trace;

use super::files::Bundle;
use super::report::{assert_tame, every_format};
use super::{assert_whole, cost};

/// Checks any bundle of files and requests.
pub fn check(text: &[u8]) {
    let bundle = Bundle::read(text);
    let Some(directory) = Directory::new(&bundle) else { return };
    let options = Options { paths: vec![directory.0.clone()], ..Options::default() };
    let outcome = cost::bounded(text.len() * 4, || lint(&options)).expect("the directory is there");
    assert!(outcome.steps <= cost::steps(text.len()), "{} bytes take {} steps", text.len(), outcome.steps);
    for finding in &outcome.findings {
        sound(finding, &outcome);
    }
    let screen = Screen { colour: text.len() % 2 == 1, unicode: text.len() % 4 > 1, width: 40 + text.len() % 80 };
    every_format(&outcome, screen, text.len(), |_| ());
    if text.len().is_multiple_of(8) {
        let again = lint(&options).expect("the directory is there");
        let told = |outcome: &Outcome| format!("{:?}{:?}", outcome.findings, outcome.not_analysed);
        assert_eq!(told(&again), told(&outcome), "it says something else the second time");
    }
    trace_all(&bundle, options);
}

/// Asserts that every place of a finding lies in its file, and that no edit overlaps another.
fn sound(finding: &Finding, outcome: &Outcome) {
    for label in finding.related.iter().chain([&finding.primary]) {
        assert_whole(label.place.span, &outcome.sources.get(label.place.file).bytes, finding.rule);
    }
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    let mut places: Vec<_> = edits.map(|edit| edit.place).collect();
    for place in &places {
        assert_whole(place.span, &outcome.sources.get(place.file).bytes, finding.rule);
    }
    places.sort();
    let apart =
        |pair: &[corslint::source::Place]| pair[0].file != pair[1].file || pair[0].span.end <= pair[1].span.start;
    assert!(places.windows(2).all(apart), "edits of {} overlap", finding.rule);
}

/// Traces what is asked, for people and for programs.
fn trace_all(bundle: &Bundle, files: Options) {
    for request in &bundle.requests {
        let origin = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("origin"));
        let options = trace::Options {
            files: files.clone(),
            url: request.url.clone(),
            origin: origin.map_or("https://app.example.com".to_owned(), |(_, value)| value.clone()),
            method: request.method.to_string(),
            headers: Vec::new(),
            credentials: request.url.len() % 2 == 1,
            app_status: None,
            app_headers: Vec::new(),
        };
        let Ok(traced) = trace::trace(&options) else { continue };
        for format in [Format::Full, Format::Json] {
            let mut out = Vec::new();
            report::write_trace(format, &traced, &mut out).expect("a vector takes it");
            assert_tame(&String::from_utf8(out).expect("a trace is UTF-8"), false);
        }
    }
}

/// A directory that is gone after the check.
struct Directory(PathBuf);

impl Directory {
    /// Writes the files down; none where two of their paths exclude each other.
    fn new(bundle: &Bundle) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = Directory(std::env::temp_dir().join(format!("corslint-any-{}-{number}", std::process::id())));
        for (name, bytes) in &bundle.files {
            let path = directory.0.join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).ok()?;
            fs::write(path, bytes).ok()?;
        }
        Some(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
