//! The properties, on inputs that are made up: the same ones on every machine and in every run.

mod configurations;
mod settings;
mod statements;

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::properties;

/// Checks a property on `cases` inputs; a failure shows the smallest input that still breaks it.
fn check(property: fn(&[u8]), cases: u32, inputs: impl Strategy<Value = Vec<u8>>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = runner.run(&inputs.prop_map(Shown), |Shown(input)| {
        property(&input);
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

/// An input that a failure shows as text.
struct Shown(Vec<u8>);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

#[test]
fn nginx_files_are_read_soundly() {
    check(properties::nginx::check, 1500, configurations::tokens());
    check(properties::nginx::check, 300, configurations::bundle());
}

#[test]
fn env_files_are_read_soundly() {
    check(properties::dotenv::check, 1500, statements::file());
}

#[test]
fn includes_are_put_in_place() {
    check(properties::include::check, 400, configurations::bundle());
}

#[test]
fn requests_are_answered() {
    check(properties::answer::check, 300, configurations::bundle());
}

#[test]
fn findings_are_shown_without_harm() {
    check(properties::report::check, 400, vec(any::<u8>(), 0..900));
}

#[test]
fn settings_are_understood_or_refused() {
    check(properties::settings::check, 400, settings::file());
}

#[test]
fn runs_end_and_say_the_same_twice() {
    check(properties::lint::check, 60, configurations::bundle());
}

/// What once broke a property does so no more: `found/<property>/*`.
#[test]
fn what_was_found_once_stays_mended() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-tests/found");
    for (name, property) in properties::ALL {
        let Ok(inputs) = fs::read_dir(found.join(name)) else { continue };
        for input in inputs {
            property(&fs::read(input.unwrap().path()).unwrap());
        }
    }
    for folder in fs::read_dir(found).into_iter().flatten() {
        let folder = folder.unwrap().file_name();
        assert!(properties::ALL.iter().any(|(name, _)| folder == *name), "no property is named {folder:?}");
    }
}
