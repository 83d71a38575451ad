//! `corslint completions SHELL`, `corslint man` and `corslint schema NAME`: what other programs read about this one.

use std::io::Write as _;

use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use corslint::report::schema;
use corslint::words::meant;

use super::Cli;
use super::messages::{complain, print};

/// A schema that is published.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Schema {
    /// What `--format json` prints; a line of `--format jsonl` is one of its findings
    Json,
    /// What `corslint trace --format json` prints
    Trace,
    /// What `corslint rules --format json` and `corslint explain --format json` print
    Rules,
    /// The file of `--baseline`
    Baseline,
}

/// Prints the script with which a shell completes our command line.
pub(super) fn completions(shell: Shell) -> u8 {
    // clap_complete panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "corslint", &mut script);
    print(0, |out| out.write_all(&script))
}

/// Prints the manual page of the program, or of one of its commands.
pub(super) fn man(name: Option<&str>) -> u8 {
    let mut whole = Cli::command();
    whole.build();
    let page = match name {
        None => whole.clone(),
        Some(name) => match whole.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let near = meant(name, whole.get_subcommands().map(clap::Command::get_name));
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                return complain(format_args!("there is no command `{name}`{near}"));
            }
        },
    };
    print(0, |out| clap_mangen::Man::new(page).render(out))
}

/// Prints a JSON schema.
pub(super) fn print_schema(name: Schema) -> u8 {
    let text = match name {
        Schema::Json => schema::JSON,
        Schema::Trace => schema::TRACE,
        Schema::Rules => schema::RULES,
        Schema::Baseline => schema::BASELINE,
    };
    print(0, |out| out.write_all(text.as_bytes()))
}
