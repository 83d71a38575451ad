//! The settings of any file: every place lies in it, and of what is no settings file nothing shows but the fault.

use std::path::Path;

use corslint::report::{Screen, write_invalid_settings};
use corslint::rules;
use corslint::settings::{Invalid, Settings, from_source};
use corslint::source::{Source, Span};

use super::report::assert_tame;
use super::{assert_whole, cost};

/// What stands in place of the text that nothing is wrong with.
const SECRET: &str = "s3cr3t";

/// Checks any file.
pub fn check(file: &[u8]) {
    let read = |file: &[u8]| {
        let source = Source::new("corslint.toml", None, file.to_vec());
        cost::bounded(file.len(), || from_source(source, Path::new("/deployment")))
    };
    match read(file) {
        Ok(settings) => sound(&settings, file),
        Err(invalid) => told(*invalid, file),
    }
    // As it is where a file of secrets is taken for settings.
    let mut around = format!("API_TOKEN=\"{SECRET}\" # {SECRET}\n").into_bytes();
    around.extend_from_slice(file);
    around.extend_from_slice(format!("\n# {SECRET}\n[secrets]\nkey = '{SECRET}'\n").as_bytes());
    if let Err(invalid) = read(&around) {
        told(*invalid, &around);
    }
}

/// Asserts that what is set is set in the file, and that it is looked up in no time.
fn sound(settings: &Settings, file: &[u8]) {
    let levels = settings.overrides.iter().map(|over| &over.rules).chain([&settings.rules]);
    let mut spans: Vec<Span> = levels.flat_map(|levels| levels.values().map(|set| set.span)).collect();
    spans.extend(settings.fail_on.as_ref().map(|set| set.span));
    spans.extend(settings.root.as_ref().map(|set| set.span));
    spans.extend(settings.context.as_ref().map(|set| set.span));
    spans.extend(settings.nginx_version.as_ref().map(|set| set.span));
    spans.extend(settings.app_sets_cors.as_ref().map(|set| set.span));
    spans.extend(settings.apps.iter().map(|app| app.path.span));
    spans.extend(settings.env.values().map(|set| set.span));
    spans.push(settings.exclude.span());
    for span in spans {
        assert_whole(span, file, "a setting");
        assert!(settings.line_of(span).starts_with("corslint.toml:"));
    }
    let paths = ["/deployment/conf.d/app.conf", "/deployment/.env.production", "/elsewhere/nginx.conf"];
    cost::bounded(file.len(), || {
        for path in paths.map(Path::new) {
            rules::ALL.iter().for_each(|rule| _ = settings.level(rule.id, path));
            let excluding = settings.excluding(path, Path::new("/deployment"));
            assert!(excluding.is_none_or(|pattern| settings.exclude.patterns().iter().any(|other| other == pattern)));
            assert!(settings.app_of(path).is_none_or(|app| settings.apps.contains(app)));
        }
    });
    settings.own_keys();
}

fn names_secret(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).contains(SECRET)
}

/// Asserts that what is wrong is shown, that a terminal may show it, and that no more shows.
fn told(invalid: Invalid, file: &[u8]) {
    assert!(!invalid.problems.is_empty());
    assert!(invalid.problems.is_sorted_by_key(|problem| problem.span), "what is wrong is told in file order");
    // Names of keys are no secrets.
    let is_in_key = |line: &[u8]| line.split(|byte| *byte == b'=').next().is_some_and(names_secret);
    let mut shown = file.split(|byte| *byte == b'\n').any(is_in_key);
    for problem in &invalid.problems {
        assert_whole(problem.span, file, &problem.message);
        shown |= names_secret(problem.span.of(file));
    }
    let screen = Screen { colour: file.len() % 2 == 1, unicode: file.len() % 4 > 1, width: 40 + file.len() % 80 };
    let mut out = Vec::new();
    let size = file.len() + 4096 * invalid.problems.len();
    cost::bounded(size, || write_invalid_settings(screen, invalid, &mut out)).expect("a vector takes it");
    let text = String::from_utf8(out).expect("what is told is UTF-8");
    assert_tame(&text, screen.colour);
    assert!(shown || !text.contains(SECRET), "what nothing is wrong with shows:\n{text}");
}
