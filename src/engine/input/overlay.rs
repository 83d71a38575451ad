//! Bytes that stand for what is on disk: what an editor pipes in before it is saved, and a fix before it is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::input::discover::FileKind;

/// Files of which a run reads other bytes than those on disk. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// By the path without links in it, so that a file is found by whatever path a run comes to it.
    by_path: BTreeMap<PathBuf, Replaced>,
}

#[derive(Debug, Clone)]
struct Replaced {
    /// The path as it was given.
    path: PathBuf,
    bytes: Arc<Vec<u8>>,
    kind: Option<FileKind>,
}

impl Overlay {
    /// Lets `bytes` stand for the file at `path`, which need not exist; `kind` says what it is where its name does not.
    pub fn set(&mut self, path: &Path, bytes: Vec<u8>, kind: Option<FileKind>) {
        self.by_path.insert(real(path), Replaced { path: path.to_owned(), bytes: Arc::new(bytes), kind });
    }

    /// The same for a file of which other bytes may stand there already; what it is said to be stays.
    pub(crate) fn rewrite(&mut self, path: &Path, bytes: Vec<u8>) {
        let kind = self.kind(path);
        self.set(path, bytes, kind);
    }

    /// The bytes that stand for the file at `path`, a path as [`real`] gives it.
    pub fn bytes(&self, path: &Path) -> Option<&[u8]> {
        self.by_path.get(path).map(|entry| entry.bytes.as_slice())
    }

    /// Returns what the file at `path` is said to be.
    pub(in crate::engine) fn kind(&self, path: &Path) -> Option<FileKind> {
        if self.by_path.is_empty() { None } else { self.by_path.get(&real(path))?.kind }
    }

    /// Returns whether bytes stand for the file at `path`.
    pub(in crate::engine) fn has(&self, path: &Path) -> bool {
        !self.by_path.is_empty() && self.by_path.contains_key(&real(path))
    }

    /// The paths, as they were given, that a glob on the disk does not find because nothing is there yet.
    pub(in crate::engine) fn unsaved(&self) -> impl Iterator<Item = &PathBuf> {
        self.by_path.iter().filter(|(real, _)| !real.exists()).map(|(_, entry)| &entry.path)
    }
}

/// The path without links, `.` and `..` in it; where nothing is there yet, that of its directory with its name.
pub fn real(path: &Path) -> PathBuf {
    let beside = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(parent).ok()?.join(path.file_name()?))
    };
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(absolute)
}
