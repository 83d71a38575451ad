//! Files are replaced whole or not at all: the new bytes are written beside the old file, and only then take its name.
//!
//! The new file has the mode, the owner, the access list and the extended attributes of the old one before the first byte is written, so
//! nobody can read it who could not read the old one. `unix` works through a handle of the directory, so a directory that is
//! exchanged for a link meanwhile leads no write elsewhere.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::source::reason;
use crate::trust;

#[cfg(not(unix))]
#[path = "replace/portable.rs"]
mod system;
#[cfg(unix)]
#[path = "replace/unix.rs"]
mod system;

use system::{Place, Temporary};

/// New bytes beside the file whose name they are to take. Dropped, they are gone, and nothing has changed.
#[derive(Debug)]
pub struct Replacement {
    place: Place,
    temporary: Temporary,
}

impl Replacement {
    /// Puts what `write` writes on the disk, beside the file at `path`, which has to hold the bytes `before` where these are given. A new
    /// file gets the mode that any new file does. No link in the path is followed.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, or must not, in words: the file changed, is read-only, has several names, or has an owner or attributes
    /// that cannot be kept.
    pub fn prepare(
        path: &Path,
        before: Option<&[u8]>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Self, String> {
        let place = Place::open(path)?;
        place.holds(before)?;
        let temporary = place.beside(write)?;
        Ok(Replacement { place, temporary })
    }

    /// Gives the new bytes the name of the file, which still has to hold the bytes `before` where these are given.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in words.
    pub fn take_name(self, before: Option<&[u8]>) -> Result<(), String> {
        self.place.holds(before)?;
        self.place.replace_by(self.temporary)
    }
}

/// Replaces a file in one step: readers see the old one or the whole new one. What is no regular file, such as a pipe or `/dev/stderr`,
/// is written as it is.
///
/// # Errors
///
/// Why it cannot be done, or must not, in words: a link in the path leads out of the repository, for instance.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    stays_inside(path)?;
    if std::fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        let written = std::fs::File::options().write(true).open(path).and_then(|file| {
            let mut out = io::BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        return written.map_err(|error| reason(&error));
    }
    clean_up(&directory(path));
    Replacement::prepare(&real(path).map_err(|error| reason(&error))?, None, write)?.take_name(None)
}

/// Makes the directory of a file that is to be written, where it is missing.
///
/// # Errors
///
/// Why that must not be done, in words.
pub fn make_directory(path: &Path) -> Result<(), String> {
    stays_inside(path)?;
    // Where it cannot be made, the file cannot be written, which says why.
    _ = std::fs::create_dir_all(directory(path));
    Ok(())
}

fn stays_inside(path: &Path) -> Result<(), String> {
    if trust::leads_out(path) { Err("a link leads it out of the repository".to_owned()) } else { Ok(()) }
}

/// The path without links; for a file that is not there yet, in a directory that is.
fn real(path: &Path) -> io::Result<PathBuf> {
    let new = || Ok(std::fs::canonicalize(directory(path))?.join(path.file_name().unwrap_or_default()));
    std::fs::canonicalize(path).or_else(|_| new())
}

/// Removes the new files of this process that have not taken their name, for when it is ended by a signal. As long as the result is kept
/// no other one can be made.
pub fn abandon() -> impl Sized {
    system::abandon()
}

/// Removes from a directory what runs that were killed have left: their new files that never took a name.
pub fn clean_up(directory: &Path) {
    system::clean_up(directory);
}

/// The directory of a file.
fn directory(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
