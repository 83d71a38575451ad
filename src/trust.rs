//! Whose files a run obeys: as in git's `safe.directory`, settings and repositories that another user owns are not obeyed.
//!
//! Whoever lints a tree need not know everything that lies in it. A settings file may widen what is read, and a `.git` decides how far
//! up settings are looked for, so both count only where the user who runs corslint put them there.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Whether the user who runs corslint owns what is at `path`; `false` where nothing is there.
#[cfg(unix)]
pub fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

/// Whether something is at `path`: no owner can be asked for here.
#[cfg(not(unix))]
pub fn is_own(path: &Path) -> bool {
    path.exists()
}

/// The root of the repository around a directory: the nearest directory upward that holds `.git`, which in a linked work tree is a file.
/// `None` outside of a repository, and in one that another user owns.
pub fn repository(directory: &Path) -> Option<PathBuf> {
    let root = directory.ancestors().find(|directory| directory.join(".git").exists())?;
    is_own(&root.join(".git")).then(|| root.to_owned())
}

/// Whether a link in `path` leads out of the repository that the path names: what is written in a repository, links too, may come from
/// anybody who sends a change.
pub fn leads_out(path: &Path) -> bool {
    let Some(named) = absolute(path) else { return false };
    // A link that is named may lead to a directory; the repository is the one around its name.
    let Some(repository) = named.parent().and_then(repository) else { return false };
    let (Ok(real), Ok(repository)) = (fs::canonicalize(path), fs::canonicalize(repository)) else { return false };
    !real.starts_with(repository)
}

/// The same of a path at which a file is to be written, which need not be there yet. A link to nothing leads out, wherever it does.
pub fn leads_out_when_written(path: &Path) -> bool {
    let Some(named) = absolute(path) else { return false };
    let there = named.ancestors().find(|above| fs::symlink_metadata(above).is_ok());
    there.is_some_and(|there| {
        leads_out(there) || (fs::metadata(there).is_err() && there.parent().and_then(repository).is_some())
    })
}

/// The path from the root of the file system, without `.` and `..`; no link is followed, so that it is the path people know.
pub fn absolute(path: &Path) -> Option<PathBuf> {
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
