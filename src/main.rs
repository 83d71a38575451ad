//! The process: arguments in, exit code out.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use corslint::cors::verdict::Verdict;
use corslint::lint;
use corslint::report::{self, Format, visible};
use corslint::rule::Rule;
use corslint::rules;
use corslint::trace;

use crate::cli::{Cli, Command, Lint, TraceArguments};

mod cli;

/// Findings at or above `--fail-on`.
const FOUND: u8 = 1;
/// Wrong usage, unreadable input, or a part that was not analysed; it outdoes [`FOUND`].
const INCOMPLETE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(match &cli.command {
        None => lint(&cli.lint),
        Some(Command::Explain { rule }) => explain(rule),
        Some(Command::Rules) => list(),
        Some(Command::Trace(arguments)) => trace(arguments),
    })
}

/// Lints, tells, and gives the exit code.
fn lint(arguments: &Lint) -> u8 {
    if let Some(id) = arguments.unknown_rule() {
        return complain(format_args!("there is no rule `{}`; `corslint rules` lists them", visible(id)));
    }
    let outcome = match lint::lint(&arguments.options()) {
        Ok(outcome) => outcome,
        Err(error) => return complain(error),
    };
    if arguments.verbose {
        outcome.notes.iter().for_each(note);
    }
    if outcome.files == 0 && outcome.not_analysed.is_empty() && !arguments.quiet {
        note("nothing to lint: no nginx configuration and no .env file");
    }
    let code = match (outcome.not_analysed.is_empty(), arguments.fails(&outcome)) {
        (false, _) => INCOMPLETE,
        (true, true) => FOUND,
        (true, false) => 0,
    };
    let format = arguments.format();
    if arguments.quiet && outcome.findings.is_empty() && format != Format::Json {
        outcome.not_analysed.iter().for_each(|path| note(format!("not analysed, or not wholly: {path}")));
        return code;
    }
    print(code, |out| report::write(format, arguments.screen(), &outcome, out))
}

/// Traces one request and gives the exit code: 0 allowed, 1 blocked, 2 not to be known.
fn trace(arguments: &TraceArguments) -> u8 {
    let trace = match trace::trace(&arguments.options()) {
        Ok(trace) => trace,
        Err(error) => return complain(error),
    };
    let code = match (&trace.verdict, trace.not_analysed.is_empty()) {
        (Verdict::Unknown(_), _) | (_, false) => INCOMPLETE,
        (Verdict::Blocked(_), true) => FOUND,
        (Verdict::Allowed, true) => 0,
    };
    print(code, |out| report::write_trace(arguments.format(), &trace, out))
}

/// Prints what a rule is about.
fn explain(id: &str) -> u8 {
    let Some(rule) = rule(id) else {
        return complain(format_args!("there is no rule `{}`; `corslint rules` lists them", visible(id)));
    };
    print(0, |out| {
        writeln!(out, "{} ({}, since {})\n", rule.id, rule.severity.word(), rule.since)?;
        writeln!(out, "{}", rule.documentation().trim_end())?;
        if !rule.references.is_empty() {
            writeln!(out, "\n## References\n")?;
        }
        rule.references.iter().try_for_each(|reference| writeln!(out, "- {reference}"))
    })
}

/// Prints every rule on one line.
fn list() -> u8 {
    let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    print(0, |out| {
        rules::ALL
            .iter()
            .try_for_each(|rule| writeln!(out, "{:width$}  {:8} {}", rule.id, rule.severity.word(), rule.summary()))
    })
}

/// The rule of that name.
fn rule(id: &str) -> Option<&'static Rule> {
    rules::ALL.iter().find(|rule| rule.id == id).copied()
}

/// Writes to standard output and gives `code`; a reader that went away, as in `corslint | head`, changes nothing.
fn print(code: u8, write: impl FnOnce(&mut BufWriter<io::StdoutLock<'_>>) -> io::Result<()>) -> u8 {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => code,
        Err(error) => complain(format_args!("standard output: {error}")),
    }
}

/// Tells on standard error why nothing could be done.
fn complain(why: impl Display) -> u8 {
    note(why);
    INCOMPLETE
}

/// Writes a line to standard error. Where nobody can read it, nothing more can be done.
fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "corslint: {}", visible(&text.to_string()));
}
