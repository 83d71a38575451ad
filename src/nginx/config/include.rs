//! Where an `include` leads: nginx's rules (A8.16), carried over to a checkout that is not the production machine.
//!
//! nginx resolves a relative pattern from the directory of its main file. An absolute one names the production
//! machine, whose `/etc/nginx` is most often the checkout itself, so its tail is looked for under the main file's
//! directory; the machine corslint runs on is never asked for its own `/etc/nginx`.

use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use crate::source::FileId;

/// The files of one include pattern, from one main file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Included {
    /// These files, in byte order of their paths; none for a pattern that matches nothing, which nginx allows.
    Files(Vec<FileId>),
    /// A file every distribution ships and that holds no CORS: it need not be in the checkout.
    Stock,
    /// A plain path that is not there.
    Missing,
    /// A name that a template fills in.
    Unknown,
}

/// The files of every include pattern under one main file.
#[derive(Debug, Clone, Default)]
pub struct Includes {
    by_pattern: HashMap<Vec<u8>, Included>,
}

impl Includes {
    /// Returns what the pattern stands for, if it was looked up.
    pub fn get(&self, pattern: &[u8]) -> Option<&Included> {
        self.by_pattern.get(pattern)
    }

    /// Remembers what a pattern stands for.
    pub fn set(&mut self, pattern: &[u8], included: Included) {
        self.by_pattern.insert(pattern.to_vec(), included);
    }
}

/// Returns whether nginx takes the pattern for a glob, which may match nothing (A8.16).
pub fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Returns whether the pattern names a file that comes with nginx, a distribution or certbot and says nothing about CORS.
pub fn is_stock(pattern: &str) -> bool {
    const STOCK: [&str; 13] = [
        "mime.types",
        "fastcgi_params",
        "fastcgi.conf",
        "fastcgi-php.conf",
        "proxy_params",
        "uwsgi_params",
        "scgi_params",
        "koi-utf",
        "koi-win",
        "win-utf",
        "options-ssl-nginx.conf",
        "ssl-dhparams.pem",
        "perl.conf",
    ];
    let name = pattern.rsplit('/').next().unwrap_or(pattern);
    STOCK.contains(&name) || pattern.contains("modules-enabled/") || pattern.contains("/nginx/modules/")
}

/// The paths to try for `pattern`, best first; the first that exists, or for a glob matches something, is meant.
///
/// `bases` are the directories that may be the main file's: one for a main file, and for a fragment its own
/// directory and those above it. `root` stands for `/` of the production machine.
pub fn candidates(pattern: &str, bases: &[PathBuf], root: Option<&Path>) -> Vec<PathBuf> {
    let Some(absolute) = pattern.strip_prefix('/') else {
        return bases.iter().map(|base| base.join(pattern)).collect();
    };
    let mut paths: Vec<PathBuf> = root.map(|root| root.join(absolute)).into_iter().collect();
    for base in bases {
        // A file that was given by its production path is included by its production path.
        if Path::new(pattern).starts_with(base) && base.is_absolute() {
            paths.push(PathBuf::from(pattern));
        }
        paths.extend(tails(absolute).map(|tail| base.join(tail)));
    }
    paths
}

/// The tails of an absolute path that may stand under the main file's directory, longest first.
///
/// A glob's last component alone says too little: `*.conf` would match the main file itself. Directly below
/// the directories nginx is packaged with, it says enough.
fn tails(absolute: &str) -> impl Iterator<Item = &str> {
    const CONFIGURATION_DIRECTORIES: [&str; 5] = [
        "etc/nginx/",
        "usr/local/nginx/conf/",
        "usr/local/openresty/nginx/conf/",
        "usr/local/etc/nginx/",
        "opt/nginx/conf/",
    ];
    let packaged = CONFIGURATION_DIRECTORIES
        .iter()
        .any(|directory| absolute.strip_prefix(directory).is_some_and(|name| !name.contains('/')));
    let starts = std::iter::once(0).chain(absolute.match_indices('/').map(|(slash, _)| slash + 1));
    let tails = starts.map(move |start| &absolute[start..]);
    tails.filter(move |tail| packaged || !is_glob(tail) || tail.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, bases: &[&str], root: Option<&str>, expected: &[&str]) {
        let bases: Vec<PathBuf> = bases.iter().map(PathBuf::from).collect();
        let found = candidates(pattern, &bases, root.map(Path::new));
        assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{pattern}");
    }

    #[test]
    fn a_relative_pattern_starts_at_the_main_file() {
        check("conf.d/*.conf", &["ngx"], None, &["ngx/conf.d/*.conf"]);
        check("snippets/cors.conf", &["a/sites", "a"], None, &["a/sites/snippets/cors.conf", "a/snippets/cors.conf"]);
    }

    #[test]
    fn an_absolute_pattern_is_looked_for_by_its_tail_and_never_on_this_machine() {
        let tails = ["ngx/etc/nginx/conf.d/*.conf", "ngx/nginx/conf.d/*.conf", "ngx/conf.d/*.conf"];
        check("/etc/nginx/conf.d/*.conf", &["ngx"], None, &tails);
        let rooted = ["img/etc/nginx/cors.conf", "etc/nginx/cors.conf", "nginx/cors.conf", "cors.conf"];
        check("/etc/nginx/cors.conf", &[""], Some("img"), &rooted);
    }

    #[test]
    fn a_file_given_by_its_production_path_is_found_there() {
        let paths =
            ["/etc/nginx/a.conf", "/etc/nginx/etc/nginx/a.conf", "/etc/nginx/nginx/a.conf", "/etc/nginx/a.conf"];
        check("/etc/nginx/a.conf", &["/etc/nginx"], None, &paths);
    }

    #[test]
    fn stock_files_are_known_by_name() {
        for pattern in ["/etc/nginx/mime.types", "fastcgi_params", "/etc/letsencrypt/options-ssl-nginx.conf"] {
            assert!(is_stock(pattern), "{pattern}");
        }
        assert!(is_stock("/etc/nginx/modules-enabled/*.conf"));
        assert!(!is_stock("snippets/cors.conf"));
    }
}
