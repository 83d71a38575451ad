//! One round of fixes: those that pass their check together, and who is at fault where they do not.

use super::{FilesState, Fixable, MAX_CHAIN, MAX_CHECKS, Wanted};
use crate::engine;
use crate::engine::{Difference, Error, Outcome};
use crate::finding::{Finding, Severity};
use crate::fix::edits::{Edits, Moves};
use crate::source::{FileId, Place, Sources};
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// One round: of the fixes that are open, those that pass their check.
pub(super) struct Round<'s> {
    pub(super) state: &'s FilesState,
    pub(super) wanted: Wanted<'s>,
    pub(super) accepted: Vec<Fixable<'s>>,
    /// The files after the accepted fixes.
    pub(super) made: Option<FilesState>,
    /// How many sets of fixes were tried so far.
    pub(super) checks: usize,
    pub(super) left: BTreeSet<String>,
}

/// Why a set of fixes cannot be made.
pub(super) struct Failure {
    /// In words, for each fix that is at fault by itself; by its index.
    pub(super) at_fault: BTreeMap<usize, String>,
    /// In words, where nothing shows which fix is at fault.
    pub(super) why: String,
}

impl<'s> Round<'s> {
    /// Tries the fixes that can be made together, and others only where of those none passes.
    pub(super) fn go(&mut self, mut open: Vec<Fixable<'s>>) -> Result<(), Error> {
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
    fn attempt(&self, fixes: &[Fixable<'_>]) -> Result<Result<FilesState, Failure>, Error> {
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
pub(super) fn lasting_findings(
    sources: &Sources,
    lasting: &[&Finding],
    fixes: &[Fixable<'_>],
    moves: &Moves,
) -> Failure {
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
pub(super) fn differing(differences: &[Difference], fixes: &[Fixable<'_>]) -> Failure {
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

/// Returns what tells findings apart, as long as no byte has moved.
pub(super) fn here(finding: &Finding) -> (&'static str, FileId, u32) {
    (finding.rule, finding.primary.place.file, finding.primary.place.span.start)
}

/// Where a finding is: `path:line`.
pub(super) fn place_in_words(sources: &Sources, finding: &Finding) -> String {
    let place = finding.primary.place;
    let source = sources.get(place.file);
    format!("{}:{}", source.path, source.line_of(place.span.start))
}

/// The errors and warnings that were not there before, not even beside another finding of their rule.
///
/// # Errors
///
/// The faults of the fixes themselves: a fault is still there, or other files would be read.
pub(super) fn new_findings<'a>(
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
