//! Whose files a run obeys: as in git's `safe.directory`, settings and repositories that another user owns are not obeyed.
//!
//! Who lints a tree need not know everything that lies in it. A settings file may widen what is read, and a `.git` decides how far
//! up settings are looked for, so both count only where the user who runs corslint put them there.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Returns whether the user who runs corslint owns what is at `path`; `false` where nothing is there.
#[cfg(unix)]
pub fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

/// Returns whether something is at `path`: no owner can be asked for here.
#[cfg(not(unix))]
pub fn is_own(path: &Path) -> bool {
    path.exists()
}

/// The root of the repository around a directory: the nearest directory upward that holds `.git`, which in a linked work tree is a file.
/// `None` outside of a repository, and in one that another user owns.
pub fn repository(directory: &Path) -> Option<PathBuf> {
    bounds(directory).filter(|root| is_own(&root.join(".git")))
}

/// The same for every owner: the tree of another user is confined all the more.
pub fn bounds(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|directory| fs::symlink_metadata(directory.join(".git")).is_ok()).map(Path::to_owned)
}

/// Returns whether a link in `path` leads out of the repository that the path names: what is written in a repository, links too, may come from
/// anybody who sends a change. A path at which nothing is yet leads where the part of it does that is there.
pub fn leads_out(path: &Path) -> bool {
    // A link that is named may lead to a directory; the repository is the one around its name.
    let named = absolute(path);
    let Some(bounds) = named.as_deref().and_then(Path::parent).and_then(bounds) else { return false };
    // As the system goes: `..` behind a link leads up from where the link leads.
    let Ok(whole) = std::path::absolute(path) else { return true };
    let there = whole.ancestors().find(|above| fs::symlink_metadata(above).is_ok());
    match (there.map(fs::canonicalize), fs::canonicalize(bounds)) {
        (Some(Ok(real)), Ok(bounds)) => !real.starts_with(bounds),
        // A link to nothing leads out, wherever it does.
        _ => true,
    }
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
