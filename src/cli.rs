//! The command line: what can be asked, and how the answer is to be shown.

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use corslint::finding::Severity;
use corslint::lint::{self, Outcome};
use corslint::report::{Format, Screen};
use corslint::trace;

/// Columns of a screen that does not tell its width.
const DEFAULT_COLUMNS: usize = 100;
/// Wider than this, lines are hard to follow.
const MOST_COLUMNS: usize = 120;

const EXAMPLES: &str = "\
Examples:
  corslint                              lint everything below the working directory
  corslint nginx.conf .env.production   lint these two together
  corslint explain origin-trailing-slash

Findings go to standard output, everything else to standard error.
Exit code: 0 nothing to complain about, 1 findings, 2 not everything could be linted.";

const TRACE_EXAMPLES: &str = "\
Example:
  corslint trace --origin https://app.example.com --method PUT https://api.example.com/items nginx.conf .env.production

Exit code: 0 the page reads the answer, 1 the browser blocks it, 2 it cannot be known or the files cannot be read.";

/// Finds CORS faults in nginx configurations and .env files before they reach production
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) lint: Lint,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Explain a rule: what is wrong, why it matters, what to write instead
    Explain {
        /// The rule's name, as findings show it in brackets
        rule: String,
    },
    /// List every rule
    Rules,
    /// Show what a page's request gets: each answer with the lines that make it, and the browser's verdict
    Trace(TraceArguments),
}

#[derive(Debug, clap::Args)]
#[command(after_help = TRACE_EXAMPLES)]
pub(crate) struct TraceArguments {
    /// The URL the page asks for
    url: String,

    /// Files and directories of the deployment
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// The page's origin, such as https://app.example.com; `null` for a sandboxed iframe
    #[arg(long)]
    origin: String,

    /// The page's method
    #[arg(long, default_value = "GET")]
    method: String,

    /// A header the page sets; may be given more than once
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// The page asks with credentials: cookies or a login
    #[arg(long)]
    credentials: bool,

    /// The status of the app's answer [default: 200]
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(100..=599))]
    app_status: Option<u16>,

    /// A header of the app's answer, in place of what its .env files tell; may be given more than once
    #[arg(long = "app-header", value_name = "NAME: VALUE", value_parser = header)]
    app_headers: Vec<(String, String)>,

    /// The directory that holds the production machine's files, for includes like /etc/nginx/conf.d/*.conf
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Where a file that is only part of a configuration gets included [default: as its content implies]
    #[arg(long, value_enum)]
    context: Option<ContextName>,

    /// How the trace is shown
    #[arg(long, value_enum, default_value = "text")]
    format: TraceFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TraceFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Splits `Name: value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written `Name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads a version as `nginx -v` prints it; a part left out is 0.
fn version(text: &str) -> Result<(u32, u32, u32), String> {
    let wrong = || "a version is written like 1.22.1".to_owned();
    let parts: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
    match parts.map_err(|_| wrong())?.as_slice() {
        [major, minor] => Ok((*major, *minor, 0)),
        [major, minor, patch] => Ok((*major, *minor, *patch)),
        _ => Err(wrong()),
    }
}

impl TraceArguments {
    /// What is to be traced.
    pub(crate) fn options(&self) -> trace::Options {
        trace::Options {
            files: lint::Options {
                paths: self.paths.clone(),
                root: self.root.clone(),
                context: self.context.map(ContextName::context),
                nginx_version: None,
                rules: Vec::new(),
            },
            url: self.url.clone(),
            origin: self.origin.clone(),
            method: self.method.clone(),
            headers: self.headers.clone(),
            credentials: self.credentials,
            app_status: self.app_status,
            app_headers: self.app_headers.clone(),
        }
    }

    /// The format asked for.
    pub(crate) fn format(&self) -> Format {
        match self.format {
            TraceFormat::Text => Format::Full,
            TraceFormat::Json => Format::Json,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Lint {
    /// Files and directories to lint together as one deployment
    ///
    /// Directories are searched for nginx configurations and .env files; a file is always linted, whatever its name.
    /// A path that is also a command is written ./rules.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// How findings are shown [default: full on a terminal, else concise]
    #[arg(long, value_enum)]
    format: Option<FormatName>,

    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "warning")]
    fail_on: FailOn,

    /// The directory that holds the production machine's files, for includes like /etc/nginx/conf.d/*.conf
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Where a file that is only part of a configuration gets included [default: as its content implies]
    #[arg(long, value_enum)]
    context: Option<ContextName>,

    /// The nginx that will read the files, such as 1.22.1; findings that depend on it are told only where they hold
    #[arg(long, value_name = "VERSION", value_parser = version)]
    nginx_version: Option<(u32, u32, u32)>,

    /// Ask only this rule; may be given more than once
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    color: Color,

    /// Tell on standard error which files were read, and why
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Print nothing where there are no findings
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    /// Every finding with the lines it is about
    Full,
    /// One line a finding
    Concise,
    /// One JSON object
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Advice,
    /// Findings never fail the run
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ContextName {
    Http,
    Server,
    Location,
}

impl ContextName {
    fn context(self) -> lint::Context {
        match self {
            ContextName::Http => lint::Context::Http,
            ContextName::Server => lint::Context::Server,
            ContextName::Location => lint::Context::Location,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR or TERM=dumb is set
    Auto,
    Always,
    Never,
}

impl Lint {
    /// What the engine is asked.
    pub(crate) fn options(&self) -> lint::Options {
        lint::Options {
            paths: self.paths.clone(),
            root: self.root.clone(),
            context: self.context.map(ContextName::context),
            nginx_version: self.nginx_version,
            rules: self.rules.clone(),
        }
    }

    /// The first rule asked for that does not exist.
    pub(crate) fn unknown_rule(&self) -> Option<&str> {
        self.rules.iter().map(String::as_str).find(|id| crate::rule(id).is_none())
    }

    /// The format asked for, or the one that suits where standard output goes.
    pub(crate) fn format(&self) -> Format {
        match self.format {
            Some(FormatName::Full) => Format::Full,
            Some(FormatName::Concise) => Format::Concise,
            Some(FormatName::Json) => Format::Json,
            None if io::stdout().is_terminal() => Format::Full,
            None => Format::Concise,
        }
    }

    /// What standard output can show.
    pub(crate) fn screen(&self) -> Screen {
        let is_terminal = io::stdout().is_terminal();
        let columns = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        let settings = Environment::read();
        Screen {
            colour: match self.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => settings.wants_colour(is_terminal),
            },
            unicode: settings.utf8,
            width: settings.columns.or(columns).unwrap_or(DEFAULT_COLUMNS).clamp(40, MOST_COLUMNS),
        }
    }

    /// Whether a finding makes the run fail.
    pub(crate) fn fails(&self, outcome: &Outcome) -> bool {
        let least = match self.fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Advice => Severity::Advice,
            FailOn::Never => return false,
        };
        outcome.findings.iter().any(|finding| finding.severity >= least)
    }
}

/// What the environment says of the screen. Nothing else of it is ever read.
#[derive(Debug, Default)]
struct Environment {
    no_color: bool,
    force_color: bool,
    dumb: bool,
    utf8: bool,
    columns: Option<usize>,
}

impl Environment {
    fn read() -> Self {
        let value = |name: &str| env::var(name).unwrap_or_default();
        let forced = |name: &str| !["", "0", "false"].contains(&value(name).as_str());
        // The first of the three that is set decides, as setlocale(3) has it.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(value).into_iter().find(|locale| !locale.is_empty());
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        Environment {
            no_color: !value("NO_COLOR").is_empty(),
            force_color: forced("CLICOLOR_FORCE") || forced("FORCE_COLOR"),
            dumb: value("TERM") == "dumb",
            utf8: locale.contains("utf-8") || locale.contains("utf8"),
            columns: value("COLUMNS").parse().ok().filter(|&columns| columns > 0),
        }
    }

    fn wants_colour(&self, is_terminal: bool) -> bool {
        !self.no_color && (self.force_color || (is_terminal && !self.dumb))
    }
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
                .then(|| cli.lint.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(paths(&[]), Some(vec![".".to_owned()]));
        assert_eq!(paths(&["rules"]), None);
        assert_eq!(paths(&["--", "rules"]), Some(vec!["rules".to_owned()]));
        assert_eq!(paths(&["./rules"]), Some(vec!["./rules".to_owned()]));
        assert_eq!(paths(&["nginx.conf", "rules"]), Some(vec!["nginx.conf".to_owned(), "rules".to_owned()]));
        assert_eq!(paths(&["help", "rulez"]), Some(vec!["help".to_owned(), "rulez".to_owned()]));
    }

    #[test]
    fn a_version_is_two_or_three_numbers() {
        for (text, expected) in [
            ("1.22.1", Some((1, 22, 1))),
            ("1.29", Some((1, 29, 0))),
            ("1", None),
            ("1.2.3.4", None),
            ("1.x", None),
            ("nginx/1.22.1", None),
            ("", None),
        ] {
            assert_eq!(version(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn colour_is_for_terminals_and_for_those_who_insist() {
        let colour = |no_color, force_color, dumb, is_terminal| {
            Environment { no_color, force_color, dumb, ..Environment::default() }.wants_colour(is_terminal)
        };
        assert!(colour(false, false, false, true));
        assert!(!colour(false, false, false, false));
        assert!(!colour(false, false, true, true), "a dumb terminal");
        assert!(!colour(true, true, false, true), "NO_COLOR wins");
        assert!(colour(false, true, true, false), "forced into a pipe");
    }
}
