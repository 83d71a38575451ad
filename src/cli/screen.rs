//! The abilities of standard output: its width, colors, and characters.

use std::env;
use std::io::{self, IsTerminal};

use clap::ValueEnum;
use corslint::report::Screen;

/// Columns of a screen that does not tell its width.
const DEFAULT_COLUMNS: usize = 100;
/// Wider than this, lines are hard to follow.
const MOST_COLUMNS: usize = 120;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR or TERM=dumb is set
    Auto,
    Always,
    Never,
}

/// Returns whether the reader wants nothing drawn: NO_GRAPHICS is set to anything but nothing or 0.
pub(super) fn wants_no_graphics() -> bool {
    Environment::read().no_graphics
}

/// Returns what a file can show: everything, and no colours.
pub(super) fn plain() -> Screen {
    Screen { colour: false, unicode: true, width: DEFAULT_COLUMNS }
}

/// Returns what standard output can show.
pub(super) fn screen(color: Color) -> Screen {
    let columns = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    of(color, io::stdout().is_terminal(), columns)
}

/// Returns what standard error can show.
pub(super) fn error_screen() -> Screen {
    let columns = terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
    of(Color::Auto, io::stderr().is_terminal(), columns)
}

fn of(color: Color, is_terminal: bool, columns: Option<usize>) -> Screen {
    let settings = Environment::read();
    Screen {
        colour: match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => settings.wants_colour(is_terminal),
        },
        unicode: settings.utf8,
        width: settings.columns.or(columns).unwrap_or(DEFAULT_COLUMNS).clamp(40, MOST_COLUMNS),
    }
}

/// The variables of the environment that describe the screen. Nothing else of it is ever read.
#[derive(Debug, Default)]
struct Environment {
    no_color: bool,
    no_graphics: bool,
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
            no_graphics: !["", "0"].contains(&value("NO_GRAPHICS").as_str()),
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
    use super::*;

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
