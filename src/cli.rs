//! The command line: one file a command, with what can be asked and how it is carried out.

mod baseline;
mod config;
mod documents;
mod explain;
mod fix;
mod input;
mod interrupt;
mod lint;
mod messages;
mod output;
mod progress;
mod screen;
mod trace;
mod values;
mod which;

use std::io::{ErrorKind, Write};

use clap::{Parser, Subcommand};

use clap_complete::Shell;
use config::ConfigCommand;
use corslint::report::visible;
use corslint::source::reason;
use documents::Schema;
use explain::{ExplainArguments, RulesArguments};
use fix::FixArguments;
use lint::Lint;
use trace::TraceArguments;

const EXAMPLES: &str = "\
Examples:
  corslint                             everything below the working directory
  corslint nginx.conf .env.production  these two together
  corslint fix --diff deploy/          what can be mended without a doubt
  corslint explain missing-always      what a finding is about

Findings go to standard output, everything else to standard error.
Exit code: 0 nothing to complain about, 1 findings, 2 not everything could be linted.";

/// Finds CORS faults in nginx configurations and .env files before they reach production
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    lint: Lint,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explain a rule: what is wrong, why it matters, what to write instead
    Explain(ExplainArguments),
    /// List every rule
    Rules(RulesArguments),
    /// Show what a page's request gets: each answer with the lines that make it, and the browser's verdict
    Trace(Box<TraceArguments>),
    /// Show the settings that hold, or write a file of them
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Fix what can be fixed without a doubt, and show what is left
    Fix(Box<FixArguments>),
    /// Print the script with which a shell completes this command line
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or that of a command: corslint man | man -l -
    Man {
        /// The command; the page of the program itself without it
        command: Option<String>,
    },
    /// Print the JSON schema of what programs read
    Schema {
        /// What is read
        name: Schema,
    },
}

/// The names of all commands.
fn command_names() -> Vec<String> {
    <Cli as clap::CommandFactory>::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

impl Cli {
    /// Returns what is asked. Where that makes no sense clap says so and ends the process; what it repeats of the arguments is made
    /// visible first, since a terminal would obey it.
    pub(crate) fn read() -> Self {
        Cli::try_parse().unwrap_or_else(|error| {
            let shown = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()).into_owned());
            match Cli::try_parse_from(shown) {
                Err(shown) => end(&shown),
                // Bytes that are no text, which clap does not repeat.
                Ok(_) => end(&error),
            }
        })
    }

    /// Carries out what was asked, and gives the exit code.
    pub(crate) fn run(&self) -> u8 {
        match &self.command {
            None => self.lint.run(),
            Some(Command::Explain(arguments)) => arguments.run(),
            Some(Command::Rules(arguments)) => arguments.run(),
            Some(Command::Trace(arguments)) => arguments.run(),
            Some(Command::Config(config)) => config.run(),
            Some(Command::Fix(arguments)) => arguments.run(),
            Some(Command::Completions { shell }) => documents::completions(*shell),
            Some(Command::Man { command }) => documents::man(command.as_deref()),
            Some(Command::Schema { name }) => documents::print_schema(*name),
        }
    }
}

/// Prints what clap has to say, which may be the help that was asked for, and ends the process.
fn end(said: &clap::Error) -> ! {
    let written = said.print().and_then(|()| std::io::stdout().flush());
    std::process::exit(match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => i32::from(messages::complain(reason(&error))),
        _ => said.exit_code(),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_path_with_the_name_of_a_command_can_be_linted() {
        let paths = |arguments: &[&str]| {
            let cli = Cli::try_parse_from([&["corslint"], arguments].concat()).unwrap();
            cli.command
                .is_none()
                .then(|| cli.lint.paths().iter().map(|path| path.display().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(paths(&[]), Some(vec![".".to_owned()]));
        assert_eq!(paths(&["rules"]), None);
        assert_eq!(paths(&["--", "rules"]), Some(vec!["rules".to_owned()]));
        assert_eq!(paths(&["./rules"]), Some(vec!["./rules".to_owned()]));
        assert_eq!(paths(&["nginx.conf", "rules"]), Some(vec!["nginx.conf".to_owned(), "rules".to_owned()]));
        assert_eq!(paths(&["./help", "rulez"]), Some(vec!["./help".to_owned(), "rulez".to_owned()]));
    }
}
