//! Work that all processors share, its results in the order of what was asked.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// Returns what `work` makes of each item, in their order. Processors take the items in runs of `run` at a time, whoever is free the next one;
/// with a single run, or a single processor, no thread is started.
///
/// # Panics
///
/// `work` does.
pub fn map<T: Sync, R: Send>(items: &[T], run: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let helpers = match items.len().div_ceil(run.max(1)) {
        0 | 1 => 0,
        several => processors().min(several) - 1,
    };
    if helpers == 0 {
        return items.iter().map(work).collect();
    }
    let runs: Vec<&[T]> = items.chunks(run.max(1)).collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(runs.len()));
    let take_runs = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = runs.get(at) else { break };
            let results: Vec<R> = run.iter().map(&work).collect();
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, results));
        }
    };
    thread::scope(|scope| {
        // Where the system has no thread to give, those that are there do the work.
        (0..helpers).for_each(|_| _ = thread::Builder::new().spawn_scoped(scope, take_runs));
        take_runs();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

/// Does two things at once, the first of them on another processor where there is one.
///
/// # Panics
///
/// `aside` or `work` does.
pub fn both<R>(aside: impl FnOnce() + Send, work: impl FnOnce() -> R) -> R {
    if processors() < 2 {
        aside();
        return work();
    }
    let waiting = Mutex::new(Some(aside));
    let do_aside = || {
        let aside = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        aside.into_iter().for_each(|aside| aside());
    };
    thread::scope(|scope| {
        // Where the system has no thread to give, it is done afterwards.
        _ = thread::Builder::new().spawn_scoped(scope, do_aside);
        work()
    })
}

/// How many processors there are for this process. It takes some reading of files to know.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_are_in_the_order_of_the_items_whoever_works() {
        let items: Vec<usize> = (0..1000).collect();
        for run in [0, 1, 7, 1000, 5000] {
            // The first ones take longest.
            let work =
                |item: &usize| (0..(1000 - item)).fold(*item, |sum, step| std::hint::black_box(sum + step - step));
            assert_eq!(map(&items, run, work), items, "runs of {run}");
        }
        assert_eq!(map(&[], 1, |item: &usize| *item), Vec::<usize>::new());
    }
}
