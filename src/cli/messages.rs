//! The end of every command: standard output, standard error, the exit code.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, Write};

use corslint::report::visible;
use corslint::source::reason;

/// Findings at or above `--fail-on`.
pub(super) const FOUND: u8 = 1;
/// Wrong usage, unreadable input, or a part that was not analysed; it outdoes [`FOUND`].
pub(super) const INCOMPLETE: u8 = 2;

/// Writes to standard output and gives `code`; a reader that went away, as in `corslint | head`, changes nothing.
pub(super) fn print(code: u8, write: impl FnOnce(&mut BufWriter<io::StdoutLock<'_>>) -> io::Result<()>) -> u8 {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => code,
        Err(error) => complain(format_args!("standard output: {}", reason(&error))),
    }
}

/// Tells on standard error why nothing could be done.
pub(super) fn complain(why: impl Display) -> u8 {
    note(why);
    INCOMPLETE
}

/// Writes a line to standard error. Where it cannot be read, nothing more can be done.
pub(super) fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "corslint: {}", visible(&text.to_string()));
}
