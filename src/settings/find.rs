//! Which settings file holds.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Error, Invalid, Settings, SettingsProblem, read};
use crate::source::{self, Source};
use crate::trust::{self, absolute};

/// The names of a settings file.
pub const FILE_NAMES: [&str; 2] = ["corslint.toml", ".corslint.toml"];
/// The largest settings file that is read, in bytes.
pub const MAX_SETTINGS_BYTES: u64 = 128 * 1024;

/// Which settings file holds for a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NearestSettings {
    /// This one.
    Found(PathBuf),
    /// This one would, but it is not obeyed: the path as it is shown, and why.
    NotObeyed(String, &'static str),
    /// None.
    Nothing,
}

/// The settings file for a deployment: the nearest one upward from the directory that all `paths` have in common, as far
/// as the repository's root. Outside a repository, and in one that another user owns, the search ends at the working directory, or at
/// once where that is elsewhere.
///
/// # Errors
///
/// Both names stand side by side.
pub fn nearest_settings(paths: &[PathBuf]) -> Result<NearestSettings, Error> {
    let Some(working) = absolute(Path::new(".")) else { return Ok(NearestSettings::Nothing) };
    let start = common(paths).unwrap_or_else(|| working.clone());
    let repository = trust::repository(&start);
    let last = repository.as_ref().unwrap_or(if start.starts_with(&working) { &working } else { &start });
    for directory in start.ancestors() {
        let mut found = FILE_NAMES.iter().map(|name| directory.join(name)).filter(|path| path.is_file());
        if let Some(first) = found.next() {
            return match found.next() {
                None if !trust::is_own(&first) => {
                    Ok(NearestSettings::NotObeyed(shown(&first, &working), "another user owns it"))
                }
                None if trust::leads_out(&first) => Ok(NearestSettings::NotObeyed(
                    shown(&first, &working),
                    "it is a link that leads out of the repository",
                )),
                None => Ok(NearestSettings::Found(first)),
                Some(_) => {
                    let why = "stands beside .corslint.toml; keep one of them".to_owned();
                    Err(Error::Unreadable(shown(&first, &working), why))
                }
            };
        }
        if directory == last {
            break;
        }
    }
    Ok(NearestSettings::Nothing)
}

/// Reads a settings file.
///
/// # Errors
///
/// It cannot be read, is larger than [`MAX_SETTINGS_BYTES`], says what cannot be understood, or names a `root` outside of its
/// repository.
pub fn load(path: &Path) -> Result<Settings, Error> {
    let working = absolute(Path::new(".")).unwrap_or_default();
    let full = absolute(path).unwrap_or_else(|| path.to_owned());
    let name = shown(&full, &working);
    let bytes = bytes(path).map_err(|why| Error::Unreadable(name.clone(), why))?;
    let directory = full.parent().map(Path::to_owned).unwrap_or_default();
    let settings =
        read::from_source(Source::new(name, Some(path.to_owned()), bytes), &directory).map_err(Error::Invalid)?;
    confined(settings)
}

/// The settings, if their `root` lies in their repository, or outside of one below their own directory: whoever may write a settings
/// file may not thereby have any file of this machine read, and shown. Only the command line opens more.
fn confined(settings: Settings) -> Result<Settings, Error> {
    let Some(root) = &settings.root else { return Ok(settings) };
    let around = trust::bounds(&settings.directory);
    let is_repository = around.is_some();
    let around = around.unwrap_or_else(|| settings.directory.clone());
    let is_inside = match (fs::canonicalize(&root.value), fs::canonicalize(&around)) {
        (Ok(root), Ok(around)) => root.starts_with(around),
        // Nothing is there, which is said later.
        _ => absolute(&root.value).is_some_and(|root| root.starts_with(&around)),
    };
    if is_inside {
        return Ok(settings);
    }
    let problem = SettingsProblem {
        span: root.span,
        message: "`root` leads out of the ".to_owned()
            + if is_repository { "repository" } else { "directory of the settings" },
        label: "outside".to_owned(),
        help: Some("give it on the command line: `--root DIR`".to_owned()),
    };
    let Settings { source: Some(source), .. } = settings else { return Ok(settings) };
    Err(Error::Invalid(Box::new(Invalid { source, problems: vec![problem] })))
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let reason = |error: std::io::Error| source::reason(&error);
    if !fs::metadata(path).map_err(reason)?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|file| file.take(MAX_SETTINGS_BYTES + 1).read_to_end(&mut bytes)).map_err(reason)?;
    if bytes.len() as u64 > MAX_SETTINGS_BYTES {
        return Err(format!("larger than {MAX_SETTINGS_BYTES} bytes, so no settings file"));
    }
    Ok(bytes)
}

/// The directory that all paths have in common.
fn common(paths: &[PathBuf]) -> Option<PathBuf> {
    let mut directories = paths.iter().filter_map(|path| {
        let absolute = absolute(path)?;
        if path.is_dir() { Some(absolute) } else { absolute.parent().map(Path::to_owned) }
    });
    let first = directories.next()?;
    Some(directories.fold(first, |common, next| {
        let shared = common.components().zip(next.components()).take_while(|(one, other)| one == other);
        shared.map(|(part, _)| part).collect()
    }))
}

/// A path as it is shown: from the working directory where it is below, `/`-separated.
fn shown(full: &Path, working: &Path) -> String {
    let path = full.strip_prefix(working).unwrap_or(full);
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
