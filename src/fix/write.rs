//! Files are replaced whole or not at all: the new bytes are written beside the old file, and only then take its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::Changed;

/// Replaces the files. All new bytes are on the disk before the first file takes them, so a full disk changes nothing; a kill leaves
/// every file as it was or as it is to be.
///
/// # Errors
///
/// One line for each file that was not replaced: it changed since it was read, must not be written, or there is no room. Where one
/// cannot be prepared none is replaced.
pub fn write(files: &[Changed]) -> Result<(), Vec<String>> {
    let mut ready = Vec::new();
    let mut errors = Vec::new();
    for file in files {
        match prepare(file) {
            Ok(temporary) => ready.push((file, temporary)),
            Err(why) => errors.push(format!("{}: not written, {why}", file.path)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (file, temporary) in ready {
        let replaced = is_unchanged(file).and_then(|()| replace(file, temporary));
        errors.extend(replaced.err().map(|why| format!("{}: not written, {why}", file.path)));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The new bytes in a file beside the old one, with its mode and, where that is allowed, its owner.
fn prepare(file: &Changed) -> Result<NamedTempFile, String> {
    is_unchanged(file)?;
    let metadata = fs::metadata(&file.real).map_err(words)?;
    if metadata.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    // To take a file's name only its directory has to be writable; whoever protects the file means its bytes.
    OpenOptions::new().write(true).open(&file.real).map_err(words)?;
    let directory = file.real.parent().unwrap_or(Path::new("."));
    let mut temporary =
        tempfile::Builder::new().prefix(".corslint-").suffix(".tmp").tempfile_in(directory).map_err(words)?;
    temporary.write_all(&file.after).map_err(words)?;
    keep_owner(temporary.as_file(), &metadata);
    let keep = || {
        temporary.as_file().set_permissions(metadata.permissions())?;
        temporary.as_file().sync_all()
    };
    keep().map_err(words)?;
    Ok(temporary)
}

/// Whether the file still holds what was read.
fn is_unchanged(file: &Changed) -> Result<(), String> {
    match fs::read(&file.real).map_err(words)? == file.before {
        true => Ok(()),
        false => Err("it changed since it was read".to_owned()),
    }
}

fn replace(file: &Changed, temporary: NamedTempFile) -> Result<(), String> {
    temporary.persist(&file.real).map_err(|error| words(error.error))?;
    // The new name is on the disk once its directory is; where that cannot be asked for, the system does it in its own time.
    let directory = file.real.parent().map(File::open);
    _ = directory.and_then(Result::ok).map(|directory| directory.sync_all());
    Ok(())
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

/// An error of the operating system in words.
fn words(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is gone".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "no space left on the device".to_owned(),
        kind => kind.to_string(),
    }
}
