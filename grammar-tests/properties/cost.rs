//! How much work an input may cost.

use std::time::Duration;

/// What any input may take, however small: page faults and a busy machine included.
const BASE: Duration = Duration::from_millis(500);
/// What each byte may take on top. Reading takes well under a microsecond; this is for debug builds with sanitizers,
/// and it still tells linear from quadratic at a few kilobytes.
const PER_BYTE: Duration = Duration::from_micros(100);

/// How many steps of the model an input of `bytes` bytes may take: no clock, so that it is the same wherever it is counted.
pub fn steps(bytes: usize) -> u64 {
    20_000 + 1_000 * u64::try_from(bytes).unwrap_or(u64::MAX / 1_000_000)
}

/// Runs `work` on an input of `bytes` bytes and asserts that its cost is linear in them.
pub fn bounded<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let start = on_cpu();
    let done = work();
    if let (Some(start), Some(end)) = (start, on_cpu()) {
        let allowed = BASE + PER_BYTE * u32::try_from(bytes).unwrap_or(u32::MAX);
        assert!(end - start <= allowed, "{bytes} bytes take {:?}", end - start);
    }
    done
}

/// How long this thread was on a processor, however busy the machine is; none where the system does not tell.
fn on_cpu() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split_whitespace().next()?.parse().ok()?))
}
