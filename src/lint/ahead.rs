//! Reading ahead: the files of a long include are read and parsed by all processors before they are asked for one by one.

use std::collections::HashMap;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use super::read::read_regular;
use crate::nginx::grammar;
use crate::nginx::tree::Tree;

/// How many files make it worth to start threads.
const MANY: usize = 64;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its path without links.
    pub(super) real: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// What the grammar makes of them.
    pub(super) tree: Tree,
}

/// What was read and not asked for yet.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// By the paths they were come to by.
    parsed: HashMap<PathBuf, Parsed>,
    /// Directories by the paths they were come to by, without links.
    directories: HashMap<PathBuf, PathBuf>,
}

impl Ahead {
    /// The path without links, `.` and `..` in it.
    ///
    /// # Errors
    ///
    /// Nothing is there, or it may not be looked at.
    pub(super) fn real(&mut self, path: &Path) -> io::Result<PathBuf> {
        let is_link = fs::symlink_metadata(path)?.is_symlink();
        let Some(name) = path.file_name().filter(|_| !is_link) else { return fs::canonicalize(path) };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A directory of many files is looked up once.
        if let Some(known) = self.directories.get(parent) {
            return Ok(known.join(name));
        }
        let real = fs::canonicalize(parent)?;
        let file = real.join(name);
        self.directories.insert(parent.to_owned(), real);
        Ok(file)
    }

    /// Reads those of many files that are wanted, by their path without links. What cannot be read is left to whoever asks for it.
    pub(super) fn read<'p>(&mut self, paths: impl Iterator<Item = &'p PathBuf>, is_wanted: impl Fn(&Path) -> bool) {
        let with_real = paths.filter_map(|path| Some((path, self.real(path).ok()?)));
        let paths: Vec<(&PathBuf, PathBuf)> = with_real.filter(|(_, real)| is_wanted(real)).collect();
        if paths.len() < MANY {
            return;
        }
        let parse = |(path, real): &(&PathBuf, PathBuf)| {
            let bytes = read_regular(real).ok()?;
            let tree = grammar::parse(&bytes);
            Some(((*path).clone(), Parsed { real: real.clone(), bytes, tree }))
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            let parts = paths.chunks(paths.len().div_ceil(threads));
            let running: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter().filter_map(parse).collect::<Vec<(PathBuf, Parsed)>>()))
                .collect();
            for part in running {
                self.parsed.extend(part.join().into_iter().flatten());
            }
        });
    }

    /// A file that was read ahead.
    pub(super) fn take(&mut self, path: &Path) -> Option<Parsed> {
        self.parsed.remove(path)
    }
}
