//! Fixes: the edits that findings bring, made round by round, and each checked before it counts.
//!
//! A fix counts if its fault is gone and no other error or warning has come; a safe one also has to leave every other answer as it was
//! ([`engine::differences`]). All fixes of a round are tried together. Where that fails those are left out that are at fault, so that bad
//! fixes cost a few runs and keep no good one from being made; where nothing shows which these are, the halves are tried. Of fixes that
//! touch one another the later ones wait for the next round.

mod edits;
mod round;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::engine;
use crate::engine::Error;
use crate::engine::Outcome;
use crate::engine::real;
use crate::finding::{Finding, Fix, Mended};
use crate::source::{FileId, Source, Sources, Span};
use edits::{Edits, Moves};
use round::Round;
pub use write::write;

/// How many sets of fixes are tried in one run.
const MAX_CHECKS: usize = 200;
/// How often in a row a fault may show only because another is gone.
const MAX_CHAIN: usize = 4;

/// The options of a fix.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The files, and the rules whose findings are to be fixed; empty for all.
    pub files: engine::Options,
    /// True if fixes that change what is allowed are wanted, too.
    pub with_unsafe: bool,
    /// The only file that may change; without it, every file that was named and every file below a directory that was.
    pub only: Option<PathBuf>,
}

/// A file that changes.
#[derive(Debug)]
pub struct Changed {
    /// Its path as findings show it.
    pub path: String,
    /// Where it is, without links.
    pub real: PathBuf,
    /// Its bytes as they were read.
    pub before: Vec<u8>,
    /// Its bytes with the fixes.
    pub after: Vec<u8>,
    /// True if it is a .env file, of which no line shows but those that change.
    pub is_env: bool,
    /// What of the bytes before, and of those after, a diff masks: all secrets but the lists of addresses that fixes are about.
    pub masked: [Vec<Span>; 2],
}

/// The fixed files, in memory: nothing is written yet.
#[derive(Debug)]
pub struct Fixed {
    /// The files that change, in the order of their paths.
    pub files: Vec<Changed>,
    /// Fixes that were left out, and why, in words.
    pub left: Vec<String>,
    /// The findings after the fixes, and the faults that were mended.
    pub outcome: Outcome,
}

impl Fixed {
    /// The faults that were mended, in the order in which they were.
    pub fn mended(&self) -> &[Mended] {
        self.outcome.mended.as_deref().unwrap_or_default()
    }

    /// The directories of all files that were read.
    pub fn directories(&self) -> BTreeSet<&Path> {
        self.outcome.sources.iter().filter_map(|(_, source)| Some(directory(source.origin.as_deref()?))).collect()
    }
}

/// Fixes what can be fixed.
///
/// # Errors
///
/// As for [`engine::lint`].
pub fn fix(options: &Options) -> Result<Fixed, Error> {
    // Whether a fix brings something else about shows only beside the findings of all rules.
    let mut state = FilesState::new(engine::Options { rules: Vec::new(), ..options.files.clone() })?;
    let (mut first, mut mended, mut checks, mut left) = (None, Vec::new(), 0, BTreeSet::new());
    // Each round makes a fix, so that a second run finds nothing to do; the number of checks is limited.
    loop {
        left.clear();
        let mut made = None;
        for with_unsafe in [false, true].into_iter().take(1 + usize::from(options.with_unsafe)) {
            if made.is_none() {
                let wanted = Wanted::new(options, with_unsafe);
                let open = wanted.of(&state.outcome, &mut left);
                let (accepted, none) = (Vec::new(), BTreeSet::new());
                let mut round = Round { state: &state, wanted, accepted, made: None, checks, left: none };
                round.go(open)?;
                checks = round.checks;
                mended.extend(round.accepted.iter().map(|fixable| record(&state.outcome.sources, fixable)));
                left.append(&mut round.left);
                made = round.made;
            }
        }
        let Some(made) = made else { break };
        let before = std::mem::replace(&mut state, made);
        first.get_or_insert(before.outcome.sources);
    }
    let files = first.map_or(Vec::new(), |first| changed(&first, &state.outcome.sources));
    let outcome = if options.files.rules.is_empty() {
        state.outcome
    } else {
        engine::lint(&engine::Options { rules: options.files.rules.clone(), ..state.files })?
    };
    Ok(Fixed { files, left: left.into_iter().collect(), outcome: Outcome { mended: Some(mended), ..outcome } })
}

/// The directory of a file.
fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns what is kept of a fault that was mended.
fn record(sources: &Sources, (finding, fix): &Fixable<'_>) -> Mended {
    let place = finding.primary.place;
    let source = sources.get(place.file);
    let (path, position) = (source.path.clone(), source.position(place.span.start));
    Mended { rule: finding.rule, path, position, message: finding.message.clone(), safe: fix.safe }
}

/// The files whose bytes are not what they were.
fn changed(before: &Sources, after: &Sources) -> Vec<Changed> {
    let pairs = before.iter().map(|(file, old)| (old, after.get(file)));
    let changed = pairs.filter(|(old, new)| old.bytes != new.bytes).filter_map(|(old, new)| {
        let (path, real) = (old.path.clone(), real(old.origin.as_deref()?));
        let is_env = !old.secrets.is_empty();
        let masked = [masked(old), masked(new)];
        Some(Changed { path, real, before: old.bytes.clone(), after: new.bytes.clone(), is_env, masked })
    });
    let mut changed: Vec<Changed> = changed.collect();
    changed.sort_by(|left, right| left.path.cmp(&right.path));
    changed
}

/// Returns what a diff masks of a file. It shows changed lines alone where there are secrets.
fn masked(source: &Source) -> Vec<Span> {
    let mut masked = Vec::new();
    let end = Span::at(source.bytes.len(), 0).start;
    let mut at = 0;
    while at < end {
        let (is_shown, next) = source.shown(at, end, &source.addresses);
        if !is_shown {
            masked.push(Span::new(at, next));
        }
        at = next.max(at + 1);
    }
    masked
}

/// The files as they would be, and what is found in them by all rules.
#[derive(Debug)]
struct FilesState {
    files: engine::Options,
    outcome: Outcome,
}

impl FilesState {
    fn new(files: engine::Options) -> Result<Self, Error> {
        let outcome = engine::lint(&files)?;
        Ok(FilesState { files, outcome })
    }

    /// The same with these fixes, none of which touches another.
    fn with(&self, fixes: &[Fixable<'_>], moves: &mut Moves) -> Result<FilesState, Error> {
        let mut edits = Edits::default();
        let mut files = self.files.clone();
        fixes.iter().for_each(|(_, fix)| _ = edits.add(&fix.edits));
        for file in edits.files() {
            let source = self.outcome.sources.get(file);
            if let Some(origin) = &source.origin {
                files.overlay.rewrite(origin, edits.apply(file, &source.bytes));
            }
        }
        moves.add(&edits);
        FilesState::new(files)
    }
}

/// The finding of a fix, with it.
type Fixable<'s> = (&'s Finding, &'s Fix);

/// Which fixes are wanted, and which files may change.
struct Wanted<'o> {
    options: &'o Options,
    with_unsafe: bool,
    /// The paths that were given, without links.
    given: Vec<PathBuf>,
}

impl<'o> Wanted<'o> {
    fn new(options: &'o Options, with_unsafe: bool) -> Self {
        let given = match &options.only {
            Some(only) => vec![real(only)],
            None => options.files.paths.iter().map(|path| real(path)).collect(),
        };
        Wanted { options, with_unsafe, given }
    }

    /// The fix of a finding, where it is wanted.
    fn fix_of<'f>(&self, finding: &'f Finding) -> Option<Fixable<'f>> {
        let rules = &self.options.files.rules;
        let is_asked = rules.is_empty() || rules.iter().any(|rule| rule == finding.rule);
        // A fix never writes a secret where it did not stand.
        let fix = finding.shown_fix().filter(|fix| is_asked && (fix.safe || self.with_unsafe))?;
        Some((finding, fix))
    }

    /// The wanted fixes that may be made, in the order of the findings. Files that may not change are told to `left`.
    fn of<'s>(&self, outcome: &'s Outcome, left: &mut BTreeSet<String>) -> Vec<Fixable<'s>> {
        let mut may_change: BTreeMap<FileId, bool> = BTreeMap::new();
        let mut is_locked = |file: &FileId| {
            let origin = outcome.sources.get(*file).origin.as_deref();
            let is_given = || origin.map(real).is_some_and(|path| is_below(&path, &self.given));
            !*may_change.entry(*file).or_insert_with(is_given)
        };
        let mut fixes = Vec::new();
        for (finding, fix) in outcome.findings.iter().filter_map(|finding| self.fix_of(finding)) {
            match fix.edits.iter().map(|edit| edit.place.file).find(&mut is_locked) {
                None => fixes.push((finding, fix)),
                Some(file) if self.options.only.is_none() => {
                    let path = &outcome.sources.get(file).path;
                    left.insert(format!("{path}: left as it is, since it is not among the files that were given"));
                }
                Some(_) => {}
            }
        }
        fixes
    }
}

/// Returns whether a path is one of those given, or below a directory that is. All are without links.
fn is_below(path: &Path, given: &[PathBuf]) -> bool {
    given.iter().any(|given| path == given || (path.starts_with(given) && given.is_dir()))
}
