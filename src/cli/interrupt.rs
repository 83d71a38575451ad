//! An interrupted run leaves no file of its own behind.

/// From now on, Ctrl-C or a polite kill removes the files that have not taken their name before it ends the process. A process that is
/// ended otherwise leaves them for the next run, see [`corslint::replace::clean_up`].
#[cfg(unix)]
pub(super) fn remove_files() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    // Where it cannot be asked for, the next run cleans up.
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let _none_comes_after = corslint::replace::abandon();
            _ = emulate_default_handler(signal);
        }
    });
}

#[cfg(not(unix))]
pub(super) fn remove_files() {}
