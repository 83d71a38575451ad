//! The paths that an include's pattern matches, as nginx's `glob(3)` finds them (A8.16): no dotfiles, no `/` in `*`, links followed.
//!
//! A pattern may come from anybody, so a directory is looked into only where the run may read, once for each part of the pattern
//! whatever links lead to it, and the number of names looked at is limited.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use hashbrown::HashSet;

use crate::engine::input::readable::ReadableArea;
use crate::source::reason;

/// How many names in directories are looked at in one run, for all its patterns.
pub(in crate::engine) const MAX_NAMES: usize = 1_000_000;

const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The names that a pattern matches.
#[derive(Debug, Default)]
pub(in crate::engine) struct Matches {
    /// The paths, in byte order.
    pub(in crate::engine) paths: Vec<PathBuf>,
    /// The paths that were not looked into, each with the reason.
    pub(in crate::engine) left: Vec<(PathBuf, String)>,
}

/// Tells whether a path fits a pattern that was joined to a directory.
pub(in crate::engine) fn matcher(pattern: &Path) -> impl Fn(&Path) -> bool {
    let pattern = pattern.to_str().and_then(|pattern| Pattern::new(&plain_stars(pattern)).ok());
    move |path| pattern.as_ref().is_some_and(|pattern| pattern.matches_path_with(path, OPTIONS))
}

/// `**` means no more than `*` to nginx (A8.16).
fn plain_stars(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        if character != '*' || !plain.ends_with('*') {
            plain.push(character);
        }
    }
    plain
}

/// A part of a pattern, between two slashes.
enum PatternPart {
    Literal(OsString),
    Pattern(Pattern),
}

/// The paths that `pattern` matches and that lie in the area; `names_left` says how many names the run may still look at.
pub(in crate::engine) fn expand(pattern: &Path, area: &ReadableArea, names_left: &mut usize) -> Matches {
    let mut matches = Matches::default();
    let Some(parts) = parts(pattern) else { return matches };
    // Directories by the number of parts they have been taken through, and the path so far.
    let mut open: Vec<(usize, PathBuf)> = vec![(0, PathBuf::new())];
    let mut seen: HashSet<(usize, PathBuf)> = HashSet::new();
    while let Some((at, path)) = open.pop() {
        match parts.get(at) {
            None => matches.paths.push(path),
            Some(PatternPart::Literal(name)) => {
                let path = path.join(name);
                if at + 1 < parts.len() || fs::symlink_metadata(&path).is_ok() {
                    open.push((at + 1, path));
                }
            }
            Some(PatternPart::Pattern(_)) if *names_left == 0 => {
                matches.left.push((path, format!("the patterns look at more than {MAX_NAMES} names")));
                break;
            }
            Some(PatternPart::Pattern(part)) => match list(&path, area) {
                Ok(Some((real, names))) => {
                    if !seen.insert((at, real)) {
                        continue;
                    }
                    if names.len() > *names_left {
                        *names_left = 0;
                        open.push((at, path));
                        continue;
                    }
                    *names_left -= names.len();
                    let fitting = names.iter().filter(|name| part.matches_with(&name.to_string_lossy(), OPTIONS));
                    open.extend(fitting.map(|name| (at + 1, path.join(name))));
                }
                Ok(None) => {}
                Err(why) => matches.left.push((path, why)),
            },
        }
    }
    matches.paths.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    matches
}

/// The parts of a pattern; `None` for one that `glob` cannot read, which matches nothing.
fn parts(pattern: &Path) -> Option<Vec<PatternPart>> {
    let part = |component: Component<'_>| {
        let text = component.as_os_str();
        match text.to_str().filter(|text| text.contains(['*', '?', '['])) {
            Some(text) => Some(PatternPart::Pattern(Pattern::new(&plain_stars(text)).ok()?)),
            None => Some(PatternPart::Literal(text.to_owned())),
        }
    };
    pattern.components().map(part).collect()
}

/// A directory without links in its path, and the names in it; nothing where no directory is there.
fn list(path: &Path, area: &ReadableArea) -> Result<Option<(PathBuf, Vec<OsString>)>, String> {
    let directory = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let Ok(real) = fs::canonicalize(directory) else { return Ok(None) };
    if !real.is_dir() {
        return Ok(None);
    }
    if !area.holds(&real) {
        return Err(crate::engine::input::readable::OUTSIDE.to_owned());
    }
    let entries = fs::read_dir(&real).map_err(|error| reason(&error))?;
    let names: Result<Vec<OsString>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    names.map(|names| Some((real, names))).map_err(|error| reason(&error))
}
