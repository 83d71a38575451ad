//! The engine: discover, read, build the deployment, ask every rule, sort.

mod apps;
#[cfg(test)]
mod equivalence;
mod findings;
mod gather;
pub(crate) mod input;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use apps::template_values;

use crate::deployment::Apps;
use crate::deployment::Deployment;
pub use crate::deployment::Difference;
use crate::deployment::before_after;
use crate::finding::{Finding, Fix, Mended};
use crate::fingerprint;
use crate::nginx::config::Config;
use crate::nginx::limits::{metered, steps_for, watched};
use crate::parallel;
use crate::rule::{Rule, Subject};
use crate::rules::{self, unused_suppression};
use crate::settings::Settings;
pub use crate::settings::StatedContext;
use crate::source::{FileId, Place, Source, Sources, Span};
use crate::suppress;
use findings::{finding_limit, includers, levels, of_reading};
pub(crate) use gather::Gathered;
pub use input::content::kind_of;
pub use input::discover::FileKind;
pub use input::overlay::{Overlay, real};
pub use input::repository::Repository;

/// From how many bytes on it takes longer to ask the rules than to start a thread.
const MUCH: usize = 256 * 1024;

/// The input and options of a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and directories, as given.
    pub paths: Vec<PathBuf>,
    /// The directory that stands for `/` of the production machine, for absolute includes.
    pub root: Option<PathBuf>,
    /// Where fragments are included; without it, their content tells.
    pub context: Option<StatedContext>,
    /// The nginx that will read the files: major, minor, patch. Without it, every version that is still run may.
    pub nginx_version: Option<(u32, u32, u32)>,
    /// Ids of the rules to ask; empty for all.
    pub rules: Vec<String>,
    /// The bytes to read instead of those on disk.
    pub overlay: Overlay,
    /// The format of named files whose names do not prove it; nginx's without it.
    pub kind: Option<FileKind>,
    /// The settings file. The fields above beat it.
    pub settings: Arc<Settings>,
}

impl Options {
    fn root(&self) -> Option<&Path> {
        self.root.as_deref().or(self.settings.root.as_ref().map(|root| root.value.as_path()))
    }

    fn context(&self) -> Option<StatedContext> {
        self.context.or(self.settings.context.as_ref().map(|context| context.value))
    }

    fn nginx_version(&self) -> Option<(u32, u32, u32)> {
        self.nginx_version.or(self.settings.nginx_version.as_ref().map(|version| version.value))
    }
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every file that was read.
    pub sources: Sources,
    /// The findings, by file in the order the files were given, then by place.
    pub findings: Vec<Finding>,
    /// How many files were linted, includes among them.
    pub files: usize,
    /// How many findings an ignore comment took out.
    pub suppressed: usize,
    /// How many findings a baseline took out.
    pub baselined: usize,
    /// How many entries of the baseline no longer have a finding.
    pub stale: usize,
    /// Paths of the files that were not analysed, or not wholly; any makes the exit code 2.
    pub not_analysed: Vec<String>,
    /// The files that were read, and why files were taken or left, for standard error.
    pub notes: Vec<String>,
    /// The settings that apply to nothing.
    pub idle_settings: Vec<String>,
    /// The settings file of the run.
    pub settings_file: Option<PathBuf>,
    /// The faults that were mended before; none where nothing was to be mended.
    pub mended: Option<Vec<Mended>>,
    /// How many steps the answers took that the rules asked for; see [`Model::steps`](crate::nginx::simulate::model::Model::steps).
    pub steps: u64,
}

impl Outcome {
    /// Why nothing may be written to `path`: the file there was linted, and whoever names it by mistake wants to keep it.
    ///
    /// # Errors
    ///
    /// That, in words.
    pub fn refuse_to_overwrite(&self, path: &Path) -> Result<(), String> {
        let there = real(path);
        let is_there =
            |(_, source): (FileId, &Source)| source.origin.as_deref().is_some_and(|origin| real(origin) == there);
        let is_settings = self.settings_file.as_deref().is_some_and(|settings| real(settings) == there);
        if is_settings {
            return Err("it is the settings file".to_owned());
        }
        if self.sources.iter().any(is_there) { Err("it is a file that was linted".to_owned()) } else { Ok(()) }
    }
}

/// Why nothing could be linted.
#[derive(Debug)]
pub enum Error {
    /// A path named on the command line does not exist or cannot be read: the path, and why.
    Unreadable(String, String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error::Unreadable(path, why) = self;
        write!(f, "{path}: {why}")
    }
}

/// Lints the files and directories of `options`.
///
/// # Errors
///
/// A named path that does not exist or cannot be read.
pub fn lint(options: &Options) -> Result<Outcome, Error> {
    lint_by(options, |sources, configs, apps| Deployment::new(sources, configs, apps))
}

/// How a deployment is put together from files, and asked.
type Build = for<'d> fn(&'d Sources, &'d [Config<'d>], &'d Apps<'d>) -> Deployment<'d>;

fn lint_by(options: &Options, build: Build) -> Result<Outcome, Error> {
    let gathered = Gathered::new(options)?;
    let apps = gathered.apps();
    let Settled { mut findings, files, suppressed, not_analysed, steps } = find(options, &gathered, &apps, build);
    let given = gathered.given.iter().chain(&gathered.env).map(|(file, _)| *file);
    sort(&mut findings, given);
    drop(apps);
    let idle_settings = gathered.apps_without_files();
    let notes = gathered.notes;
    let redactor = gathered.files.redactor();
    findings.iter_mut().for_each(|finding| finding.redacted(&redactor));
    let mut read = gathered.files;
    let repository = Repository::around_working_directory();
    read.sources.place_in_repository(|path| repository.path(path));
    fingerprint::mark(&read.sources, &read.nginx, &read.env, &mut findings);
    let sources = read.sources;
    let (baselined, stale, mended) = (0, 0, None);
    let told = Outcome {
        sources,
        findings,
        files,
        suppressed,
        baselined,
        stale,
        not_analysed,
        notes,
        idle_settings,
        settings_file: options.settings.source.as_ref().and_then(|source| source.origin.clone()),
        mended,
        steps,
    };
    Ok(told)
}

/// The findings of the rules, as in an [`Outcome`].
#[derive(Debug)]
struct Settled {
    findings: Vec<Finding>,
    files: usize,
    suppressed: usize,
    not_analysed: Vec<String>,
    steps: u64,
}

/// Asks every rule.
fn find(options: &Options, gathered: &Gathered<'_>, apps: &Apps<'_>, build: Build) -> Settled {
    let (files, configs) = (&gathered.files, gathered.configs());
    let linted = gathered.linted(&configs);
    let asked = |id: &str| options.rules.is_empty() || options.rules.iter().any(|rule| rule == id);
    // Whether an ignore comment is of use shows only beside the findings of all rules.
    let needs_all = asked(unused_suppression::RULE.id);
    let mut findings = Vec::new();
    of_reading::report(files, &configs, &linted, options.root().is_some(), &mut findings);
    of_reading::unfilled(apps, &mut findings);
    findings.retain(|finding| needs_all || asked(finding.rule));
    let mut deployment = build(&files.sources, &configs, apps);
    deployment.nginx_version = options.nginx_version();
    let is_asked = |rule: &&Rule| needs_all || asked(rule.id);
    let wanted: Vec<&Rule> = rules::ALL.iter().copied().filter(is_asked).collect();
    let bytes: usize = files.sources.iter().map(|(_, source)| source.bytes.len()).sum();
    let at_a_time = if bytes > MUCH { 1 } else { wanted.len() };
    let mut found = parallel::map(&wanted, at_a_time, |rule| ask(rule, &deployment));
    ask_equivalents(&mut deployment, &wanted, &mut found);
    findings = together(found.into_iter().chain([findings]).collect());
    let steps = deployment.sites.iter().map(|site| site.asker.model.steps()).sum();
    deployment.sites.iter().for_each(|site| of_reading::given_up(&site.asker.model, &mut findings));
    let settle = || settle(options, gathered, &configs, &linted, findings);
    // All that was asked is large, and no longer needed.
    let found = if bytes > MUCH { parallel::both(|| drop(deployment), settle) } else { settle() };
    Settled { steps, ..found }
}

/// Returns what is told of the findings of all rules: what the settings and the ignore comments leave of them.
fn settle(
    options: &Options,
    gathered: &Gathered<'_>,
    configs: &[Config<'_>],
    linted: &BTreeSet<FileId>,
    mut findings: Vec<Finding>,
) -> Settled {
    let files = &gathered.files;
    let asked = |id: &str| options.rules.is_empty() || options.rules.iter().any(|rule| rule == id);
    rules::overlap::settle(&mut findings);
    // Before the settings or a comment take findings away: what was not analysed was not analysed all the same.
    let unread = findings.iter().filter(|finding| finding.rule == rules::not_analysed::RULE.id);
    let unread: BTreeSet<FileId> = unread.map(|finding| finding.primary.place.file).collect();
    // A comment is of use where its rule finds something, whether or not the settings leave the rule on; what they switch
    // off was not suppressed, though.
    let levels = levels::FileLevels::new(options, &files.sources);
    let is_off = |finding: &Finding| levels.is_off(finding);
    let suppressed = suppress::apply(&files.sources, &files.nginx, &files.env, linted, &is_off, &mut findings);
    findings.retain(|finding| asked(finding.rule) && !levels.is_off(finding));
    let cut = finding_limit::cut(&mut findings);
    if !cut.is_empty() {
        findings.retain(|finding| asked(finding.rule) && !levels.is_off(finding));
    }
    for finding in &mut findings {
        levels.set(finding);
        finding.fix = finding.fix.take().and_then(Fix::settled);
    }
    includers::add_includers(configs, &mut findings);
    template_values::add_assignments(files, &mut findings);
    let not_analysed = gathered.not_analysed(configs, unread.into_iter().chain(cut));
    Settled { findings, files: linted.len(), suppressed, not_analysed, steps: 0 }
}

/// Returns what one rule finds.
fn ask(rule: &Rule, deployment: &Deployment<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Subject::Deployment(check) | Subject::Configuration(check) = rule.check {
        let directives: usize = deployment.sites.iter().map(|site| site.config.item_count()).sum();
        let origins: usize = deployment.file_apps().map(|app| app.settings.len() + app.origins.len()).sum();
        let ask = || check(deployment, &mut findings);
        let ((), met) = watched(|| metered(&mut steps_for(directives + origins), ask));
        // A limit that was met where the block is not known is told of the whole.
        for site in deployment.sites.iter().filter(|_| met.is_some()) {
            met.inspect(|limit| site.asker.model.give_up(site.config.top(), *limit));
        }
        let file = deployment.projects.iter().flat_map(|project| &project.files).next();
        if let (Some(limit), Some(file), []) = (met, file, &*deployment.sites) {
            let place = Place { file: file.file, span: Span::at(0, 0) };
            findings.push(of_reading::limit_met(place, limit));
        }
    }
    findings
}

/// Where something was found in a place that others are like, has these asked as well, and puts what each of those rules finds then in the place
/// of what it found before. A rule that found nothing in the first of them finds nothing in the others.
fn ask_equivalents(deployment: &mut Deployment<'_>, rules: &[&Rule], found: &mut [Vec<Finding>]) {
    let has_found = |(rule, findings): (&&Rule, &Vec<Finding>)| {
        matches!(rule.check, Subject::Deployment(_)) && !findings.is_empty()
    };
    let places: Vec<Place> = rules
        .iter()
        .zip(found.iter())
        .filter(|(rule, findings)| has_found((rule, findings)))
        .flat_map(|(_, findings)| findings)
        .flat_map(places)
        .collect();
    if !deployment.ask_equivalents(&places) {
        return;
    }
    let again: Vec<usize> =
        (0..rules.len()).filter(|at| rules.get(*at).zip(found.get(*at)).is_some_and(has_found)).collect();
    let deployment = &*deployment;
    let asked = parallel::map(&again, 1, |at| rules.get(*at).map_or_else(Vec::new, |rule| ask(rule, deployment)));
    for (at, findings) in again.into_iter().zip(asked) {
        found[at] = findings;
    }
}

/// The places that a finding points to.
fn places(finding: &Finding) -> impl Iterator<Item = Place> {
    std::iter::once(&finding.primary).chain(&finding.related).map(|label| label.place)
}

/// All findings, in no order: the longest list takes the others in, since two copies of it may be too much.
fn together(mut lists: Vec<Vec<Finding>>) -> Vec<Finding> {
    let longest = (0..lists.len()).max_by_key(|&index| lists.get(index).map_or(0, Vec::len));
    let mut all = longest.map(|index| lists.swap_remove(index)).unwrap_or_default();
    lists.iter_mut().for_each(|list| all.append(list));
    all
}

/// The answers that the files of `after` give otherwise than those of `before` and that no repair may change.
///
/// # Errors
///
/// As for [`lint`].
pub fn differences(before: &Options, after: &Options) -> Result<Vec<Difference>, Error> {
    let (before, after) = (Gathered::new(before)?, Gathered::new(after)?);
    let (old_apps, new_apps) = (before.apps(), after.apps());
    let (old_configs, new_configs) = (before.configs(), after.configs());
    let old = Deployment::with_all_fields(&before.files.sources, &old_configs, &old_apps);
    let new = Deployment::with_all_fields(&after.files.sources, &new_configs, &new_apps);
    Ok(before_after::differences(&old, &new))
}

/// Sorts by file in the order the files were given, then by place; what is the same at the same place is one finding.
fn sort(findings: &mut Vec<Finding>, given: impl Iterator<Item = FileId>) {
    let order: BTreeMap<FileId, usize> = given.enumerate().map(|(at, file)| (file, at)).collect();
    let number = |file: FileId| order.get(&file).copied().unwrap_or(usize::MAX);
    let place = |finding: &Finding| finding.primary.place;
    // Findings come in long runs that are sorted, and a stable sort is soon done with these.
    findings.sort_by(|one, other| {
        let files = (place(one).file, place(other).file);
        let by_file = if files.0 == files.1 { Ordering::Equal } else { number(files.0).cmp(&number(files.1)) };
        let key = |finding: &Finding| (place(finding), finding.rule);
        by_file.then_with(|| key(one).cmp(&key(other))).then_with(|| one.message.cmp(&other.message))
    });
    findings.dedup_by(|later, earlier| {
        (later.rule, later.primary.place, &later.message) == (earlier.rule, earlier.primary.place, &earlier.message)
    });
}
