//! Gathering: the given files, read, and the configurations that start among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hashbrown::HashSet;

use crate::deployment::Apps;
use crate::dotenv::syntax::file_name::is_env_file_name;
use crate::engine::Error;
use crate::engine::Options;
use crate::engine::StatedContext;
use crate::engine::apps::group;
use crate::engine::apps::template_values;
use crate::engine::findings::of_reading;
use crate::engine::input::content::speaks_nginx;
use crate::engine::input::discover::{self, Candidate, FileKind, name_of};
use crate::engine::input::disk::shown;
use crate::engine::input::read::{Files, Unreadable};
use crate::engine::input::readable;
use crate::engine::input::readable::ReadableArea;
use crate::nginx::config::include::Includes;
use crate::nginx::config::{Config, ContextKind, implied_context};
use crate::redact::Redactor;
use crate::settings::{AppPath, Settings};
use crate::source::{FileId, Sources, reason};
use crate::trust;

/// A configuration to put together: its first file, the context of its top level, and what it includes.
#[derive(Debug)]
struct Root {
    file: FileId,
    kind: ContextKind,
    /// True if the command line stated that context.
    stated: bool,
    includes: Includes,
}

/// The input, read.
#[derive(Debug)]
pub(crate) struct Gathered<'o> {
    options: &'o Options,
    pub(super) files: Files,
    /// The nginx files that were given, in order, with the directory that was walked for each.
    pub(super) given: Vec<(FileId, Candidate)>,
    /// The .env files that were given, in order.
    pub(super) env: Vec<(FileId, Candidate)>,
    /// Paths of what was not read, or not wholly.
    pub(super) not_analysed: BTreeSet<String>,
    /// The files that were read, and why files were taken or left.
    pub(super) notes: Vec<String>,
    /// Links to nothing that the walks came by, each with the directory that was walked.
    links: Vec<(PathBuf, PathBuf)>,
    roots: Vec<Root>,
}

impl<'o> Gathered<'o> {
    /// Reads what the paths of `options` name and hold, and finds the configurations.
    ///
    /// # Errors
    ///
    /// A named path that does not exist or cannot be read.
    pub(crate) fn new(options: &'o Options) -> Result<Self, Error> {
        let mut gathered = Gathered {
            options,
            files: Files::over(options.overlay.clone(), ReadableArea::new(&options.paths, options.root())),
            given: Vec::new(),
            env: Vec::new(),
            not_analysed: BTreeSet::new(),
            notes: Vec::new(),
            links: Vec::new(),
            roots: Vec::new(),
        };
        if let Some(root) = options.root.as_deref().filter(|root| !root.is_dir()) {
            return Err(Error::Unreadable(shown(root), "no such directory, and it is to be the root".to_owned()));
        }
        gathered.read_given()?;
        gathered.files.add_settings(&options.settings);
        gathered.roots = gathered.find_roots();
        gathered.report_links();
        template_values::fill_templates(&mut gathered.files, &gathered.env, &options.settings);
        Ok(gathered)
    }

    /// The configurations, each put together.
    pub(crate) fn configs(&self) -> Vec<Config<'_>> {
        let (sources, trees) = (&self.files.sources, &self.files.nginx);
        let build = |root: &Root| {
            let mut config = Config::new(sources, trees, &root.includes, root.file, root.kind);
            config.stated = root.stated;
            config
        };
        self.roots.iter().map(build).collect()
    }

    /// The apps whose .env files were given.
    pub(crate) fn apps(&self) -> Apps<'_> {
        group::apps(&self.files, &self.env, &self.options.settings)
    }

    /// Paths of what was not analysed, or not wholly, in order; `given_up` are files of which the model or a rule gave a part up.
    pub(crate) fn not_analysed(&self, configs: &[Config<'_>], given_up: impl Iterator<Item = FileId>) -> Vec<String> {
        let linted = self.linted(configs);
        let unread = of_reading::not_analysed(&self.files, configs, &linted);
        let given_up = given_up.map(|file| self.files.sources.get(file).path.clone());
        let paths: BTreeSet<String> = self.not_analysed.iter().cloned().chain(unread).chain(given_up).collect();
        paths.into_iter().collect()
    }

    /// The files that the configurations are made of, and the .env files.
    pub(super) fn linted(&self, configs: &[Config<'_>]) -> BTreeSet<FileId> {
        configs.iter().flat_map(Config::files).chain(self.env.iter().map(|(file, _)| *file)).collect()
    }

    /// Returns what takes secrets out of texts.
    pub(crate) fn redactor(&self) -> Redactor {
        self.files.redactor()
    }

    /// The bytes of all files, for a report.
    pub(crate) fn into_sources(self) -> Sources {
        self.files.sources
    }

    /// The apps of the settings to which no .env file belongs, where all below their directories would have been found.
    pub(super) fn apps_without_files(&self) -> Vec<String> {
        let settings = &self.options.settings;
        let directories: BTreeSet<&Path> = self.env.iter().filter_map(|(_, file)| file.path.parent()).collect();
        let owners = directories.into_iter().filter_map(|directory| settings.app_of(directory));
        let owning: BTreeSet<&str> = owners.map(|app| app.path.value.as_str()).collect();
        let walked: Vec<String> = self.options.paths.iter().filter_map(|path| settings.relative(path)).collect();
        let is_searched = |path: &str| walked.iter().any(|walked| Path::new(path).starts_with(walked));
        let idle = settings.apps.iter().filter(|app| {
            let path = app.path.value.as_str();
            !owning.contains(path) && is_searched(path)
        });
        let tell = |app: &AppPath| {
            let line = settings.line_of(app.path.span);
            let why = match settings.directory.join(&app.path.value).is_dir() {
                true => "no .env file was found below it",
                false => "there is no such directory",
            };
            format!("{line}: the app `{}` is behind nothing: {why}", app.path.value)
        };
        let root = settings.root.as_ref().filter(|root| self.options.root.is_none() && !root.value.is_dir());
        let no_root = root.map(|root| format!("{}: `root`: there is no such directory", settings.line_of(root.span)));
        idle.map(tell).chain(no_root).collect()
    }

    /// Reads the files that were named and those that the directories' walks recognise.
    fn read_given(&mut self) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for path in &self.options.paths {
            let (overlay, settings) = (&self.options.overlay, &self.options.settings);
            let is_directory = || match std::fs::metadata(path) {
                Ok(_) if trust::leads_out(path) => {
                    let why = "a link leads it out of the repository; name the file that it leads to".to_owned();
                    Err(Error::Unreadable(shown(path), why))
                }
                Ok(metadata) => Ok(metadata.is_dir()),
                Err(error) => Err(Error::Unreadable(shown(path), reason(&error))),
            };
            if overlay.has(path) && trust::leads_out(path) {
                let why = "a link leads it out of the repository".to_owned();
                return Err(Error::Unreadable(shown(path), why));
            }
            let candidates = if !overlay.has(path) && is_directory()? {
                let not_analysed = &mut self.not_analysed;
                let unread = |unread| {
                    not_analysed.insert(unread);
                };
                let notes = &mut self.notes;
                let is_excluded = |found: &Path| {
                    let pattern = settings.excluding(found, path);
                    notes.extend(pattern.map(|pattern| excluded(settings, found, pattern)));
                    pattern.is_some()
                };
                let (candidates, links) = discover::walk(path, is_excluded, unread);
                self.links.extend(links.into_iter().map(|link| (link, path.clone())));
                candidates
            } else {
                vec![discover::named(path, overlay.kind(path).or(self.options.kind))]
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
        let source = self.files.sources.get(file);
        let path = &source.path;
        let is_by_name = source.origin.as_deref().is_some_and(|origin| is_env_file_name(&name_of(origin)));
        let (kind, candidate) = match self.files.is_env(file) {
            // A link of another name, or a file that holds what no configuration does.
            true if candidate.kind == FileKind::Nginx && (is_by_name || !candidate.doubtful) => {
                let path = source.origin.clone().unwrap_or_else(|| candidate.path.clone());
                (FileKind::Env, Candidate { path, kind: FileKind::Env, ..candidate })
            }
            _ => (candidate.kind, candidate),
        };
        match kind {
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

    /// Names the links to nothing that stand for no file.
    fn report_links(&mut self) {
        for (link, walked) in std::mem::take(&mut self.links) {
            let candidate = Candidate { path: link, walked: Some(walked), ..discover::named(Path::new(""), None) };
            let bases = bases(&candidate, false);
            let link = &candidate.path;
            if self.files.is_resolved(link) {
                continue;
            }
            if let Some(Err(why)) = self.files.linked(link, &bases, self.options.root()) {
                self.fail(Unreadable { path: shown(link), why });
            }
        }
    }

    fn fail(&mut self, unreadable: Unreadable) {
        self.notes.push(format!("{}: not read, {}", unreadable.path, unreadable.why));
        self.not_analysed.insert(unreadable.path);
    }

    /// Returns whether a file whose name proves nothing is nginx's by its content.
    fn speaks_nginx(&self, file: FileId) -> bool {
        let tree = self.files.nginx.get(&file);
        tree.is_some_and(|tree| speaks_nginx(tree, &self.files.sources.get(file).bytes))
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
                self.files.resolve_includes(*file, &bases, self.options.root(), |unreadable| failed.push(unreadable));
            failed.into_iter().for_each(|unreadable| self.fail(unreadable));
            let stated = self.stated_context().filter(|_| kind != ContextKind::Main);
            let (kind, stated) = (stated.unwrap_or(kind), stated.is_some());
            resolved.insert(*file, (Root { file: *file, kind, stated, includes }, reached));
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
        self.options.context().map(|context| match context {
            StatedContext::Http => ContextKind::Http,
            StatedContext::Server => ContextKind::Server,
            StatedContext::Location => ContextKind::Location,
        })
    }
}

/// Why a search left a path.
fn excluded(settings: &Settings, path: &Path, pattern: &str) -> String {
    let path = shown(path.strip_prefix(".").unwrap_or(path));
    format!("{path}: left, {} excludes `{pattern}`", settings.line_of(settings.exclude.span()))
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
    let mut bases: Vec<PathBuf> =
        own.ancestors().take_while(inside).take(readable::MAX_BASES).map(Path::to_owned).collect();
    if bases.is_empty() {
        bases.push(own.to_owned());
    }
    bases
}
