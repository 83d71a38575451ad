//! In which formats, and where to, a run is told.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use corslint::engine::Outcome;
use corslint::engine::real;
use corslint::replace::{make_directory, replace};
use corslint::report::{self, Format, View};
use corslint::words::meant;

use super::interrupt;
use super::messages::{complain, print};
use super::screen::{self, Color};

/// How many findings a terminal shows unless more are asked for.
const MOST_ON_A_TERMINAL: usize = 200;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArguments {
    /// How findings are shown on standard output [default: full on a terminal, else concise]
    #[arg(long, value_parser = formats())]
    format: Option<Format>,

    /// Write a format to a file, or without a PATH to standard output; may be given more than once
    ///
    /// Standard output gets its own format all the same. A file is replaced in one step, once it is complete; directories that are
    /// missing are made.
    #[arg(long = "output", value_name = "FORMAT[=PATH]")]
    outputs: Vec<Output>,

    /// How many findings are shown to people, or `all` [default: 200 on a terminal, else all]
    ///
    /// Of more, the worst are shown. Formats for programs hold every finding.
    #[arg(long, value_name = "N", value_parser = read_max_findings)]
    max_findings: Option<MaxFindings>,

    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

/// The formats by their names.
fn formats() -> impl TypedValueParser<Value = Format> {
    let names = Format::ALL.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(names).try_map(|name| Format::from_name(&name).ok_or("it is no format"))
}

/// A format and its file; none for standard output.
#[derive(Debug, Clone)]
struct Output {
    format: Format,
    path: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = text.split_once('=').map_or((text, None), |(name, path)| (name, Some(path)));
        let unknown = || {
            let names = || Format::ALL.map(Format::name);
            meant(name, names()).map_or_else(
                || format!("the formats are {}", names().join(", ")),
                |near| format!("a similar format exists: '{near}'"),
            )
        };
        let format = Format::from_name(name).ok_or_else(unknown)?;
        if path == Some("") {
            return Err("a path is missing after `=`".to_owned());
        }
        Ok(Output { format, path: path.filter(|path| *path != "-").map(PathBuf::from) })
    }
}

/// A number of findings, or all.
#[derive(Debug, Clone, Copy)]
enum MaxFindings {
    All,
    Number(usize),
}

fn read_max_findings(text: &str) -> Result<MaxFindings, String> {
    match text {
        "all" => Ok(MaxFindings::All),
        _ => text.parse().map(MaxFindings::Number).map_err(|_| "it is a number or `all`".to_owned()),
    }
}

/// Where a run is told: files, and one format on standard output.
#[derive(Debug)]
pub(super) struct Outputs<'a> {
    files: Vec<(Format, &'a Path)>,
    standard: Format,
    is_standard_asked: bool,
    color: Color,
    most: Option<MaxFindings>,
}

impl OutputArguments {
    /// Where the run is to be told.
    ///
    /// # Errors
    ///
    /// Why that cannot be: two formats for one place.
    pub(super) fn outputs(&self) -> Result<Outputs<'_>, String> {
        let mut asked: Vec<Format> = self.format.into_iter().collect();
        let mut files: Vec<(Format, &Path)> = Vec::new();
        for output in &self.outputs {
            match &output.path {
                None => asked.push(output.format),
                Some(path) if files.iter().any(|(_, other)| real(other) == real(path)) => {
                    return Err(format!("two outputs are to be written to {}", path.display()));
                }
                Some(path) => files.push((output.format, path)),
            }
        }
        let standard = match asked.as_slice() {
            [] => default(),
            [one] => *one,
            _ => {
                let why = "two formats are to go to standard output; write one to a file: --output FORMAT=PATH";
                return Err(why.to_owned());
            }
        };
        let is_standard_asked = !asked.is_empty();
        Ok(Outputs { files, standard, is_standard_asked, color: self.color, most: self.max_findings })
    }
}

/// The format that suits where standard output goes.
fn default() -> Format {
    match (io::stdout().is_terminal(), screen::wants_no_graphics()) {
        (true, true) => Format::Narrated,
        (true, false) => Format::Full,
        (false, _) => Format::Concise,
    }
}

impl Outputs<'_> {
    /// The format that standard output gets.
    pub(super) fn standard(&self) -> Format {
        self.standard
    }

    /// Returns whether that format was asked for.
    pub(super) fn is_standard_asked(&self) -> bool {
        self.is_standard_asked
    }

    /// Writes the files, and to standard output if `speak` is set. Gives `code`, or 2 where something could not be written.
    pub(super) fn write(&self, outcome: &Outcome, code: u8, speak: bool) -> u8 {
        let mut exit = code;
        if !self.files.is_empty() {
            interrupt::remove_files();
        }
        for (format, path) in &self.files {
            let view = View { screen: screen::plain(), most: None, exit_code: code };
            let may_be = make_directory(path).and_then(|()| outcome.refuse_to_overwrite(path));
            let write = |()| replace(path, |out| report::write(*format, view, outcome, out));
            if let Err(why) = may_be.and_then(write) {
                exit = complain(format_args!("{}: not written, {why}", path.display()));
            }
        }
        if !speak {
            return exit;
        }
        let on_terminal = self.standard != Format::Concise && io::stdout().is_terminal();
        let most = match self.most {
            Some(MaxFindings::All) => None,
            Some(MaxFindings::Number(number)) => Some(number),
            None => on_terminal.then_some(MOST_ON_A_TERMINAL),
        };
        let view = View { screen: screen::screen(self.color), most, exit_code: code };
        print(exit, |out| report::write(self.standard, view, outcome, out))
    }
}
