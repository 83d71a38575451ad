//! `--config` and `--isolated`: which settings hold, and what is told where none can be read.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use corslint::report;
use corslint::settings::{self, Error, NearestSettings, Settings};

use super::messages::{INCOMPLETE, note};
use super::screen;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Which {
    /// The settings file [default: the nearest corslint.toml or .corslint.toml, up to the repository's root]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Use no settings file
    #[arg(long, conflicts_with = "config")]
    pub(super) isolated: bool,
}

/// Why nothing could be done.
pub(super) enum NotRun {
    /// What was asked makes no sense.
    Usage(String),
    /// The settings cannot be read or understood.
    Settings(Error),
}

impl From<String> for NotRun {
    fn from(why: String) -> Self {
        NotRun::Usage(why)
    }
}

impl From<Error> for NotRun {
    fn from(error: Error) -> Self {
        NotRun::Settings(error)
    }
}

impl NotRun {
    /// Tells it on standard error, with the lines of the settings that are at fault, and gives the exit code.
    pub(super) fn report(self) -> u8 {
        match self {
            NotRun::Usage(why) => note(why),
            // Where it cannot be read, nothing more can be done.
            NotRun::Settings(Error::Invalid(invalid)) => {
                let _ = report::write_invalid_settings(screen::error_screen(), *invalid, &mut io::stderr());
            }
            NotRun::Settings(error) => note(error),
        }
        INCOMPLETE
    }
}

impl Which {
    /// The settings for a deployment of these paths.
    pub(super) fn settings(&self, paths: &[PathBuf]) -> Result<Arc<Settings>, Error> {
        let path = match &self.config {
            Some(path) => Some(path.clone()),
            None if self.isolated => None,
            None => match settings::nearest_settings(paths)? {
                NearestSettings::Found(path) => Some(path),
                NearestSettings::NotObeyed(path, why) => {
                    note(format_args!("{path}: not used, {why}; to use it, give it with --config"));
                    None
                }
                NearestSettings::Nothing => None,
            },
        };
        path.map_or(Ok(Settings::default()), |path| settings::load(&path)).map(Arc::new)
    }
}
