//! Which files are linted: those that were named, and those a directory's walk recognises.
//!
//! The walk is blind to `.gitignore` on purpose: `.env.production` is most often ignored by git.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::dotenv::syntax::file_name::is_env_file_name;

/// The format that a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// An nginx configuration, or a part of one.
    Nginx,
    /// A .env file.
    Env,
}

/// A file to lint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Candidate {
    /// Its path, as given or found.
    pub path: PathBuf,
    /// The format that it is read as.
    pub kind: FileKind,
    /// True if its name is no proof, so that only its content can tell that it is nginx's.
    pub doubtful: bool,
    /// The directory that was given and walked; none for a file that was named.
    pub walked: Option<PathBuf>,
    /// True if it may lie anywhere, since it was named; others are left where they lie outside of what was given.
    pub anywhere: bool,
    /// True if the command line says what it is, so that its content has no say.
    pub said: bool,
}

/// Directories that hold no configuration of the project.
const SKIPPED_DIRECTORIES: [&str; 5] = [".git", "node_modules", "target", "vendor", ".venv"];
/// Directories whose files are nginx's.
const NGINX_DIRECTORIES: [&str; 3] = ["nginx", "conf.d", "snippets"];
/// Endings of templates that are filled in to become a configuration.
const TEMPLATE_ENDINGS: [&str; 6] = [".template", ".tmpl", ".ctmpl", ".tpl", ".j2", ".erb"];
/// Endings of files that stand beside configurations and are none.
const FOREIGN_ENDINGS: [&str; 32] = [
    ".md", ".txt", ".rst", ".html", ".htm", ".css", ".js", ".mjs", ".ts", ".json", ".yml", ".yaml", ".toml", ".sh",
    ".py", ".rb", ".php", ".lua", ".go", ".rs", ".pem", ".crt", ".key", ".csr", ".log", ".png", ".svg", ".ico", ".gz",
    ".zip", ".service", ".sql",
];

/// A file that was named: it is always linted, as what its name proves it to be, otherwise as what it is `said` to be.
pub(in crate::engine) fn named(path: &Path, said: Option<FileKind>) -> Candidate {
    let parent = path.parent().unwrap_or(Path::new(""));
    let proven = recognise_name(&name_of(path), parent).filter(|(_, doubtful)| !doubtful).map(|(kind, _)| kind);
    let kind = proven.or(said).unwrap_or(FileKind::Nginx);
    Candidate { path: path.to_owned(), kind, doubtful: false, walked: None, anywhere: true, said: said.is_some() }
}

/// The files under `directory` that are, or may be, to be linted, in byte order of their paths, and the links to nothing that would be. `note` is told what could not be
/// walked; nothing that `is_excluded` is entered. It is asked only about directories and about files that may be linted.
pub(in crate::engine) fn walk(
    directory: &Path,
    mut is_excluded: impl FnMut(&Path) -> bool,
    mut note: impl FnMut(String),
) -> (Vec<Candidate>, Vec<PathBuf>) {
    let walker = WalkDir::new(directory).sort_by_file_name().into_iter();
    let (mut found, mut links) = (Vec::new(), Vec::new());
    let mut is_left = |entry: &DirEntry| {
        let concerns = entry.file_type().is_dir() || recognise(entry, directory).is_some();
        concerns && is_excluded(entry.path())
    };
    for entry in walker.filter_entry(|entry| is_entered(entry) && !is_left(entry)) {
        match entry {
            Ok(entry) if is_link_to_nothing(&entry) => {
                links.extend(entry.path().parent().and_then(|parent| {
                    recognise_name(&name_of(entry.path()), parent).map(|_| below_here(entry.path()))
                }))
            }
            Ok(entry) => found.extend(recognise(&entry, directory)),
            Err(error) => {
                let path = error.path().map(|path| path.display().to_string()).unwrap_or_default();
                note(format!("{path}: cannot be read"));
            }
        }
    }
    (found, links)
}

fn is_link_to_nothing(entry: &DirEntry) -> bool {
    entry.path_is_symlink() && std::fs::metadata(entry.path()).is_err()
}

/// A path as it is shown: nothing for the working directory.
fn below_here(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

fn is_entered(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0 || !entry.file_type().is_dir() || !SKIPPED_DIRECTORIES.contains(&&*name)
}

fn recognise(entry: &DirEntry, directory: &Path) -> Option<Candidate> {
    // `sites-enabled` is full of links to files; links to directories are not followed, so a walk ends.
    let is_file = if entry.path_is_symlink() { entry.path().is_file() } else { entry.file_type().is_file() };
    let name = name_of(entry.path());
    let (kind, doubtful) = is_file.then(|| recognise_name(&name, entry.path().parent()?)).flatten()?;
    Some(Candidate {
        path: below_here(entry.path()),
        kind,
        doubtful,
        walked: Some(directory.to_owned()),
        anywhere: false,
        said: false,
    })
}

/// Returns what a file's name and directory say it is, and whether only its content can tell.
fn recognise_name(name: &str, parent: &Path) -> Option<(FileKind, bool)> {
    if is_env_file_name(name) {
        return Some((FileKind::Env, false));
    }
    let lower = name.to_ascii_lowercase();
    let plain = TEMPLATE_ENDINGS.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    if (plain.starts_with("nginx") && plain.ends_with(".conf"))
        || plain.ends_with(".nginx")
        || plain.ends_with(".vhost")
    {
        return Some((FileKind::Nginx, false));
    }
    let foreign = name.starts_with('.') || FOREIGN_ENDINGS.iter().any(|ending| plain.ends_with(ending));
    let of_nginx = parent.components().any(|component| {
        let component = component.as_os_str().to_string_lossy();
        NGINX_DIRECTORIES.contains(&&*component) || component.starts_with("sites-")
    });
    (!foreign && (of_nginx || plain.ends_with(".conf"))).then_some((FileKind::Nginx, true))
}

/// A path's last component; bytes that are not UTF-8 are replaced.
pub(in crate::engine) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_file_is() {
        let nginx = |doubtful| Some((FileKind::Nginx, doubtful));
        for (path, expected) in [
            ("nginx.conf", nginx(false)),
            ("deploy/nginx-prod.conf", nginx(false)),
            ("nginx.conf.template", nginx(false)),
            ("nginx.conf.j2", nginx(false)),
            ("nginx.conf.ctmpl", nginx(false)),
            ("app.nginx", nginx(false)),
            ("old.vhost", nginx(false)),
            ("nginx/default", nginx(true)),
            ("conf.d/app.conf", nginx(true)),
            ("sites-available/default", nginx(true)),
            ("snippets/cors.inc", nginx(true)),
            ("conf.d/default.conf.template", nginx(true)),
            ("httpd/app.conf", nginx(true)),
            ("nginx/README.md", None),
            ("nginx/Dockerfile.sh", None),
            ("conf.d/.gitkeep", None),
            ("src/main.rs", None),
            (".env", Some((FileKind::Env, false))),
            (".env.production", Some((FileKind::Env, false))),
            ("prod.env", Some((FileKind::Env, false))),
            (".envrc", None),
        ] {
            let path = Path::new(path);
            let parent = path.parent().unwrap_or(Path::new(""));
            assert_eq!(recognise_name(&name_of(path), parent), expected, "{}", path.display());
        }
    }
}
