//! The part of the disk that a run may read: what it was given, and what `--root` opens.
//!
//! Somebody else's tree may hold links and includes that lead to the files of whoever lints it. Those are left, and named as not
//! analysed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::overlay::real;

/// Directories, without links in their paths.
#[derive(Debug, Clone, Default)]
pub(super) struct Area(BTreeSet<PathBuf>);

impl Area {
    /// The area of a run: directories as they are, and for a file that was named the directories from which its includes are looked for:
    /// the working directory, if it lies there, and otherwise its own and the two above.
    pub(super) fn new(paths: &[PathBuf], root: Option<&Path>) -> Self {
        let mut area = BTreeSet::new();
        let here = fs::canonicalize(".").ok();
        for path in paths.iter().map(PathBuf::as_path).chain(root) {
            // What standard input stands for need not be there.
            let real = real(path);
            if real.is_dir() {
                area.insert(real);
            } else if let Some(here) = here.as_ref().filter(|here| real.starts_with(here)) {
                area.insert(here.clone());
            } else {
                let above = real.ancestors().skip(1).take(super::gather::MAX_BASES);
                area.extend(above.filter(|above| above.parent().is_some()).last().map(Path::to_owned));
            }
        }
        Area(area)
    }

    /// Whether a file lies in it, whose path has no links.
    pub(super) fn holds(&self, real: &Path) -> bool {
        self.0.iter().any(|directory| real.starts_with(directory))
    }
}
