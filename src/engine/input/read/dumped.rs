//! Files that stand in the output of `nginx -T`.

use super::Files;
use crate::engine::input::glob;
use crate::nginx::config::include::{Included, is_glob, is_stock};
use crate::nginx::syntax::{dump, grammar};
use crate::source::FileId;
use std::path::Path;

impl Files {
    /// Takes the files inside `nginx -T` output in; the first is the main file.
    pub(super) fn add_dump(&mut self, output: &[u8], parts: &[dump::Dumped]) -> Option<FileId> {
        let mut main = None;
        for part in parts {
            let path = String::from_utf8_lossy(part.path.of(output)).into_owned();
            let body = part.body.of(output).to_vec();
            let file = self.add_nginx(path.clone(), None, grammar::parse(&body), body);
            self.dumped.insert(path, file);
            main = main.or(Some(file));
        }
        main
    }

    pub(super) fn look_up_dumped(&self, pattern: &[u8], root: FileId) -> Included {
        let pattern = String::from_utf8_lossy(pattern);
        let main = Path::new(&self.sources.get(root).path);
        let path = main.parent().unwrap_or(Path::new("")).join(&*pattern);
        let path = path.to_string_lossy();
        let files: Vec<FileId> = if is_glob(&pattern) {
            let fits = glob::matcher(Path::new(&*path));
            // A pattern matches names that start as it does up to its first sign.
            let start = path.get(..path.find(['*', '?', '[']).unwrap_or(path.len())).unwrap_or_default();
            let from_start = self.dumped.range(start.to_owned()..).take_while(|(name, _)| name.starts_with(start));
            from_start.filter(|(name, _)| fits(Path::new(name))).map(|(_, file)| *file).collect()
        } else {
            self.dumped.get(&*path).copied().into_iter().collect()
        };
        match (files.is_empty(), is_stock(&pattern), is_glob(&pattern)) {
            (true, true, _) => Included::Stock,
            (true, false, false) => Included::Missing,
            _ => Included::Files(files),
        }
    }
}
