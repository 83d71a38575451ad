//! The part of the disk that a run may read: what it was given, and what `--root` opens.
//!
//! Somebody else's tree may hold links and includes that lead to the files of whoever lints it. Those are left, and named as not
//! analysed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::engine::input::overlay::real;
use crate::trust;

/// How many directories may be a fragment's main directory: `sites-enabled/app.conf` is one below it, a snippet of a package two.
pub(crate) const MAX_BASES: usize = 3;

/// Why a path outside of the area is not read.
pub(in crate::engine) const OUTSIDE: &str = "it lies outside of what was given; --root DIR opens a directory";

/// Directories, without links in their paths.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct ReadableArea(BTreeSet<PathBuf>);

impl ReadableArea {
    /// The area of a run: directories as they are, and for a file that was named the directories from which its includes are looked for:
    /// the working directory, if it lies there, and otherwise its own and the two above; never more than the repository around it.
    pub(in crate::engine) fn new(paths: &[PathBuf], root: Option<&Path>) -> Self {
        let mut area = BTreeSet::new();
        let here = fs::canonicalize(".").ok();
        for path in paths.iter().map(PathBuf::as_path).chain(root) {
            // What standard input stands for need not be there.
            let real = real(path);
            if real.is_dir() {
                area.insert(real);
            } else {
                let directory = real.parent().unwrap_or(Path::new("/"));
                let repository = trust::bounds(directory);
                let inside = |above: &Path| repository.as_ref().is_none_or(|repository| above.starts_with(repository));
                let here = here.as_ref().filter(|here| real.starts_with(here) && inside(here)).cloned();
                let above = || {
                    let above = directory.ancestors().take(MAX_BASES).filter(|above| inside(above));
                    above.filter(|above| above.parent().is_some()).last().map(Path::to_owned)
                };
                area.extend(here.or_else(above));
            }
        }
        ReadableArea(area)
    }

    /// Returns whether a file lies in it, whose path has no links.
    pub(in crate::engine) fn holds(&self, real: &Path) -> bool {
        self.0.iter().any(|directory| real.starts_with(directory))
    }
}
