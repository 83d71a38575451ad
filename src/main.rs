//! The process: arguments in, exit code out.

use std::process::ExitCode;

use crate::cli::Cli;

mod cli;

fn main() -> ExitCode {
    ExitCode::from(Cli::read().run())
}
