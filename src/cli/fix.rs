//! `corslint fix [PATH]...`: fix, write, and tell what is left.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use corslint::engine::Overlay;
use corslint::engine::real;
use corslint::finding::Mended;
use corslint::fix::{self, Fixed};
use corslint::replace::clean_up;
use corslint::report;
use corslint::settings::Settings;

use super::interrupt;
use super::lint::Lint;
use super::messages::{FOUND, INCOMPLETE, complain, note, print};

const FIX_EXAMPLES: &str = "\
Examples:
  corslint fix --diff deploy/           show what would change
  corslint fix deploy/                  change it
  corslint fix - <nginx.conf >new.conf  write it elsewhere

Every fix is checked: its fault is gone, no other error or warning has come, and every request gets the answer it got \
before, but for what the fix is for (with --unsafe only the first two). Files are replaced whole or not at all.

Exit code: 0 nothing left to complain about, 1 findings left, 2 not everything could be linted or written. \
With --diff: 0 nothing would change, 1 something would.";

#[derive(Debug, clap::Args)]
#[command(after_help = FIX_EXAMPLES)]
pub(super) struct FixArguments {
    /// Print what would change as a unified diff, and change nothing
    #[arg(long, conflicts_with_all = ["format", "outputs", "max_findings", "write_baseline"])]
    diff: bool,

    /// Make those fixes, too, that change what is allowed: look at each of them
    #[arg(long = "unsafe")]
    with_unsafe: bool,

    #[command(flatten)]
    lint: Lint,
}

impl FixArguments {
    /// Fixes, writes, tells, and gives the exit code.
    pub(super) fn run(&self) -> u8 {
        let files = match self.lint.options() {
            Ok(files) => files,
            Err(why) => return why.report(),
        };
        let (stdin, overlay, settings) = (self.lint.stdin(), files.overlay.clone(), files.settings.clone());
        if stdin.is_some() && self.lint.asks_for_standard_output() {
            return complain("standard output gets the fixed text; write a format to a file: --output FORMAT=PATH");
        }
        let only = stdin.map(Path::to_owned);
        interrupt::remove_files();
        let mut fixed = match fix::fix(&fix::Options { files, with_unsafe: self.with_unsafe, only }) {
            Ok(fixed) => fixed,
            Err(error) => return complain(error),
        };
        if !self.lint.is_quiet() {
            fixed.left.iter().for_each(note);
        }
        match stdin {
            _ if self.diff => self.show(&fixed),
            Some(path) => self.print(&mut fixed, path, &overlay, &settings),
            None => self.write(&mut fixed, &settings),
        }
    }

    /// Prints what would change.
    fn show(&self, fixed: &Fixed) -> u8 {
        let code = match (fixed.outcome.not_analysed.is_empty(), fixed.files.is_empty()) {
            (false, _) => INCOMPLETE,
            (true, false) => FOUND,
            (true, true) => 0,
        };
        self.say(fixed, "would fix");
        print(code, |out| report::write_diff(&fixed.files, io::stdout().is_terminal(), out))
    }

    /// Prints the text of standard input with its fixes; what is left goes to standard error.
    fn print(&self, fixed: &mut Fixed, path: &Path, overlay: &Overlay, settings: &Settings) -> u8 {
        let path = real(path);
        let changed = fixed.files.iter().find(|file| file.real == path).map(|file| &file.after[..]);
        let text = changed.or(overlay.bytes(&path)).unwrap_or_default();
        let code = self.lint.tell_aside(settings, &mut fixed.outcome);
        print(code, |out| out.write_all(text))
    }

    /// Replaces the files that change.
    fn write(&self, fixed: &mut Fixed, settings: &Settings) -> u8 {
        fixed.directories().into_iter().for_each(clean_up);
        if let Err(errors) = fix::write(&fixed.files) {
            errors.iter().for_each(note);
            return INCOMPLETE;
        }
        self.say(fixed, "fixed");
        self.lint.write_outcome(settings, &mut fixed.outcome)
    }

    fn say(&self, fixed: &Fixed, verb: &str) {
        let plural =
            |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
        let mended = fixed.mended();
        if self.lint.is_verbose() {
            for Mended { path, position, rule, message, .. } in mended {
                note(format_args!("{verb} {path}:{}:{}: {rule}: {message}", position.line, position.column));
            }
        }
        if !mended.is_empty() && !self.lint.is_quiet() {
            note(format_args!("{verb} {} in {}", plural(mended.len(), "fault"), plural(fixed.files.len(), "file")));
        }
    }
}
