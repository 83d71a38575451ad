//! In which format, and where to, a run is told.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use corslint::report::Format;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FormatName {
    /// Every finding with the lines it is about
    Full,
    /// One line a finding
    Concise,
    /// One JSON object
    Json,
}

impl FormatName {
    /// The format of that name.
    pub(super) fn format(self) -> Format {
        match self {
            FormatName::Full => Format::Full,
            FormatName::Concise => Format::Concise,
            FormatName::Json => Format::Json,
        }
    }
}

/// The format that suits where standard output goes.
pub(super) fn default() -> Format {
    if io::stdout().is_terminal() { Format::Full } else { Format::Concise }
}
