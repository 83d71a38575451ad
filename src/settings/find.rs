//! Which settings file holds.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::{Error, Settings, read};
use crate::source::{self, Source};

/// The names of a settings file.
pub const FILE_NAMES: [&str; 2] = ["corslint.toml", ".corslint.toml"];
/// The largest settings file that is read, in bytes.
pub const MAX_SETTINGS_BYTES: u64 = 128 * 1024;

/// The settings file for a deployment: the nearest one upward from the directory that all `paths` have in common, as far
/// as the repository's root. Outside a repository the search ends at the working directory, or at once where that is elsewhere.
///
/// # Errors
///
/// Both names stand side by side.
pub fn nearest(paths: &[PathBuf]) -> Result<Option<PathBuf>, Error> {
    let Some(working) = absolute(Path::new(".")) else { return Ok(None) };
    let Some(start) = common(paths).or_else(|| Some(working.clone())) else { return Ok(None) };
    let repository = start.ancestors().find(|directory| directory.join(".git").exists());
    let last = repository.unwrap_or(if start.starts_with(&working) { &working } else { &start });
    for directory in start.ancestors() {
        let mut found = FILE_NAMES.iter().map(|name| directory.join(name)).filter(|path| path.is_file());
        if let Some(first) = found.next() {
            return match found.next() {
                None => Ok(Some(first)),
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
    Ok(None)
}

/// Reads a settings file.
///
/// # Errors
///
/// It cannot be read, is larger than [`MAX_SETTINGS_BYTES`], or says what cannot be understood.
pub fn load(path: &Path) -> Result<Settings, Error> {
    let working = absolute(Path::new(".")).unwrap_or_default();
    let full = absolute(path).unwrap_or_else(|| path.to_owned());
    let name = shown(&full, &working);
    let bytes = bytes(path).map_err(|why| Error::Unreadable(name.clone(), why))?;
    let directory = full.parent().map(Path::to_owned).unwrap_or_default();
    read::from_source(Source::new(name, Some(path.to_owned()), bytes), &directory).map_err(Error::Invalid)
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

/// The path from the root of the file system, without `.` and `..`; no link is followed, so that it is the path people know.
pub(super) fn absolute(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Some(plain)
}

/// A path as it is shown: from the working directory where it is below, `/`-separated.
fn shown(full: &Path, working: &Path) -> String {
    let path = full.strip_prefix(working).unwrap_or(full);
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
