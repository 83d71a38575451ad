//! `corslint trace`: what one request of one page gets.

use std::path::PathBuf;

use clap::ValueEnum;
use corslint::cors::verdict::Verdict;
use corslint::nginx::simulate::upstream::AppStatus;
use corslint::report::{self, Format};
use corslint::trace;

use super::input::Input;
use super::messages::{FOUND, INCOMPLETE, complain, print};
use super::values::{app_status, header};
use super::which::NotRun;

const TRACE_EXAMPLES: &str = "\
Example:
  corslint trace --origin https://app.example.com --method PUT \\
    https://api.example.com/items nginx.conf .env.production

Exit code: 0 the page reads the answer, 1 the browser blocks it, 2 it cannot be known or the files cannot \
be read.";

#[derive(Debug, clap::Args)]
#[command(after_help = TRACE_EXAMPLES)]
pub(super) struct TraceArguments {
    /// The URL the page asks for
    url: String,

    /// Files and directories of the deployment; `-` is standard input
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

    /// The status of the app's answer; `down` where there is no answer, and nginx sends its own 502 [default: 200]
    #[arg(long, value_name = "STATUS", value_parser = app_status)]
    app_status: Option<AppStatus>,

    /// A header of the app's answer, in place of what its .env files tell; may be given more than once
    #[arg(long = "app-header", value_name = "NAME: VALUE", value_parser = header)]
    app_headers: Vec<(String, String)>,

    #[command(flatten)]
    input: Input,

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

impl TraceArguments {
    /// Traces the request and gives the exit code: 0 allowed, 1 blocked, 2 not to be known.
    pub(super) fn run(&self) -> u8 {
        let options = match self.options() {
            Ok(options) => options,
            Err(why) => return why.report(),
        };
        let trace = match trace::trace(&options) {
            Ok(trace) => trace,
            Err(error) => return complain(error),
        };
        let code = match (&trace.verdict, trace.not_analysed.is_empty()) {
            (Verdict::Unknown(_), _) | (_, false) => INCOMPLETE,
            (Verdict::Blocked(_), true) => FOUND,
            (Verdict::Allowed, true) => 0,
        };
        print(code, |out| report::write_trace(self.format(), &trace, out))
    }

    /// Returns what is to be traced.
    ///
    /// # Errors
    ///
    /// As for [`Input::read`].
    fn options(&self) -> Result<trace::Options, NotRun> {
        Ok(trace::Options {
            files: self.input.read(&self.paths)?,
            url: self.url.clone(),
            origin: self.origin.clone(),
            method: self.method.clone(),
            headers: self.headers.clone(),
            credentials: self.credentials,
            app_status: self.app_status,
            app_headers: self.app_headers.clone(),
        })
    }

    /// The format asked for.
    fn format(&self) -> Format {
        match self.format {
            TraceFormat::Text => Format::Full,
            TraceFormat::Json => Format::Json,
        }
    }
}
