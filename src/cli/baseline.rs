//! `--baseline` and `--write-baseline`: findings that are known.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use corslint::baseline::{Baseline, KnownFinding, MAX_BASELINE_BYTES};
use corslint::engine::Outcome;
use corslint::engine::Repository;
use corslint::replace::replace;
use corslint::source::reason;

use super::messages::note;

/// How many stale entries are named.
const MOST_STALE: usize = 10;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Known findings")]
pub(super) struct BaselineArguments {
    /// Leave out the findings that this file holds, and tell which of its entries have none any more
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write every finding of this run to a file for --baseline; they count as known from this run on
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
}

impl BaselineArguments {
    /// The baseline that is given; one that is to be written takes its place.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(super) fn read(&self) -> Result<Option<Baseline>, String> {
        let Some(path) = self.baseline.as_deref().filter(|_| self.write_baseline.is_none()) else { return Ok(None) };
        let told = |why: String| format!("{}: {why}", path.display());
        let text = bytes(path).map_err(told)?;
        Baseline::read(&text).map(Some).map_err(told)
    }

    /// Takes out what is known, after writing it where that is asked. Stale entries never fail a run: they are told on standard
    /// error, unless `quiet` is set, and counted in the formats for programs.
    ///
    /// # Errors
    ///
    /// Why the file cannot be read or written.
    pub(super) fn apply(&self, outcome: &mut Outcome, rules: &[String], quiet: bool) -> Result<(), String> {
        let baseline = match (&self.write_baseline, self.read()?) {
            (Some(path), _) => {
                let baseline = Baseline::of(outcome);
                let written = outcome.refuse_to_overwrite(path);
                written
                    .and_then(|()| replace(path, |out| baseline.write(out)))
                    .map_err(|why| format!("{}: not written, {why}", path.display()))?;
                baseline
            }
            (None, Some(baseline)) => baseline,
            (None, None) => return Ok(()),
        };
        let stale = baseline.apply(outcome, rules, &Repository::around_working_directory());
        if let Some(path) = self.baseline.as_deref().filter(|_| !stale.is_empty() && !quiet) {
            tell_stale(path, &stale);
        }
        Ok(())
    }
}

fn tell_stale(path: &Path, stale: &[&KnownFinding]) {
    for entry in stale.iter().take(MOST_STALE) {
        note(format_args!("stale in {}: {}: {}: {}", path.display(), entry.path, entry.rule, entry.message));
    }
    if let more @ 1.. = stale.len().saturating_sub(MOST_STALE) {
        note(format_args!("stale in {}: {more} more", path.display()));
    }
    note("no finding is left for what is stale; --write-baseline writes the file without it");
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| reason(&error))?;
    file.take(MAX_BASELINE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_BASELINE_BYTES {
        return Err(format!("it is larger than {MAX_BASELINE_BYTES} bytes"));
    }
    Ok(bytes)
}
