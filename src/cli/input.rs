//! The input: files, directories, standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use corslint::engine;
use corslint::engine::FileKind;
use corslint::engine::Overlay;
use corslint::source::{MAX_FILE_BYTES, reason};

use super::values::ContextName;
use super::which::{NotRun, Which};

/// How standard input is called where nothing says which file it stands for.
const STDIN: &str = "<stdin>";

#[derive(Debug, clap::Args)]
pub(super) struct Input {
    /// The file that `-` stands for: its includes, and the other paths, are looked for from there
    #[arg(long, value_name = "PATH")]
    stdin_filename: Option<PathBuf>,

    /// What the named files and `-` are, where their names do not tell [default: nginx; for `-` as its content implies]
    #[arg(long, value_enum)]
    kind: Option<KindName>,

    /// The directory that holds the production machine's files, for includes like /etc/nginx/conf.d/*.conf
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,

    /// Where a file that is only part of a configuration gets included [default: as its content implies]
    #[arg(long, value_enum)]
    pub(super) context: Option<ContextName>,

    #[command(flatten)]
    pub(super) which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindName {
    /// An nginx configuration, or a part of one
    Nginx,
    /// A .env file
    Env,
}

impl KindName {
    fn kind(self) -> FileKind {
        match self {
            KindName::Nginx => FileKind::Nginx,
            KindName::Env => FileKind::Env,
        }
    }
}

fn is_stdin(path: &PathBuf) -> bool {
    path == Path::new("-")
}

impl Input {
    /// The path that standard input stands for, if it is one of `paths`.
    pub(super) fn stdin(&self, paths: &[PathBuf]) -> Option<&Path> {
        let path = self.stdin_filename.as_deref().unwrap_or(Path::new(STDIN));
        paths.iter().any(is_stdin).then_some(path)
    }

    /// Returns what the engine is to read, with the bytes of standard input where a path is `-`.
    ///
    /// # Errors
    ///
    /// `--stdin-filename` without `-`; standard input that cannot be read, is too large, or is of no kind that shows;
    /// settings that cannot be read or understood.
    pub(super) fn read(&self, paths: &[PathBuf]) -> Result<engine::Options, NotRun> {
        let mut options = engine::Options {
            paths: paths.to_vec(),
            root: self.root.clone(),
            context: self.context.map(ContextName::context),
            kind: self.kind.map(KindName::kind),
            ..engine::Options::default()
        };
        let Some(path) = self.stdin(paths) else {
            if self.stdin_filename.is_some() {
                let why = "--stdin-filename names what is read from `-`; give that path, too";
                return Err(NotRun::Usage(why.to_owned()));
            }
            options.settings = self.which.settings(paths)?;
            return Ok(options);
        };
        options.overlay = stdin(path, options.kind, self.stdin_filename.is_none())?;
        for stands in options.paths.iter_mut().filter(|path| is_stdin(path)) {
            path.clone_into(stands);
        }
        options.settings = self.which.settings(&options.paths)?;
        Ok(options)
    }
}

/// Standard input, in place of the file at `path`.
fn stdin(path: &Path, said: Option<FileKind>, is_nameless: bool) -> Result<Overlay, String> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input: {}", reason(&error)))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("standard input: larger than {MAX_FILE_BYTES} bytes"));
    }
    let kind = match said {
        None if is_nameless => Some(engine::kind_of(&bytes).ok_or_else(|| {
            "standard input reads like neither nginx nor .env; say which with --kind or --stdin-filename".to_owned()
        })?),
        said => said,
    };
    let mut overlay = Overlay::default();
    overlay.set(path, bytes, kind);
    Ok(overlay)
}
