//! A configuration of several files in memory: each directive in its place, whatever includes what.

use std::path::{Path, PathBuf};

use corslint::nginx::config::include::{Included, Includes, candidates, is_glob, is_stock};
use corslint::nginx::config::{Config, MAX_INCLUDE_DEPTH, Trees, implied_context};
use corslint::nginx::syntax::grammar;
use corslint::source::{FileId, Source, Sources};

use super::assert_whole;
use super::cost;
use super::files::Bundle;

/// Checks any bundle of files.
pub fn check(text: &[u8]) {
    let bundle = Bundle::read(text);
    let memory = Memory::new(&bundle);
    cost::bounded(text.len(), || memory.with(text.len(), sound));
}

/// Files that were read, and what their includes lead to.
pub struct Memory {
    sources: Sources,
    trees: Trees,
    includes: Includes,
    root: FileId,
}

impl Memory {
    /// Reads the files of a bundle.
    pub fn new(bundle: &Bundle) -> Self {
        let (mut sources, mut trees, mut includes) = (Sources::default(), Trees::new(), Includes::default());
        let mut named = Vec::new();
        for (name, bytes) in &bundle.files {
            let tree = grammar::parse(bytes);
            let file = sources.add(Source::new(name, None, bytes.clone()));
            trees.insert(file, tree);
            named.push((name.as_str(), file));
        }
        for (file, tree) in &trees {
            let bytes = &sources.get(*file).bytes;
            for index in (0..).take(tree.directives.len()) {
                if let [name, pattern] = tree.words(index)
                    && name.inner().of(bytes) == b"include"
                {
                    let pattern = pattern.value(bytes);
                    includes.set(&pattern, included(&pattern, &named));
                }
            }
        }
        let root = named.first().map_or(FileId(0), |(_, file)| *file);
        Memory { sources, trees, includes, root }
    }

    /// Hands the configuration on. `bytes` is what all files hold together.
    pub fn with<T>(&self, bytes: usize, ask: impl FnOnce(&Config<'_>) -> T) -> T {
        let tree = &self.trees[&self.root];
        let kind = implied_context(tree, &self.sources.get(self.root).bytes);
        let config = cost::bounded(bytes, || Config::new(&self.sources, &self.trees, &self.includes, self.root, kind));
        ask(&config)
    }
}

/// What a pattern stands for among the files in memory.
fn included(pattern: &[u8], named: &[(&str, FileId)]) -> Included {
    let Ok(pattern) = std::str::from_utf8(pattern) else { return Included::Missing };
    if pattern.contains('$') {
        return Included::Unknown;
    }
    let paths = candidates(pattern, &[PathBuf::new()], Some(Path::new("root")));
    let is_meant = |name: &str| match pattern.split_once('*') {
        Some((before, after)) => name.starts_with(before) && name.ends_with(after),
        None => paths.iter().any(|path| path.as_os_str() == name),
    };
    let files: Vec<FileId> = named.iter().filter(|(name, _)| is_meant(name)).map(|(_, file)| *file).collect();
    match (files.is_empty(), is_stock(pattern), is_glob(pattern)) {
        (true, true, _) => Included::Stock,
        (true, false, false) => Included::Missing,
        _ => Included::Files(files),
    }
}

/// Asserts what must hold for any configuration.
fn sound(config: &Config<'_>) {
    let mut placed = 0;
    for id in config.contexts() {
        let context = config.context(id);
        assert!(context.parent.is_none_or(|parent| parent < id), "a context stands behind the one around it");
        assert_eq!(
            context.parent.is_some(),
            context.opener.is_some(),
            "what has a parent has a directive that opens it"
        );
        for item in config.items(id) {
            placed += 1;
            assert_eq!(config.item(item).context, id);
            assert!(
                config.item(item).opens.is_none_or(|opened| opened > id && config.context(opened).parent == Some(id))
            );
            let place = config.place(item);
            assert_whole(place.span, config.bytes(place.file), "a directive");
            assert!(!place.span.is_empty() && config.parameter_count(item) < config.words(item).len());
        }
        for child in config.children(id) {
            assert_eq!(config.context(child).parent, Some(id));
        }
        assert!(config.ancestors(id).count() <= (MAX_INCLUDE_DEPTH + 1) * grammar::MAX_DEPTH);
    }
    let items: usize = config.contexts().map(|context| config.items(context).count()).sum();
    assert_eq!(items, placed);
    for (place, problem) in &config.problems {
        assert_whole(place.span, config.bytes(place.file), "a problem");
        assert!(config.bytes(place.file).len() >= 7, "{problem:?} without an include");
    }
}
