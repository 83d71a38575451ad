//! A sign of life on a terminal, where a run takes longer than a second.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long nothing is said.
const SILENCE: Duration = Duration::from_secs(1);
/// How often the line is written again.
const PERIOD: Duration = Duration::from_millis(500);

/// Does the work; if standard error is a terminal and it takes long, a line there says so until it is done.
pub(super) fn during<T>(work: impl FnOnce() -> T) -> T {
    if io::stderr().is_terminal() { beside(&mut io::stderr(), SILENCE, PERIOD, work) } else { work() }
}

fn beside<T>(out: &mut (impl Write + Send), silence: Duration, period: Duration, work: impl FnOnce() -> T) -> T {
    let (working, done) = mpsc::channel::<()>();
    let started = Instant::now();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut wait = silence;
            let mut width = 0;
            // Where the line cannot be read, nothing more can be done.
            while done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let line = format!("corslint: reading and asking, {} s", started.elapsed().as_secs());
                width = line.len();
                let _ = write!(out, "\r{line}").and_then(|()| out.flush());
                wait = period;
            }
            if width > 0 {
                let _ = write!(out, "\r{:width$}\r", "").and_then(|()| out.flush());
            }
        });
        let result = work();
        drop(working);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_work_says_so_and_takes_it_back() {
        let said = |silence: u64| {
            let mut out = Vec::new();
            let work = || thread::sleep(Duration::from_millis(60));
            beside(&mut out, Duration::from_millis(silence), Duration::from_secs(60), work);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(said(60_000), "");
        let line = "corslint: reading and asking, 0 s";
        assert_eq!(said(1), format!("\r{line}\r{}\r", " ".repeat(line.len())));
    }
}
