//! `corslint [PATH]...`: lint, tell, and give the exit code.

use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use corslint::engine;
use corslint::engine::Outcome;
use corslint::finding::Severity;
use corslint::report::{self, Format, View};
use corslint::settings::{FailOn, Settings};
use corslint::words;

use super::baseline::BaselineArguments;
use super::explain;
use super::input::Input;
use super::messages::{FOUND, INCOMPLETE, complain, note};
use super::output::OutputArguments;
use super::progress;
use super::screen;
use super::values::version;
use super::which::NotRun;

#[derive(Debug, clap::Args)]
pub(super) struct Lint {
    /// Files and directories to lint together as one deployment
    ///
    /// Directories are searched for nginx configurations and .env files; a file is always linted, whatever its name.
    /// `-` is standard input.
    /// A path that is also a command is written ./rules.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(super) fail_on: Option<FailOnName>,

    #[command(flatten)]
    pub(super) input: Input,

    /// The nginx that will read the files, such as 1.22.1; findings that depend on it are told only where they hold
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) nginx_version: Option<(u32, u32, u32)>,

    /// Ask only this rule; may be given more than once
    #[arg(long = "rule", value_name = "RULE")]
    pub(super) rules: Vec<String>,

    /// Tell on standard error which files were read, and why; with `fix`, every fault that is mended
    #[arg(short, long)]
    verbose: bool,

    /// Print nothing where there are no findings
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    #[command(flatten)]
    output: OutputArguments,

    #[command(flatten)]
    baseline: BaselineArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FailOnName {
    Error,
    Warning,
    Advice,
    /// Findings never fail the run
    Never,
}

impl From<FailOnName> for FailOn {
    fn from(given: FailOnName) -> Self {
        match given {
            FailOnName::Error => FailOn::At(Severity::Error),
            FailOnName::Warning => FailOn::At(Severity::Warning),
            FailOnName::Advice => FailOn::At(Severity::Advice),
            FailOnName::Never => FailOn::Never,
        }
    }
}

impl Lint {
    /// Lints, tells, and gives the exit code.
    pub(super) fn run(&self) -> u8 {
        let options = match self.options() {
            Ok(options) => options,
            Err(why) => return why.report(),
        };
        let mut outcome = match progress::during(|| engine::lint(&options)) {
            Ok(outcome) => outcome,
            Err(error) => return complain(format_args!("{error}{}", self.meant())),
        };
        let code = self.write_outcome(&options.settings, &mut outcome);
        self.offer_fixes(&outcome);
        code
    }

    /// Takes out what is known, tells what was found, and gives the exit code.
    pub(super) fn write_outcome(&self, settings: &Settings, outcome: &mut Outcome) -> u8 {
        if let Err(why) = self.baseline.apply(outcome, &self.rules, self.quiet) {
            return complain(why);
        }
        if self.verbose {
            outcome.notes.iter().for_each(note);
        }
        if !self.quiet {
            outcome.idle_settings.iter().for_each(note);
        }
        if outcome.files == 0 && outcome.not_analysed.is_empty() && !self.quiet {
            note("nothing to lint: no nginx configuration and no .env file");
        }
        let outputs = match self.output.outputs() {
            Ok(outputs) => outputs,
            Err(why) => return complain(why),
        };
        let format = outputs.standard();
        let speak = !self.quiet || !outcome.findings.is_empty() || !format.is_for_people();
        if !speak || !format.tells_not_analysed() {
            outcome.not_analysed.iter().for_each(|path| note(format!("not analysed, or not wholly: {path}")));
        }
        outputs.write(outcome, self.code(settings, outcome), speak)
    }

    /// The same where standard output holds something else: a line a finding goes to standard error.
    pub(super) fn tell_aside(&self, settings: &Settings, outcome: &mut Outcome) -> u8 {
        let outputs = match self.baseline.apply(outcome, &self.rules, self.quiet).and_then(|()| self.output.outputs()) {
            Ok(outputs) => outputs,
            Err(why) => return complain(why),
        };
        if !outcome.findings.is_empty() {
            let view = View { screen: screen::error_screen(), most: None, exit_code: 0 };
            _ = report::write(Format::Concise, view, outcome, &mut io::stderr().lock());
        }
        outputs.write(outcome, self.code(settings, outcome), false)
    }

    /// Returns whether a format is to go to standard output.
    pub(super) fn asks_for_standard_output(&self) -> bool {
        self.output.outputs().is_ok_and(|outputs| outputs.is_standard_asked())
    }

    fn code(&self, settings: &Settings, outcome: &Outcome) -> u8 {
        match (outcome.not_analysed.is_empty(), self.fails(settings, outcome)) {
            (false, _) => INCOMPLETE,
            (true, true) => FOUND,
            (true, false) => 0,
        }
    }

    /// Says on standard error how many findings `corslint fix` takes away; programs see it in every finding.
    fn offer_fixes(&self, outcome: &Outcome) {
        let fixes = || outcome.findings.iter().filter_map(|finding| finding.fix.as_ref());
        let (safe, all) = (fixes().filter(|fix| fix.safe).count(), fixes().count());
        let is_read = self.output.outputs().is_ok_and(|outputs| outputs.standard().is_for_people());
        if all > 0 && is_read && !self.quiet {
            let more = if all > safe { format!(", {} more with --unsafe", all - safe) } else { String::new() };
            note(format_args!("{safe} fixable with `corslint fix`{more}"));
        }
    }

    /// The file that standard input stands for, if it is read.
    pub(super) fn stdin(&self) -> Option<&Path> {
        self.input.stdin(&self.paths)
    }

    /// Returns whether everything is wanted.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Returns whether nothing but findings is wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The paths as given.
    #[cfg(test)]
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Returns what the engine is asked.
    ///
    /// # Errors
    ///
    /// A rule that does not exist, two formats for one place, a baseline that cannot be read, and as for [`Input::read`].
    pub(super) fn options(&self) -> Result<engine::Options, NotRun> {
        if let Some(id) = self.unknown_rule() {
            return Err(NotRun::Usage(explain::unknown(id)));
        }
        // Before anything is read or written.
        self.output.outputs()?;
        self.baseline.read()?;
        let files = self.input.read(&self.paths)?;
        Ok(engine::Options { nginx_version: self.nginx_version, rules: self.rules.clone(), ..files })
    }

    /// The command that somebody meant who gave one word that is no path.
    fn meant(&self) -> String {
        let [path] = self.paths.as_slice() else { return String::new() };
        let word = path.to_str().filter(|word| !path.exists() && word.chars().all(|c| c.is_ascii_lowercase()));
        let near = word.and_then(|word| words::meant(word, super::command_names()));
        near.map_or_else(String::new, |near| format!("; did you mean the command `{near}`?"))
    }

    /// The first rule asked for that does not exist.
    fn unknown_rule(&self) -> Option<&str> {
        self.rules.iter().map(String::as_str).find(|id| explain::rule(id).is_none())
    }

    /// Returns whether a finding makes the run fail.
    fn fails(&self, settings: &Settings, outcome: &Outcome) -> bool {
        let set = settings.fail_on.as_ref().map(|set| set.value);
        match self.fail_on.map(FailOn::from).or(set).unwrap_or(FailOn::At(Severity::Warning)) {
            FailOn::At(least) => outcome.findings.iter().any(|finding| finding.severity >= least),
            FailOn::Never => false,
        }
    }
}
