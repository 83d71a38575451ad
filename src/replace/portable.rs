//! Where there is no handle of a directory, and no mode or owner to keep: everything goes by paths.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::directory;
use crate::source::reason;

pub(super) type Temporary = NamedTempFile;

/// The path of a file that is to be replaced, without links.
#[derive(Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        match fs::metadata(path) {
            Ok(old) if old.permissions().readonly() => Err("it is read-only".to_owned()),
            _ => Ok(Place(path.to_owned())),
        }
    }

    pub(super) fn holds(&self, before: Option<&[u8]>) -> Result<(), String> {
        let Some(before) = before else { return Ok(()) };
        let is_same = fs::read(&self.0).map_err(|error| reason(&error))? == before;
        if is_same { Ok(()) } else { Err("it changed since it was read".to_owned()) }
    }

    pub(super) fn beside(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Temporary, String> {
        let write_all = || {
            let mut temporary = Builder::new().prefix(".corslint-").suffix(".tmp").tempfile_in(directory(&self.0))?;
            let mut out = BufWriter::with_capacity(64 * 1024, temporary.as_file_mut());
            write(&mut out)?;
            out.flush()?;
            drop(out);
            temporary.as_file().sync_all()?;
            Ok(temporary)
        };
        write_all().map_err(|error: io::Error| reason(&error))
    }

    pub(super) fn replace_by(&self, temporary: Temporary) -> Result<(), String> {
        temporary.persist(&self.0).map(|_| ()).map_err(|error| reason(&error.error))
    }
}

/// Windows ends a process without asking it.
pub(super) fn abandon() -> impl Sized {}

/// Returns what is left lies there: no name says which process it is of.
pub(super) fn clean_up(_: &Path) {}
