//! Patterns of paths below the settings file's directory.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::source::Span;

/// Several patterns, matched at once in time linear in the path, however they are written.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    set: GlobSet,
    patterns: Vec<String>,
    span: Span,
}

/// Each pattern stands for the path itself and, where it is a directory, for everything below.
const EACH: usize = 2;
/// The longest pattern, in bytes: names are no longer than 255, and the braces of a pattern nest no deeper than it is long.
const MAX_BYTES: usize = 1024;

impl Globs {
    /// Compiles patterns; the error is the index of the one that is none, or that leaves the directory, and why.
    pub(super) fn new(patterns: &[&str], span: Span) -> Result<Self, (usize, String)> {
        let mut builder = GlobSetBuilder::new();
        for (index, pattern) in patterns.iter().enumerate() {
            let plain = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
            if plain.split('/').any(|part| part == "..") {
                return Err((index, "leads out of the directory of the settings".to_owned()));
            }
            if plain.is_empty() {
                return Err((index, "names nothing".to_owned()));
            }
            if plain.len() > MAX_BYTES {
                return Err((index, format!("is longer than {MAX_BYTES} bytes")));
            }
            // As in a .gitignore, a name without a slash stands at any depth.
            let anchored = match plain.strip_prefix('/') {
                Some(below) => below.to_owned(),
                None if plain.contains('/') => plain.to_owned(),
                None => format!("**/{plain}"),
            };
            for text in [anchored.clone(), format!("{anchored}/**")] {
                let glob = GlobBuilder::new(&text).literal_separator(true).backslash_escape(true).build();
                builder.add(glob.map_err(|error| (index, error.kind().to_string()))?);
            }
        }
        let set = builder.build().map_err(|error| (0, error.kind().to_string()))?;
        Ok(Globs { set, patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect(), span })
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The patterns as they are written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Where they are written.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The index of the first pattern that matches a `/`-separated path.
    pub fn matching(&self, path: &str) -> Option<usize> {
        self.all_matching(path).first().copied()
    }

    /// The indices of all patterns that match a `/`-separated path, in their order.
    pub fn all_matching(&self, path: &str) -> Vec<usize> {
        let mut matching: Vec<usize> = self.set.matches(path).into_iter().map(|index| index / EACH).collect();
        matching.dedup();
        matching
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_gitignore() {
        for (pattern, path, expected) in [
            ("*.bak", "conf.d/app.bak", true),
            ("*.bak", "app.bak", true),
            ("old", "a/old/nginx.conf", true),
            ("old/", "old/nginx.conf", true),
            ("old", "older/nginx.conf", false),
            ("legacy/**", "legacy/a/b.conf", true),
            ("legacy/*", "legacy/a.conf", true),
            ("legacy", "legacy/a/b.conf", true),
            ("deploy/*.conf", "deploy/x/a.conf", false),
            ("deploy/*.conf", "x/deploy/a.conf", false),
            ("/a.conf", "a.conf", true),
            ("/a.conf", "x/a.conf", false),
            ("./deploy/a.conf", "deploy/a.conf", true),
            ("**/staging/**", "x/staging/y", true),
            (".env.{staging,test}", "app/.env.test", true),
            ("[ab].conf", "x/b.conf", true),
        ] {
            let globs = Globs::new(&[pattern], Span::default()).unwrap();
            assert_eq!(globs.matching(path).is_some(), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let wrong = |pattern: &str| Globs::new(&["fine", pattern], Span::default()).unwrap_err().0;
        for pattern in ["a[", "../x", "", "/", "{a", &"*a".repeat(MAX_BYTES)] {
            assert_eq!(wrong(pattern), 1, "{pattern}");
        }
    }

    #[test]
    fn braces_in_braces_take_no_more_stack_than_there_is() {
        for open in ["{", "{a,", "{,"] {
            let nested = |depth: usize| format!("{}{}", open.repeat(depth), "}".repeat(depth));
            let deepest = nested(MAX_BYTES / (open.len() + 1));
            // Whether such a pattern is taken is for the crate to say, as long as it says so.
            _ = Globs::new(&[&deepest], Span::default()).map(|globs| globs.matching("a/b"));
            assert!(Globs::new(&[&nested(100_000)], Span::default()).is_err());
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let pattern = "*a".repeat(200);
        let globs = Globs::new(&[&pattern], Span::default()).unwrap();
        assert!(globs.matching(&"a".repeat(2000)).is_some());
        assert_eq!(globs.matching(&format!("{}b", "a".repeat(2000))), None);
    }
}
