//! Files are replaced whole or not at all: the new bytes are written beside the old file, and only then take its name.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::source::reason;

/// New bytes beside the file whose name they are to take. Dropped, they are gone, and nothing has changed.
#[derive(Debug)]
pub struct Replacement {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl Replacement {
    /// Puts what `write` writes on the disk, beside the file at `path`. It gets the mode of the file that is there and, where that is
    /// allowed, its owner; a new one gets what any new file does. A link is followed.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, or must not, in words.
    pub fn prepare(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Self, String> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let old = fs::metadata(&path).ok();
        if let Some(old) = &old {
            if old.permissions().readonly() {
                return Err("it is read-only".to_owned());
            }
            // To take a file's name only its directory has to be writable; whoever protects the file means its bytes.
            File::options().write(true).open(&path).map_err(|error| reason(&error))?;
        }
        let temporary = beside(&path, old.as_ref(), write).map_err(|error| reason(&error))?;
        Ok(Replacement { temporary, path })
    }

    /// Gives the new bytes the name of the file.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in words.
    pub fn take_name(self) -> Result<(), String> {
        self.temporary.persist(&self.path).map_err(|error| reason(&error.error))?;
        // The new name is on the disk once its directory is; where that cannot be asked for, the system does it in its own time.
        let directory = File::open(directory(&self.path));
        _ = directory.and_then(|directory| directory.sync_all());
        Ok(())
    }
}

/// Replaces a file in one step: readers see the old one or the whole new one. What is no regular file, such as a pipe or `/dev/stderr`,
/// is written as it is.
///
/// # Errors
///
/// Why it cannot be done, or must not, in words.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        let written = File::options().write(true).open(path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        return written.map_err(|error| reason(&error));
    }
    Replacement::prepare(path, write)?.take_name()
}

/// A file of another name in the same directory, on the disk.
fn beside(
    path: &Path,
    old: Option<&fs::Metadata>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    // As any new file: what the umask leaves.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.prefix(".corslint-").suffix(".tmp").tempfile_in(directory(path))?;
    let mut out = BufWriter::with_capacity(64 * 1024, temporary.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Some(old) = old {
        keep_owner(temporary.as_file(), old);
        temporary.as_file().set_permissions(old.permissions())?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives the new file the owner of the old one. Only root may give files away; where it may not be done the file is the caller's.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let is_same = file.metadata().is_ok_and(|new| (new.uid(), new.gid()) == (old.uid(), old.gid()));
    if !is_same {
        _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}
