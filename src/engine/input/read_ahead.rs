//! Reading ahead: the files of a long include are read and parsed by all processors before they are asked for one by one.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use crate::engine::input::disk::{read_regular, read_sized};
use crate::nginx::syntax::grammar;
use crate::nginx::syntax::tree::Tree;
use crate::parallel;

/// How many files make it worth to start threads.
const MANY: usize = 64;
/// How many of them one processor reads at a time.
const AT_A_TIME: usize = 16;

/// A file that an include names.
#[derive(Debug)]
pub(in crate::engine) struct ListedFile {
    /// The path it was come to by.
    pub(in crate::engine) path: PathBuf,
    /// Its size in bytes, where it was looked at and is a regular file itself and no link to one.
    size: Option<u64>,
}

impl From<PathBuf> for ListedFile {
    fn from(path: PathBuf) -> Self {
        ListedFile { path, size: None }
    }
}

impl ListedFile {
    /// Those of many paths that lead to regular files, or to links to one; and the others.
    pub(in crate::engine) fn files(paths: &[PathBuf]) -> (Vec<Self>, Vec<PathBuf>) {
        let (mut files, mut others) = (Vec::with_capacity(paths.len()), Vec::new());
        for (path, listed) in paths.iter().zip(parallel::map(paths, MANY, |path| ListedFile::file(path))) {
            match listed {
                Some(listed) => files.push(listed),
                None => others.push(path.clone()),
            }
        }
        (files, others)
    }

    fn file(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        let size = metadata.is_file().then_some(metadata.len());
        let is_file = size.is_some() || (metadata.is_symlink() && path.is_file());
        is_file.then(|| ListedFile { path: path.to_owned(), size })
    }
}

/// A file that was read.
#[derive(Debug)]
pub(in crate::engine) struct Parsed {
    /// Its path without links.
    pub(in crate::engine) real: PathBuf,
    pub(in crate::engine) bytes: Vec<u8>,
    /// Their tree.
    pub(in crate::engine) tree: Tree,
}

/// The files that were read and not asked for yet.
#[derive(Debug, Default)]
pub(in crate::engine) struct ReadAhead {
    /// By the paths they were come to by.
    parsed: HashMap<PathBuf, Parsed>,
    /// Directories by the paths they were come to by, without links.
    directories: HashMap<PathBuf, PathBuf>,
}

impl ReadAhead {
    /// The path without links, `.` and `..` in it.
    ///
    /// # Errors
    ///
    /// Nothing is there, or it may not be looked at.
    pub(in crate::engine) fn real(&mut self, path: &Path) -> io::Result<PathBuf> {
        let is_link = fs::symlink_metadata(path)?.is_symlink();
        match path.file_name().filter(|_| !is_link) {
            Some(name) => self.beside(path, name),
            None => fs::canonicalize(path),
        }
    }

    /// The same for a path that was looked at already.
    fn real_of(&mut self, listed: &ListedFile) -> io::Result<PathBuf> {
        match (listed.size, listed.path.file_name()) {
            (Some(_), Some(name)) => self.beside(&listed.path, name),
            _ => self.real(&listed.path),
        }
    }

    /// The path without links of what is no link itself. A directory of many files is looked up once.
    fn beside(&mut self, path: &Path, name: &OsStr) -> io::Result<PathBuf> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Some(known) = self.directories.get(parent) {
            return Ok(known.join(name));
        }
        let real = fs::canonicalize(parent)?;
        let file = real.join(name);
        self.directories.insert(parent.to_owned(), real);
        Ok(file)
    }

    /// Reads those of many files that are wanted, by their path without links. What cannot be read is left to the caller.
    pub(in crate::engine) fn read<'p>(
        &mut self,
        paths: impl Iterator<Item = &'p ListedFile>,
        is_wanted: impl Fn(&Path) -> bool,
    ) {
        let with_real = paths.filter_map(|listed| Some((listed, self.real_of(listed).ok()?)));
        let paths: Vec<(&ListedFile, PathBuf)> = with_real.filter(|(_, real)| is_wanted(real)).collect();
        if paths.len() < MANY {
            return;
        }
        let parse = |(listed, real): &(&ListedFile, PathBuf)| {
            let bytes = match listed.size {
                Some(size) => read_sized(real, size).ok()?,
                None => read_regular(real).ok()?,
            };
            let tree = grammar::parse(&bytes);
            Some((listed.path.clone(), Parsed { real: real.clone(), bytes, tree }))
        };
        self.parsed.extend(parallel::map(&paths, AT_A_TIME, parse).into_iter().flatten());
    }

    /// A file that was read ahead.
    pub(in crate::engine) fn take(&mut self, path: &Path) -> Option<Parsed> {
        self.parsed.remove(path)
    }
}
