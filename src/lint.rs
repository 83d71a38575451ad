//! The engine: discover, read, build the deployment, ask every rule, sort.

mod discover;
mod group;
mod own;
mod read;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::deployment::Deployment;
use crate::finding::Finding;
use crate::nginx::config::{Config, ContextKind, implied_context};
use crate::nginx::include::Includes;
use crate::rule::{Rule, Subject};
use crate::rules;
use crate::source::{FileId, Sources};
use discover::{Candidate, FileKind};
use read::{Files, Unreadable, reason, shown};

/// The context a fragment is included into, for a file that is not a whole configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// `http { … }`.
    Http,
    /// `server { … }` in it.
    Server,
    /// `location … { … }` in that.
    Location,
}

/// What to lint and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and directories, as given.
    pub paths: Vec<PathBuf>,
    /// The directory that stands for `/` of the production machine, for absolute includes.
    pub root: Option<PathBuf>,
    /// Where fragments are included; without it, their content tells.
    pub context: Option<Context>,
    /// Ids of the rules to ask; empty for all.
    pub rules: Vec<String>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every file that was read.
    pub sources: Sources,
    /// The findings, by file in the order the files were given, then by place.
    pub findings: Vec<Finding>,
    /// How many files were linted, includes among them.
    pub files: usize,
    /// Paths of the files that were not analysed, or not wholly; any makes the exit code 2.
    pub not_analysed: Vec<String>,
    /// What was read and why files were taken or left, for standard error.
    pub notes: Vec<String>,
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
    let mut run = Run::new(options);
    run.read_given()?;
    let roots = run.find_roots();
    Ok(run.finish(roots))
}

/// A configuration to put together: its first file, the context of its top level, and what it includes.
struct Root {
    file: FileId,
    kind: ContextKind,
    includes: Includes,
}

/// A run under way.
struct Run<'o> {
    options: &'o Options,
    files: Files,
    /// The nginx files that were given, in order, with the directory that was walked for each.
    given: Vec<(FileId, Candidate)>,
    /// The .env files that were given, in order.
    env: Vec<(FileId, Candidate)>,
    not_analysed: BTreeSet<String>,
    notes: Vec<String>,
}

impl<'o> Run<'o> {
    fn new(options: &'o Options) -> Self {
        Run {
            options,
            files: Files::default(),
            given: Vec::new(),
            env: Vec::new(),
            not_analysed: BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    /// Reads the files that were named and those that the directories' walks recognise.
    fn read_given(&mut self) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for path in &self.options.paths {
            let metadata = std::fs::metadata(path).map_err(|error| Error::Unreadable(shown(path), reason(&error)))?;
            let candidates = if metadata.is_dir() {
                discover::walk(path, |unread| {
                    self.not_analysed.insert(unread);
                })
            } else {
                vec![discover::named(path)]
            };
            for candidate in candidates {
                match self.files.read(&candidate) {
                    Ok(file) if seen.insert(file) => self.take(file, candidate),
                    Ok(_) => {}
                    Err(Unreadable { path, why }) if candidate.walked.is_none() => {
                        return Err(Error::Unreadable(path, why));
                    }
                    Err(unreadable) => self.fail(unreadable),
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, file: FileId, candidate: Candidate) {
        let path = &self.files.sources.get(file).path;
        match candidate.kind {
            FileKind::Env => {
                self.notes.push(format!("{path}: read as a .env file"));
                self.env.push((file, candidate));
            }
            FileKind::Nginx if candidate.doubtful && !self.speaks_nginx(file) => {
                self.notes.push(format!("{path}: left, it holds no nginx directives"));
            }
            FileKind::Nginx => {
                self.notes.push(format!("{path}: read as an nginx configuration"));
                self.given.push((file, candidate));
            }
        }
    }

    fn fail(&mut self, unreadable: Unreadable) {
        self.notes.push(format!("{}: not read, {}", unreadable.path, unreadable.why));
        self.not_analysed.insert(unreadable.path);
    }

    /// Whether a file whose name proves nothing holds nginx directives: a block or a parameter that only nginx has.
    fn speaks_nginx(&self, file: FileId) -> bool {
        const TELLING: [&[u8]; 22] = [
            b"server",
            b"location",
            b"upstream",
            b"http",
            b"listen",
            b"server_name",
            b"proxy_pass",
            b"fastcgi_pass",
            b"uwsgi_pass",
            b"add_header",
            b"more_set_headers",
            b"proxy_set_header",
            b"proxy_hide_header",
            b"map",
            b"try_files",
            b"return",
            b"rewrite",
            b"ssl_certificate",
            b"error_page",
            b"limit_req_zone",
            b"proxy_cache_path",
            b"include",
        ];
        let Some(tree) = self.files.nginx.get(&file) else { return false };
        let bytes = &self.files.sources.get(file).bytes;
        let names = (0..tree.directives.len()).filter_map(|index| tree.words(u32::try_from(index).ok()?).first());
        let telling = names.filter(|name| TELLING.contains(&name.inner().of(bytes))).count();
        telling > tree.errors.len()
    }

    /// The files from which configurations start: those that no other given file includes.
    fn find_roots(&mut self) -> Vec<Root> {
        let given = self.given.clone();
        let implied = |files: &Files, file: FileId| {
            files
                .nginx
                .get(&file)
                .map_or(ContextKind::Location, |tree| implied_context(tree, &files.sources.get(file).bytes))
        };
        let mut resolved: BTreeMap<FileId, (Root, HashSet<FileId>)> = BTreeMap::new();
        for (file, candidate) in &given {
            let kind = implied(&self.files, *file);
            let bases = bases(candidate, kind == ContextKind::Main);
            let mut failed = Vec::new();
            let (includes, reached) =
                self.files.resolve_includes(*file, &bases, self.options.root.as_deref(), |unreadable| {
                    failed.push(unreadable)
                });
            failed.into_iter().for_each(|unreadable| self.fail(unreadable));
            let kind = if kind == ContextKind::Main { kind } else { self.stated_context().unwrap_or(kind) };
            resolved.insert(*file, (Root { file: *file, kind, includes }, reached));
        }
        let mut covered: HashSet<FileId> = HashSet::new();
        for (root, reached) in resolved.values() {
            covered.extend(reached.iter().filter(|&&file| file != root.file));
        }
        let mut roots = Vec::new();
        let mut placed: HashSet<FileId> = HashSet::new();
        // Files that include one another in a circle are all covered; the first of them is a root all the same.
        for pass in [false, true] {
            for (file, _) in &given {
                if placed.contains(file) || (covered.contains(file) && !pass) {
                    continue;
                }
                if let Some((root, reached)) = resolved.remove(file) {
                    placed.extend(reached);
                    placed.insert(*file);
                    roots.push(root);
                }
            }
        }
        roots
    }

    fn stated_context(&self) -> Option<ContextKind> {
        self.options.context.map(|context| match context {
            Context::Http => ContextKind::Http,
            Context::Server => ContextKind::Server,
            Context::Location => ContextKind::Location,
        })
    }

    /// Puts the configurations together and asks the rules.
    fn finish(mut self, roots: Vec<Root>) -> Outcome {
        let apps = group::apps(&self.files, &self.env);
        let sources = &self.files.sources;
        let build = |root: &Root| Config::new(sources, &self.files.nginx, &root.includes, root.file, root.kind);
        let configs: Vec<Config<'_>> = roots.iter().map(build).collect();
        let mut linted: BTreeSet<FileId> = configs.iter().flat_map(Config::files).collect();
        linted.extend(self.env.iter().map(|(file, _)| *file));
        let deployment = Deployment::new(sources, &configs, &apps);
        let asked = |rule: &Rule| self.options.rules.is_empty() || self.options.rules.iter().any(|id| id == rule.id);
        let mut findings = Vec::new();
        own::report(&self.files, &configs, &linted, &mut findings);
        findings.retain(|finding| rules::ALL.iter().any(|rule| rule.id == finding.rule && asked(rule)));
        for rule in rules::ALL.iter().filter(|rule| asked(rule)) {
            if let Subject::Deployment(check) = rule.check {
                check(&deployment, &mut findings);
            }
        }
        drop(deployment);
        self.not_analysed.extend(own::not_analysed(&self.files, &configs, &linted));
        drop(configs);
        let order: BTreeMap<FileId, usize> =
            self.given.iter().chain(&self.env).enumerate().map(|(at, (file, _))| (*file, at)).collect();
        findings.sort_by_cached_key(|finding| {
            let place = finding.primary.place;
            (order.get(&place.file).copied().unwrap_or(usize::MAX), place, finding.rule, finding.message.clone())
        });
        findings.dedup_by(|later, earlier| {
            (later.rule, later.primary.place, &later.message) == (earlier.rule, earlier.primary.place, &earlier.message)
        });
        Outcome {
            sources: self.files.sources,
            findings,
            files: linted.len(),
            not_analysed: self.not_analysed.into_iter().collect(),
            notes: self.notes,
        }
    }
}

/// The directories that may be the main file's: its own, or for a fragment its own and those above it, up to the directory that was
/// walked.
fn bases(candidate: &Candidate, is_main: bool) -> Vec<PathBuf> {
    let own = candidate.path.parent().unwrap_or(Path::new(""));
    if is_main {
        return vec![own.to_owned()];
    }
    let top = candidate.walked.as_deref().unwrap_or(Path::new(""));
    let top = top.strip_prefix(".").unwrap_or(top);
    let inside = |path: &&Path| path.starts_with(top) && !(path.has_root() && path.parent().is_none());
    let mut bases: Vec<PathBuf> = own.ancestors().take_while(inside).map(Path::to_owned).collect();
    if bases.is_empty() {
        bases.push(own.to_owned());
    }
    bases
}
