//! Where the repository starts, so that a file has one name from wherever in it corslint is run.

use std::path::{Path, PathBuf};

use crate::trust::{self, absolute};

/// The repository around the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Its root: the nearest directory upward that holds `.git`, or the working directory where none does.
    root: PathBuf,
    /// The working directory.
    working: PathBuf,
}

impl Repository {
    /// Finds it. Without a working directory every path stays as it is given.
    pub fn around_working_directory() -> Self {
        let working = absolute(Path::new(".")).unwrap_or_default();
        let root = trust::repository(&working).unwrap_or_else(|| working.clone());
        Repository { root, working }
    }

    /// Returns whether a file is there, by its path from the root.
    pub fn holds(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The path from the root, `/`-separated, of a path as given; `None` outside of the repository. Links are not followed: a file is
    /// known by the name it was given.
    pub(in crate::engine) fn path(&self, given: &str) -> Option<String> {
        // Most names are plain ones below the root, and there may be very many.
        let is_plain = !given.starts_with('/') && !given.split('/').any(|part| matches!(part, "" | "." | ".."));
        if is_plain && std::path::MAIN_SEPARATOR == '/' && self.working == self.root {
            return Some(given.to_owned());
        }
        let absolute = absolute(&self.working.join(given))?;
        let below = absolute.strip_prefix(&self.root).ok().filter(|below| !below.as_os_str().is_empty())?;
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Some(parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name_wherever_it_is_named_from() {
        let from = |working: &str| Repository { root: "/home/a/repo".into(), working: working.into() };
        for (working, given, expected) in [
            ("/home/a/repo", "nginx.conf", Some("nginx.conf")),
            ("/home/a/repo", "./deploy//nginx.conf", Some("deploy/nginx.conf")),
            ("/home/a/repo/deploy", "nginx.conf", Some("deploy/nginx.conf")),
            ("/home/a/repo/deploy", "../deploy/../.env", Some(".env")),
            ("/home/a/repo/deploy", "/home/a/repo/deploy/nginx.conf", Some("deploy/nginx.conf")),
            ("/home/a/repo", "/etc/nginx/nginx.conf", None),
            ("/home/a/repo", "../other/nginx.conf", None),
            ("/home/a/repo", "../repository/nginx.conf", None),
        ] {
            assert_eq!(from(working).path(given).as_deref(), expected, "{given} from {working}");
        }
    }
}
