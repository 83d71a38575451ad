//! Reading: files into trees, and the includes of each main file into files.

mod dumped;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hashbrown::{HashMap, HashSet};

use crate::cors::login::logins;
use crate::dotenv;
use crate::dotenv::syntax::file_name::is_env_file_name;
use crate::engine::input::content::reads_like_env;
use crate::engine::input::discover::{Candidate, FileKind, name_of};
use crate::engine::input::disk::{from_here, read_regular, shown};
use crate::engine::input::glob;
use crate::engine::input::overlay::{Overlay, real};
use crate::engine::input::read_ahead::{ListedFile, ReadAhead};
use crate::engine::input::readable::{self, ReadableArea};
use crate::nginx::config::Trees;
use crate::nginx::config::include::{Included, Includes, candidates, is_glob, is_stock};
use crate::nginx::syntax::credentials::{self, SecretLines};
use crate::nginx::syntax::dump;
use crate::nginx::syntax::grammar;
use crate::nginx::syntax::tree::Tree;
use crate::redact::Redactor;
use crate::settings::Settings;
use crate::source::{FileId, Place, Source, Sources, reason};

/// How many files one run reads.
const MAX_FILES: usize = 100_000;

/// Everything that was read.
#[derive(Debug, Default)]
pub(in crate::engine) struct Files {
    /// The bytes.
    pub sources: Sources,
    /// The nginx files.
    pub nginx: Trees,
    /// The .env files.
    pub env: BTreeMap<FileId, dotenv::syntax::tree::EnvTree>,
    /// The nginx files of `nginx -T` output, by the path they had on the machine that printed them.
    dumped: BTreeMap<String, FileId>,
    by_path: HashMap<PathBuf, FileId>,
    /// Files of a long include, read before they are asked for.
    ahead: ReadAhead,
    /// Secrets of nginx that stand by themselves.
    credentials: Vec<Place>,
    /// Links to nothing that stand for a file below a copy of a server.
    links: HashSet<PathBuf>,
    /// The bytes to read instead of those on disk.
    overlay: Overlay,
    /// How many names in directories the patterns of includes may still look at.
    names_left: usize,
    /// Where files may lie that were not named.
    area: ReadableArea,
    /// The settings file, where it says something that a finding may point at.
    pub settings: Option<FileId>,
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Unreadable {
    /// The path as the user knows it.
    pub path: String,
    /// Why, in lower case.
    pub why: String,
}

impl Files {
    /// No files yet, what will be read instead of what is on disk, and where files may lie.
    pub(in crate::engine) fn over(overlay: Overlay, area: ReadableArea) -> Self {
        Files { overlay, area, names_left: glob::MAX_NAMES, ..Files::default() }
    }

    /// Reads a file; one that was read before, by whatever path, is the same file.
    ///
    /// # Errors
    ///
    /// It does not exist, lies outside of what was given, is no regular file, cannot be read, or is larger than [`MAX_FILE_BYTES`].
    pub(in crate::engine) fn read(&mut self, candidate: &Candidate) -> Result<FileId, Unreadable> {
        let path = &candidate.path;
        let shown = shown(path);
        let unreadable = |why: String| Unreadable { path: shown.clone(), why };
        let stands_in = self.overlay.has(path);
        let mut ahead = self.ahead.take(path).filter(|_| !stands_in);
        let real = match &mut ahead {
            Some(ahead) => std::mem::take(&mut ahead.real),
            None if stands_in => real(path),
            None => self.ahead.real(path).map_err(|error| unreadable(reason(&error)))?,
        };
        if let Some(&file) = self.by_path.get(&real) {
            return Ok(file);
        }
        if !(stands_in || candidate.anywhere || self.area.holds(&real)) {
            return Err(unreadable(readable::OUTSIDE.to_owned()));
        }
        if self.by_path.len() >= MAX_FILES {
            return Err(unreadable(format!("more than {MAX_FILES} files")));
        }
        let (bytes, tree) = match (self.overlay.bytes(&real), ahead) {
            (Some(bytes), _) => (bytes.to_vec(), None),
            (None, Some(ahead)) => (ahead.bytes, Some(ahead.tree)),
            (None, None) => (read_regular(&real).map_err(unreadable)?, None),
        };
        let file = match candidate.kind {
            FileKind::Env => self.add_env(&shown, path, bytes),
            FileKind::Nginx if is_env_file_name(&name_of(&real)) => {
                let path = from_here(&real);
                self.add_env(&self::shown(&path), &path, bytes)
            }
            FileKind::Nginx => match dump::split(&bytes).and_then(|parts| self.add_dump(&bytes, &parts)) {
                Some(file) => file,
                None => {
                    let tree = tree.unwrap_or_else(|| grammar::parse(&bytes));
                    match (reads_like_env(&tree, &bytes), candidate.said) {
                        (true, false) => self.add_env(&shown, path, bytes),
                        (true, true) => {
                            let secrets =
                                dotenv::syntax::tree::secrets(&dotenv::syntax::grammar::parse(&bytes), &bytes);
                            let file = self.add_nginx(shown, Some(path), tree, bytes);
                            // A finding of nginx's grammar may cover a value and is not about it.
                            self.sources.get_mut(file).sealed = secrets;
                            file
                        }
                        (false, _) => self.add_nginx(shown, Some(path), tree, bytes),
                    }
                }
            },
        };
        self.by_path.insert(real, file);
        Ok(file)
    }

    /// Returns whether a file that was read is a .env file, whatever it was taken for: its name without links, or its content, says so.
    pub(in crate::engine) fn is_env(&self, file: FileId) -> bool {
        self.env.contains_key(&file)
    }

    /// Returns what takes the secrets of all files out of texts: credentials of nginx, values of .env files that their keys call secret, and logins.
    pub(in crate::engine) fn redactor(&self) -> Redactor {
        let credentials = self.credentials.iter().map(|place| self.sources.bytes(*place));
        let env = self.env.iter().flat_map(|(file, tree)| {
            let bytes = &self.sources.get(*file).bytes;
            dotenv::syntax::secret::values(tree, bytes).map(move |span| span.of(bytes))
        });
        let filled = self.nginx.values().flat_map(|tree| tree.filled.texts());
        let logins = filled.flat_map(|text| logins(text).filter_map(|login| text.get(login)));
        Redactor::new(credentials.chain(env).chain(logins))
    }

    /// Takes the settings file in, so that a finding can point at what it states of the app.
    pub(in crate::engine) fn add_settings(&mut self, settings: &Settings) {
        if let Some(source) = settings.source.as_ref().filter(|_| settings.app_sets_cors.is_some()) {
            let copy = Source::new(source.path.clone(), source.origin.clone(), source.bytes.clone());
            self.settings = Some(self.sources.add(copy));
        }
    }

    fn add_env(&mut self, shown: &str, path: &Path, bytes: Vec<u8>) -> FileId {
        let tree = dotenv::syntax::grammar::parse(&bytes);
        let secrets = dotenv::syntax::tree::secrets(&tree, &bytes);
        let sealed = dotenv::syntax::secret::sealed(&tree, &bytes);
        let lists = dotenv::syntax::tree::lists(&tree, &bytes);
        let file = self.sources.add(Source::new(shown, Some(path.to_owned()), bytes));
        let source = self.sources.get_mut(file);
        (source.secrets, source.sealed) = (secrets, sealed);
        source.lists = lists.iter().filter(|list| !list.has_login).map(|list| list.span).collect();
        source.addresses = lists.iter().map(|list| list.span).collect();
        self.env.insert(file, tree);
        file
    }

    fn add_nginx(&mut self, shown: String, path: Option<&Path>, tree: Tree, bytes: Vec<u8>) -> FileId {
        let credentials::Sealed { spans, values } = credentials::sealed(&tree, &bytes);
        let file = self.sources.add(Source::new(shown, path.map(Path::to_owned), bytes));
        self.sources.get_mut(file).sealed = spans;
        self.credentials.extend(values.into_iter().map(|span| Place { file, span }));
        self.nginx.insert(file, tree);
        file
    }

    /// Looks up every include pattern under the main file `root`, reading what is not read yet. `bases` are the directories
    /// that may be the main file's. Files that could not be read are told to `fail`.
    pub(in crate::engine) fn resolve_includes(
        &mut self,
        root: FileId,
        bases: &[PathBuf],
        production_root: Option<&Path>,
        mut fail: impl FnMut(Unreadable),
    ) -> (Includes, HashSet<FileId>) {
        let mut includes = Includes::default();
        let mut reached = HashSet::new();
        let mut waiting = vec![root];
        while let Some(file) = waiting.pop() {
            for (pattern, secret) in self.patterns(file) {
                if let Some(known) = includes.get(&pattern) {
                    self.seal_lines(known, secret);
                    continue;
                }
                let included = match self.sources.get(root).origin.is_some() {
                    true => self.look_up(&pattern, bases, production_root, &mut fail),
                    false => self.look_up_dumped(&pattern, root),
                };
                self.seal_lines(&included, secret);
                if let Included::Files(files) = &included {
                    waiting.extend(files.iter().copied().filter(|&file| reached.insert(file)));
                }
                includes.set(&pattern, included);
            }
        }
        (includes, reached)
    }

    /// Seals what is secret in files whose lines are those of a map.
    fn seal_lines(&mut self, included: &Included, secret: Option<SecretLines>) {
        let (Included::Files(files), Some(secret)) = (included, secret) else { return };
        for &file in files {
            let Some(tree) = self.nginx.get(&file) else { continue };
            let source = self.sources.get_mut(file);
            let credentials::Sealed { spans, values } = credentials::sealed_lines(tree, &source.bytes, secret);
            source.sealed = spans;
            self.credentials.extend(values.into_iter().map(|span| Place { file, span }));
        }
    }

    /// The parameters of a file's `include` directives, each once: thousands of locations may include one snippet. With each what is
    /// secret in the lines of the block it stands in.
    fn patterns(&self, file: FileId) -> Vec<(Vec<u8>, Option<SecretLines>)> {
        let Some(tree) = self.nginx.get(&file) else { return Vec::new() };
        let bytes = &self.sources.get(file).bytes;
        let directives = tree.directives.iter().enumerate().filter(|(_, directive)| directive.word_count == 2);
        let includes = directives.filter_map(|(_, directive)| {
            let first = directive.first_word as usize;
            let name = tree.words.get(first).filter(|name| name.inner().of(bytes) == b"include");
            let word = name.and(tree.words.get(first + 1)).filter(|word| !word.templated)?;
            Some((word, directive.parent.and_then(|parent| credentials::secret_of_block(tree, parent, bytes))))
        });
        let mut seen = HashSet::new();
        let values = includes.map(|(word, secret)| (word.value(bytes), secret));
        let values = values.filter(|(value, secret)| seen.insert((value.clone(), secret.is_some())));
        values.map(|(value, secret)| (value.into_owned(), secret)).collect()
    }

    fn look_up(
        &mut self,
        pattern: &[u8],
        bases: &[PathBuf],
        root: Option<&Path>,
        fail: &mut impl FnMut(Unreadable),
    ) -> Included {
        let Ok(pattern) = std::str::from_utf8(pattern) else { return Included::Missing };
        // envsubst and its like fill in names; nginx itself knows no variables here (A8.16).
        if pattern.contains('$') {
            return Included::Unknown;
        }
        let mut is_left = false;
        for path in candidates(pattern, bases, root) {
            let (paths, left) = self.matching(pattern, &path, bases, root);
            let found = paths.len();
            is_left |= !left.is_empty();
            left.into_iter().for_each(|(path, why)| fail(Unreadable { path: shown(&path), why }));
            let is_wanted = |real: &Path| {
                !self.by_path.contains_key(real) && self.area.holds(real) && self.overlay.bytes(real).is_none()
            };
            self.ahead.read(paths.iter().take(MAX_FILES.saturating_sub(self.by_path.len())), is_wanted);
            let files: Vec<FileId> =
                paths.into_iter().filter_map(|found| self.read_included(found.path, fail)).collect();
            is_left |= files.len() < found;
            if !files.is_empty() {
                return Included::Files(files);
            }
        }
        match (is_stock(pattern), is_glob(pattern)) {
            (true, _) => Included::Stock,
            // It is there, and was told as not analysed.
            (false, _) if is_left => Included::Unknown,
            (false, true) => Included::Files(Vec::new()),
            (false, false) => Included::Missing,
        }
    }

    /// The files at a path of a pattern, or those that it matches; and what is there and cannot be read.
    fn matching(
        &mut self,
        pattern: &str,
        path: &Path,
        bases: &[PathBuf],
        root: Option<&Path>,
    ) -> (Vec<ListedFile>, Vec<(PathBuf, String)>) {
        let mut matches = match is_glob(pattern) {
            true => glob::expand(path, &self.area, &mut self.names_left),
            false if path.is_file() || self.overlay.has(path) => {
                return (vec![ListedFile::from(path.to_owned())], Vec::new());
            }
            false => glob::Matches { paths: vec![path.to_owned()], left: Vec::new() },
        };
        let (mut files, others) = ListedFile::files(&matches.paths);
        for other in others {
            match self.linked(&other, bases, root) {
                Some(Ok(target)) => files.push(ListedFile::from(target)),
                Some(Err(why)) => matches.left.push((other, why)),
                None => {}
            }
        }
        if is_glob(pattern) {
            let fits = glob::matcher(path);
            files.extend(self.overlay.unsaved().filter(|unsaved| fits(unsaved)).cloned().map(ListedFile::from));
            files.sort_unstable_by(|one, other| one.path.as_os_str().cmp(other.path.as_os_str()));
        }
        (files, matches.left)
    }

    /// The file that a link to nothing stands for: in a copy of a server, a link to an absolute path means the file below the copy, as an
    /// include of that path does. Otherwise why it cannot be read, or nothing where nothing is there.
    pub(in crate::engine) fn linked(
        &mut self,
        link: &Path,
        bases: &[PathBuf],
        root: Option<&Path>,
    ) -> Option<Result<PathBuf, String>> {
        let metadata = fs::symlink_metadata(link).ok()?;
        let parent = link.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !fs::canonicalize(parent).is_ok_and(|parent| self.area.holds(&parent)) {
            return Some(Err(readable::OUTSIDE.to_owned()));
        }
        if metadata.is_dir() || link.is_dir() {
            return Some(Err("it is a directory, which nginx cannot include".to_owned()));
        }
        if !metadata.is_symlink() {
            return Some(Err("not a regular file".to_owned()));
        }
        let target = fs::read_link(link).ok()?;
        let absolute = target.to_str().filter(|target| target.starts_with('/'));
        let below = absolute.and_then(|target| candidates(target, bases, root).into_iter().find(|path| path.is_file()));
        match below {
            Some(below) => {
                self.links.insert(link.to_owned());
                Some(Ok(below))
            }
            None => Some(Err(format!("it is a link to {}, where no file is", shown(&target)))),
        }
    }

    /// Returns whether a link to nothing was found to stand for a file.
    pub(in crate::engine) fn is_resolved(&self, link: &Path) -> bool {
        self.links.contains(link)
    }

    fn read_included(&mut self, path: PathBuf, fail: &mut impl FnMut(Unreadable)) -> Option<FileId> {
        let candidate =
            Candidate { path, kind: FileKind::Nginx, doubtful: false, walked: None, anywhere: false, said: false };
        let shown = shown(&candidate.path);
        let read = self.read(&candidate).and_then(|file| match self.is_env(file) {
            true => Err(Unreadable { path: shown, why: "it is a .env file, and no configuration of nginx".to_owned() }),
            false => Ok(file),
        });
        match read {
            Ok(file) => Some(file),
            Err(unreadable) => {
                fail(unreadable);
                None
            }
        }
    }
}
