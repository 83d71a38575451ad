//! `corslint.toml`: what a team has decided about its deployment.
//!
//! - `find`: which file holds, and its bytes
//! - `fields`: every key of the file, once
//! - `check`: whether a file keeps to that, `read`: what it then says
//! - `schema`, `start`: the same table for editors and for newcomers

mod check;
mod fields;
mod find;
mod globs;
mod own_key;
mod read;
mod schema;
mod start;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::dotenv::products::keys::{Key, OwnKeys};
use crate::finding::Severity;
use crate::source::{Source, Span};
use crate::trust::absolute;
pub use find::{FILE_NAMES, MAX_SETTINGS_BYTES, NearestSettings, load, nearest_settings};
pub use globs::Globs;
pub use own_key::word as meaning_word;
pub use read::from_source;
pub use schema::schema;
pub use start::commented_start;
pub use values::version;

/// The context a fragment is included into, for a file that is not a whole configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedContext {
    /// `http { … }`.
    Http,
    /// `server { … }` in it.
    Server,
    /// `location … { … }` in that.
    Location,
}

/// The severity that makes a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// Findings of this severity, and worse ones.
    At(Severity),
    /// No finding.
    Never,
}

/// The severity of a rule's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Not reported.
    Off,
    /// Reported with this severity, whatever the rule itself would say.
    At(Severity),
}

impl Level {
    /// The word users write.
    pub fn word(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::At(severity) => severity.word(),
        }
    }
}

/// A value and the bytes of the settings file that set it, key and all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Where it is set.
    pub span: Span,
}

/// Levels of rules, by their ids.
pub type Levels = BTreeMap<&'static str, Set<Level>>;

/// Other levels for some files.
#[derive(Debug, Clone)]
pub struct Override {
    /// The files.
    pub files: Globs,
    /// The levels in them.
    pub rules: Levels,
}

/// Which app is behind which location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPath {
    /// The directory of its .env files, relative to the settings file's, `/`-separated.
    pub path: Set<String>,
    /// Whom nginx passes its requests to: the name of an `upstream`, a host, `host:port` or `:port`.
    pub upstreams: Vec<String>,
}

/// The contents of a settings file; the default without one.
#[derive(Debug, Default)]
pub struct Settings {
    /// The file itself.
    pub source: Option<Source>,
    /// The directory that paths in it are relative to, absolute.
    pub directory: PathBuf,
    /// The least severity that fails a run.
    pub fail_on: Option<Set<FailOn>>,
    /// The patterns that the search of a directory skips.
    pub exclude: Globs,
    /// The directory that stands for `/` of the production machine.
    pub root: Option<Set<PathBuf>>,
    /// Where fragments are included.
    pub context: Option<Set<StatedContext>>,
    /// The nginx that will read the files.
    pub nginx_version: Option<Set<(u32, u32, u32)>>,
    /// True if the app sends CORS headers itself.
    pub app_sets_cors: Option<Set<bool>>,
    /// Levels of rules.
    pub rules: Levels,
    /// Other levels for some files; the last that matches decides.
    pub overrides: Vec<Override>,
    /// The apps of a tree that holds several.
    pub apps: Vec<AppPath>,
    /// The same apps by the path of each, once somebody asks for one.
    apps_by_path: OnceLock<BTreeMap<PathBuf, usize>>,
    /// The meaning of a team's own keys; `None` for a key that only looks like CORS.
    pub env: BTreeMap<String, Set<Option<Key>>>,
}

/// Why there are no settings to hold to.
#[derive(Debug)]
pub enum Error {
    /// The file cannot be read: its path, and why.
    Unreadable(String, String),
    /// The file says what cannot be understood.
    Invalid(Box<Invalid>),
}

/// A settings file with mistakes.
#[derive(Debug)]
pub struct Invalid {
    /// The file. Everything in it counts as secret, since it may not be a settings file at all.
    pub source: Source,
    /// The faults, by place; never empty.
    pub problems: Vec<SettingsProblem>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// Where.
    pub span: Span,
    /// The fault.
    pub message: String,
    /// The label.
    pub label: String,
    /// The help.
    pub help: Option<String>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unreadable(path, why) => write!(f, "{path}: {why}"),
            Error::Invalid(invalid) => write!(f, "{}: not understood", invalid.source.path),
        }
    }
}

impl Settings {
    /// Returns what a rule's findings in a file are, and where that is set; `None` where the settings leave it to the rule.
    /// `path` is the file's as it was given or found.
    pub fn level(&self, rule: &str, path: &Path) -> Option<&Set<Level>> {
        let mut overrides = self.overrides.iter().rev().filter_map(|it| Some((it, it.rules.get(rule)?))).peekable();
        let relative = overrides.peek().and_then(|_| self.relative(path));
        let overridden = relative.and_then(|path| overrides.find(|(it, _)| it.files.matching(&path).is_some()));
        overridden.map(|(_, level)| level).or_else(|| self.rules.get(rule))
    }

    /// The pattern by which a search of `searched` leaves this path, as it is written. Whoever names a directory wants it searched, so a
    /// pattern that leaves out the directory itself does not count.
    pub fn excluding(&self, path: &Path, searched: &Path) -> Option<&str> {
        let matching = |path: &Path| Some(self.exclude.all_matching(&self.relative(path)?));
        let patterns = (!self.exclude.is_empty()).then(|| matching(path))??;
        let set_aside = matching(searched).unwrap_or_default();
        let pattern = patterns.into_iter().find(|pattern| !set_aside.contains(pattern))?;
        self.exclude.patterns().get(pattern).map(String::as_str)
    }

    /// The path from the settings file's directory, `/`-separated; `None` for what is not below it.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let absolute = absolute(path)?;
        let below = absolute.strip_prefix(&self.directory).ok()?;
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Some(parts.join("/"))
    }

    /// The app that the .env files of a directory belong to: the one whose path is nearest above it.
    pub fn app_of(&self, directory: &Path) -> Option<&AppPath> {
        let path = (!self.apps.is_empty()).then(|| self.relative(directory))??;
        // A tree may have as many apps as it has directories.
        let by_path = self.apps_by_path.get_or_init(|| {
            let plain = |app: &AppPath| Path::new(&app.path.value).components().collect::<PathBuf>();
            self.apps.iter().enumerate().map(|(index, app)| (plain(app), index)).collect()
        });
        let index = Path::new(&path).ancestors().find_map(|above| by_path.get(above))?;
        self.apps.get(*index)
    }

    /// Returns what `[env]` says of a team's own keys.
    pub fn own_keys(&self) -> OwnKeys {
        OwnKeys::new(self.env.iter().map(|(name, key)| (name.clone(), key.value)).collect())
    }

    /// Where something is set, as `corslint.toml:3`.
    pub fn line_of(&self, span: Span) -> String {
        let Some(source) = &self.source else { return String::new() };
        format!("{}:{}", source.path, source.line_of(span.start))
    }
}
