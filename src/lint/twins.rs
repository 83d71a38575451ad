//! Findings for the blocks that were left out because they are like others: what is found in one is said of each of its twins.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::read::Files;
use crate::cors::registrable::is_special_label;
use crate::cors::request::Request;
use crate::dotenv::placeholder::is_to_be_filled_in;
use crate::dotenv::stage::is_of_a_stage;
use crate::finding::{Edit, Finding, Fix, Label};
use crate::nginx::config::Config;
use crate::nginx::twins::{Elsewhere, Member, Renaming, Twins};
use crate::parallel;
use crate::source::{FileId, Place, Sources, Span};

/// For how many blocks one processor speaks at a time: fewer are spoken for sooner than a thread starts.
const AT_A_TIME: usize = 256;

/// What stands outside of the servers that may be alike: the rest of the nginx files, and the .env files.
pub(super) fn elsewhere(files: &Files) -> Elsewhere<'_> {
    let bytes = |file: FileId| &files.sources.get(file).bytes[..];
    let trees = files.nginx.iter().map(|(file, tree)| (tree, bytes(*file))).collect();
    Elsewhere::new(trees, files.env.keys().map(|file| bytes(*file)).collect(), tells)
}

/// Returns whether a name tells something by itself, so that a rule may treat it otherwise than the name of a customer.
fn tells(name: &str) -> bool {
    is_special_label(name) || is_of_a_stage(name) || is_to_be_filled_in(name)
}

/// Adds the findings of the blocks that were left out. Says whether it could: the twins that were asked must agree with one another,
/// but for the first, to which more may be ascribed that they all share.
pub(super) fn speak_for_twins(sources: &Sources, configs: &[Config<'_>], findings: &mut Vec<Finding>) -> bool {
    let twins = || configs.iter().flat_map(|config| &config.twins);
    if twins().next().is_some() && configs.iter().any(|config| !config.problems.is_empty()) {
        return false;
    }
    // A server is spoken for once its locations are.
    [true, false].into_iter().all(|inner| {
        let twins: Vec<&Twins> = twins().filter(|twins| twins.inner == inner).collect();
        twins.is_empty() || speak_for(sources, &twins, findings)
    })
}

fn speak_for(sources: &Sources, twins: &[&Twins], findings: &mut Vec<Finding>) -> bool {
    let mut by_place: BTreeMap<Place, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter() {
        by_place.entry(finding.primary.place).or_default().push(finding);
    }
    let inside = |member: &Member| -> Vec<&Finding> {
        let Place { file, span } = member.place();
        let at = |offset| Place { file, span: Span::new(offset, offset) };
        let mut inside: Vec<&Finding> =
            by_place.range(at(span.start)..at(span.end)).flat_map(|(_, all)| all).copied().collect();
        inside.sort_by(|left, right| key(left).cmp(&key(right)));
        inside
    };
    let mut more = Vec::new();
    for Twins { placed, left, .. } in twins {
        let [_, model, others @ ..] = &placed[..] else { return false };
        let found = inside(model);
        let agrees = |other: &Member| {
            let told = inside(other);
            let copy = Copy::new(sources, model, other);
            told.len() == found.len() && found.iter().zip(told).all(|(finding, told)| copy.finding(finding) == *told)
        };
        if !others.iter().all(agrees) {
            return false;
        }
        if found.is_empty() {
            continue;
        }
        let parts: Vec<&[Member]> = left.chunks(AT_A_TIME).collect();
        more.extend(parallel::map(&parts, 1, |part| {
            let mut copies = Vec::with_capacity(part.len() * found.len());
            for other in *part {
                let copy = Copy::new(sources, model, other);
                copies.extend(found.iter().map(|finding| copy.finding(finding)));
            }
            copies
        }));
    }
    findings.reserve_exact(more.iter().map(Vec::len).sum());
    more.iter_mut().for_each(|copies| findings.append(copies));
    true
}

/// What puts the findings of one block into the same order as those of its twins.
fn key(finding: &Finding) -> (Place, &'static str, &str) {
    (finding.primary.place, finding.rule, &finding.message)
}

/// What turns a finding in one block into the same finding in a twin.
struct Copy<'s> {
    model: Place,
    other: Place,
    renaming: Renaming<'s>,
}

impl<'s> Copy<'s> {
    fn new(sources: &'s Sources, model: &Member, other: &Member) -> Self {
        let (model, other) = (model.place(), other.place());
        Copy { model, other, renaming: Renaming::new(sources.bytes(model), sources.bytes(other)) }
    }

    fn place(&self, place: Place) -> Place {
        let Range { start, end } = self.model.span.start..self.model.span.end;
        if place.file != self.model.file || place.span.start < start || place.span.end > end {
            return place;
        }
        let moved = |offset: u32| self.renaming.offset(offset - start) + self.other.span.start;
        Place { file: self.other.file, span: Span::new(moved(place.span.start), moved(place.span.end)) }
    }

    /// What corslint always says holds no name.
    #[expect(clippy::ptr_arg, reason = "what is borrowed is what corslint always says")]
    fn words(&self, text: &Cow<'static, str>) -> Cow<'static, str> {
        match text {
            Cow::Borrowed(always) => Cow::Borrowed(always),
            Cow::Owned(text) => Cow::Owned(self.text(text)),
        }
    }

    fn text(&self, text: &str) -> String {
        self.renaming.apply(text).into_owned()
    }

    fn label(&self, label: &Label) -> Label {
        Label { place: self.place(label.place), text: self.words(&label.text) }
    }

    fn request(&self, request: &Request) -> Request {
        let headers = request.headers.iter().map(|(name, value)| (name.clone(), self.text(value)));
        Request { method: request.method.clone(), url: self.text(&request.url), headers: headers.collect() }
    }

    fn fix(&self, fix: &Fix) -> Fix {
        let edit = |edit: &Edit| Edit { place: self.place(edit.place), text: self.text(&edit.text) };
        Fix { safe: fix.safe, edits: fix.edits.iter().map(edit).collect() }
    }

    fn finding(&self, finding: &Finding) -> Finding {
        Finding {
            rule: finding.rule,
            severity: finding.severity,
            message: self.words(&finding.message),
            primary: self.label(&finding.primary),
            related: finding.related.iter().map(|label| self.label(label)).collect(),
            help: finding.help.as_ref().map(|help| self.words(help)),
            request: finding.request.as_ref().map(|request| self.request(request)),
            fix: finding.fix.as_ref().map(|fix| self.fix(fix)),
            has_secret_fix: false,
            fingerprint: finding.fingerprint,
        }
    }
}
