//! Reading from the disk.

use std::io::Read as _;

use crate::source::{MAX_FILE_BYTES, reason};
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// The path from the working directory, where it is below.
pub(in crate::engine) fn from_here(real: &Path) -> PathBuf {
    let here = fs::canonicalize(".").ok();
    here.and_then(|here| real.strip_prefix(here).ok().map(Path::to_owned)).unwrap_or_else(|| real.to_owned())
}

/// A path as it is shown: `/`-separated, and nothing for the working directory.
pub(in crate::engine) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text =
        if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") };
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// Reads a regular file; a pipe or a device would wait for ever, so it is not opened.
pub(in crate::engine) fn read_regular(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| reason(&error))?;
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    read_sized(path, metadata.len())
}

/// Reads what is known to be a regular file of about that many bytes.
pub(in crate::engine) fn read_sized(path: &Path, size: u64) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|error| reason(&error))?;
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(MAX_FILE_BYTES)).unwrap_or(0));
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("larger than {MAX_FILE_BYTES} bytes"));
    }
    Ok(bytes)
}
