//! A panic hook that counts.

use std::panic;
use std::sync::Once;
use std::thread;

use metrics::Key;
use tokio::runtime::{Handle, worker_index};

use super::label::PanicThread;
use super::metrics::LOG;
use crate::metric::{KeptSeries, SeriesKeys};

/// Kinds of threads, each with a series.
const THREADS: usize = PanicThread::ALL.len();

static PANICS: KeptSeries<THREADS> = KeptSeries::new();

/// Counts every panic from now on, by the kind of thread it happens on.
///
/// The hook that was set before is called after the count, so what it prints or reports stays as it is. A hook that is set later has to
/// call the one it replaces. Calling this again changes nothing.
///
/// # Panics
///
/// When it is called while the thread panics, like [`std::panic::set_hook`].
pub fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.record(&Threads, &[current_thread() as usize], None);
            next(info);
        }));
    });
    PANICS.touch(&Threads);
}

/// Returns the kind of this thread. A thread that drives a runtime is a worker, the main thread too.
fn current_thread() -> PanicThread {
    if worker_index().is_some() {
        PanicThread::Worker
    } else if thread::current().name() == Some("main") {
        PanicThread::Main
    } else if Handle::try_current().is_ok() {
        PanicThread::Blocking
    } else {
        PanicThread::Other
    }
}

struct Threads;

impl SeriesKeys<THREADS> for Threads {
    fn counters(&self) -> [Key; THREADS] {
        PanicThread::ALL.map(|thread| LOG.panics.key_with(&(thread,), &[]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn each_kind_of_thread_is_told_apart() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (sender, receiver) = mpsc::channel();
        let on_worker = sender.clone();
        runtime.spawn(async move { on_worker.send(current_thread()).unwrap() });
        assert_eq!(receiver.recv().unwrap(), PanicThread::Worker);
        runtime.spawn_blocking(move || sender.send(current_thread()).unwrap());
        assert_eq!(receiver.recv().unwrap(), PanicThread::Blocking);
        assert_eq!(thread::spawn(current_thread).join().unwrap(), PanicThread::Other);
        let single = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(single.block_on(async { current_thread() }), PanicThread::Worker);
    }
}
