//! Fixes: the edits that findings bring, made round by round, and each checked before it counts.
//!
//! A fix counts if its fault is gone and no other error or warning has come; a safe one also has to leave every other answer as it was
//! ([`engine::differences`]). All fixes of a round are tried together. Where that fails those are left out that are at fault, so that bad
//! fixes cost a few runs and keep no good one from being made; where nothing shows which these are, the halves are tried. Of fixes that
//! touch one another the later ones wait for the next round.

mod edits;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::engine;
use crate::engine::Difference;
use crate::engine::Error;
use crate::engine::Outcome;
use crate::engine::real;
use crate::finding::{Finding, Fix, Mended, Severity};
use crate::source::{FileId, Place, Source, Sources, Span};
use edits::{Edits, Moves};
pub use write::write;

/// How many sets of fixes are tried in one run.
const MAX_CHECKS: usize = 200;
/// How often in a row a fault may show only because another is gone.
const MAX_CHAIN: usize = 4;

/// What to fix.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The files, and the rules whose findings are to be fixed; empty for all.
    pub files: engine::Options,
    /// Whether fixes that change what is allowed are wanted, too.
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
    /// Whether it is a .env file, of which no line shows but those that change.
    pub is_env: bool,
    /// What of the bytes before, and of those after, a diff masks: all secrets but the lists of addresses that fixes are about.
    pub masked: [Vec<Span>; 2],
}

/// What was fixed, in memory: nothing is written yet.
#[derive(Debug)]
pub struct Fixed {
    /// The files that change, in the order of their paths.
    pub files: Vec<Changed>,
    /// Fixes that were left out, and why, in words.
    pub left: Vec<String>,
    /// What is found once they are made, and what was mended.
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
    let mut state = State::new(engine::Options { rules: Vec::new(), ..options.files.clone() })?;
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

/// What is kept of a fault that was mended.
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

/// What a diff masks of a file. It shows changed lines alone where there are secrets.
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
struct State {
    files: engine::Options,
    outcome: Outcome,
}

impl State {
    fn new(files: engine::Options) -> Result<Self, Error> {
        let outcome = engine::lint(&files)?;
        Ok(State { files, outcome })
    }

    /// The same with these fixes, none of which touches another.
    fn with(&self, fixes: &[Fixable<'_>], moves: &mut Moves) -> Result<State, Error> {
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
        State::new(files)
    }
}

/// The finding of a fix, with it.
type Fixable<'s> = (&'s Finding, &'s Fix);

/// Which fixes are wanted, and which files may change.
struct Wanted<'o> {
    options: &'o Options,
    with_unsafe: bool,
    /// What was given, without links.
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

/// One round: of the fixes that are open, those that pass their check.
struct Round<'s> {
    state: &'s State,
    wanted: Wanted<'s>,
    accepted: Vec<Fixable<'s>>,
    /// What the accepted ones make of the files.
    made: Option<State>,
    /// How many sets of fixes were tried so far.
    checks: usize,
    left: BTreeSet<String>,
}

/// Why a set of fixes cannot be made.
struct Failure {
    /// In words, for each fix that is at fault by itself; by its index.
    at_fault: BTreeMap<usize, String>,
    /// In words, where nothing shows which fix is at fault.
    why: String,
}

impl<'s> Round<'s> {
    /// Tries the fixes that can be made together, and others only where of those none passes.
    fn go(&mut self, mut open: Vec<Fixable<'s>>) -> Result<(), Error> {
        while self.accepted.is_empty() {
            let mut edits = Edits::default();
            let together: Vec<Fixable<'s>> = open.extract_if(.., |(_, fix)| edits.add(&fix.edits)).collect();
            if together.is_empty() {
                break;
            }
            self.check(together)?;
        }
        Ok(())
    }

    /// Accepts the fixes of a group: all if they pass together, otherwise without those that are at fault, and where nothing shows which
    /// are, those of its halves that pass.
    fn check(&mut self, group: Vec<Fixable<'s>>) -> Result<(), Error> {
        let mut groups = vec![group];
        while let Some(mut group) = groups.pop() {
            if self.checks == MAX_CHECKS {
                let why = format!("no more than {MAX_CHECKS} sets of fixes are tried in one run");
                group.iter().for_each(|fixable| self.leave(fixable, &why));
                continue;
            }
            self.checks += 1;
            let all: Vec<Fixable<'s>> = self.accepted.iter().chain(&group).copied().collect();
            let Failure { mut at_fault, why } = match self.attempt(&all)? {
                Ok(made) => {
                    (self.accepted, self.made) = (all, Some(made));
                    continue;
                }
                Err(failure) => failure,
            };
            // A fix that passed before is at fault only beside one of the group.
            let offset = self.accepted.len();
            let reasons: Vec<Option<String>> = (0..group.len()).map(|at| at_fault.remove(&(offset + at))).collect();
            let mut reasons = reasons.into_iter();
            let faulty: Vec<(Fixable<'s>, String)> =
                group.iter().zip(&mut reasons).filter_map(|(fixable, reason)| Some((*fixable, reason?))).collect();
            match (faulty.len(), group.len()) {
                (0, 1) => group.iter().for_each(|fixable| self.leave(fixable, &why)),
                (0, length) => {
                    let second = group.split_off(length / 2);
                    groups.extend([second, group]);
                }
                (count, length) if count == length => {
                    faulty.iter().for_each(|(fixable, reason)| self.leave(fixable, reason));
                }
                _ => {
                    let is_faulty =
                        |fixable: &Fixable<'s>| faulty.iter().any(|(other, _)| std::ptr::eq(other.0, fixable.0));
                    let (faulty, sound): (Vec<_>, Vec<_>) = group.into_iter().partition(|fixable| is_faulty(fixable));
                    // They may pass once the others are made.
                    groups.extend([faulty, sound]);
                }
            }
        }
        Ok(())
    }

    fn leave(&mut self, (finding, _): &Fixable<'s>, why: &str) {
        let place = place_in_words(&self.state.outcome.sources, finding);
        self.left.insert(format!("{place}: `{}` is not fixed: {why}", finding.rule));
    }

    /// Makes fixes that do not touch one another and checks what comes of it: the files as they would be, or what is wrong with them.
    /// A fault that shows only once another is gone is mended with it, where that can be done.
    fn attempt(&self, fixes: &[Fixable<'_>]) -> Result<Result<State, Failure>, Error> {
        let mut moves = Moves::default();
        let mut made = self.state.with(fixes, &mut moves)?;
        for _ in 0..MAX_CHAIN {
            let shown = match new_findings(&self.state.outcome, &made.outcome, fixes, &moves) {
                Ok(shown) => shown,
                Err(failure) => return Ok(Err(failure)),
            };
            if shown.is_empty() {
                let is_safe = fixes.iter().all(|(_, fix)| fix.safe);
                let differences =
                    if is_safe { engine::differences(&self.state.files, &made.files)? } else { Vec::new() };
                return Ok(if differences.is_empty() { Ok(made) } else { Err(differing(&differences, fixes)) });
            }
            let mendable = self.wanted.of(&made.outcome, &mut BTreeSet::new());
            let may_be_mended: BTreeSet<_> = mendable.iter().map(|(finding, _)| here(finding)).collect();
            let lasting: Vec<&Finding> =
                shown.iter().copied().filter(|new| !may_be_mended.contains(&here(new))).collect();
            if !lasting.is_empty() {
                return Ok(Err(lasting_findings(&made.outcome.sources, &lasting, fixes, &moves)));
            }
            let mut edits = Edits::default();
            let shown: BTreeSet<_> = shown.iter().map(|new| here(new)).collect();
            let is_chained = |(finding, fix): &Fixable<'_>| shown.contains(&here(finding)) && edits.add(&fix.edits);
            let chained: Vec<Fixable<'_>> = mendable.into_iter().filter(is_chained).collect();
            made = made.with(&chained, &mut moves)?;
        }
        Ok(Err(Failure { at_fault: BTreeMap::new(), why: "one fault after another would be found".to_owned() }))
    }
}

/// Findings that fixes would bring: of each, the fix next to it is at fault.
fn lasting_findings(sources: &Sources, lasting: &[&Finding], fixes: &[Fixable<'_>], moves: &Moves) -> Failure {
    let mut starts: Vec<(FileId, u32, usize)> = Vec::new();
    for (index, (_, fix)) in fixes.iter().enumerate() {
        starts
            .extend(fix.edits.iter().map(|it| (it.place.file, moves.start(it.place.file, it.place.span.start), index)));
    }
    starts.sort_unstable();
    let nearest = |place: Place| {
        let at = starts.partition_point(|(file, start, _)| (*file, *start) < (place.file, place.span.start));
        let around = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|at| starts.get(at));
        let in_file = around.filter(|(file, ..)| *file == place.file);
        in_file.min_by_key(|(_, start, _)| start.abs_diff(place.span.start)).map(|(.., index)| *index)
    };
    let mut at_fault = BTreeMap::new();
    let mut last = String::new();
    for finding in lasting {
        let why = format!("`{}` would be found at {}", finding.rule, place_in_words(sources, finding));
        let places = std::iter::once(&finding.primary).chain(&finding.related).map(|label| label.place);
        let fix = places.into_iter().find_map(nearest);
        fix.into_iter().for_each(|fix| _ = at_fault.entry(fix).or_insert_with(|| why.clone()));
        last = why;
    }
    Failure { at_fault, why: last }
}

/// Responses that fixes would change: of each, the fixes in its location are at fault, or else those in its server, or in its app's .env
/// files.
fn differing(differences: &[Difference], fixes: &[Fixable<'_>]) -> Failure {
    let mut at_fault = BTreeMap::new();
    for difference in differences {
        let is_in = |block: &Place, (_, fix): &Fixable<'_>| fix.edits.iter().any(|edit| block.holds(edit.place));
        let inside = |block: &Place| -> Vec<usize> {
            (0..fixes.len()).filter(|index| fixes.get(*index).is_some_and(|fix| is_in(block, fix))).collect()
        };
        let is_of_app =
            |(_, fix): &Fixable<'_>| fix.edits.iter().any(|edit| difference.env_files.contains(&edit.place.file));
        let of_app = || fixes.iter().enumerate().filter(|(_, fix)| is_of_app(fix)).map(|(index, _)| index).collect();
        let found = difference.blocks.iter().map(inside).find(|found| !found.is_empty()).unwrap_or_else(of_app);
        found.into_iter().for_each(|fix| _ = at_fault.entry(fix).or_insert_with(|| difference.why.clone()));
    }
    let why = differences.first().map(|difference| difference.why.clone()).unwrap_or_default();
    Failure { at_fault, why }
}

/// What tells findings apart, as long as no byte has moved.
fn here(finding: &Finding) -> (&'static str, FileId, u32) {
    (finding.rule, finding.primary.place.file, finding.primary.place.span.start)
}

/// Where a finding is: `path:line`.
fn place_in_words(sources: &Sources, finding: &Finding) -> String {
    let place = finding.primary.place;
    let source = sources.get(place.file);
    format!("{}:{}", source.path, source.line_of(place.span.start))
}

/// The errors and warnings that were not there before, not even beside another finding of their rule.
///
/// # Errors
///
/// What is wrong with the fixes themselves: a fault is still there, or other files would be read.
fn new_findings<'a>(
    before: &Outcome,
    after: &'a Outcome,
    fixes: &[Fixable<'_>],
    moves: &Moves,
) -> Result<Vec<&'a Finding>, Failure> {
    let paths =
        |outcome: &Outcome| -> Vec<String> { outcome.sources.iter().map(|(_, file)| file.path.clone()).collect() };
    if paths(before) != paths(after) {
        return Err(Failure { at_fault: BTreeMap::new(), why: "other files would be read".to_owned() });
    }
    let moved = |rule: &'static str, place: Place| (rule, place.file, moves.start(place.file, place.span.start));
    let mended = fixes.iter().map(|(finding, _)| moved(finding.rule, finding.primary.place));
    let mended: BTreeMap<_, usize> = mended.zip(0..).collect();
    let still = after.findings.iter().filter_map(|finding| {
        let why = || format!("the fault would still be found at {}", place_in_words(&after.sources, finding));
        mended.get(&here(finding)).map(|index| (*index, why()))
    });
    let at_fault: BTreeMap<usize, String> = still.collect();
    if let Some(why) = at_fault.values().next().cloned() {
        return Err(Failure { at_fault, why });
    }
    let labels = before.findings.iter().flat_map(|finding| {
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        labels.map(|label| moved(finding.rule, label.place))
    });
    let known: BTreeSet<_> = labels.collect();
    let is_new = |finding: &&Finding| finding.severity > Severity::Advice && !known.contains(&here(finding));
    Ok(after.findings.iter().filter(is_new).collect())
}
