//! One collector: its callback, its figures, and the thread that runs it.

use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::mark::collecting;
use crate::clock::positive_nanos;
use crate::process::{CollectorName, MME};
use crate::trace::TraceScope;

/// A callback that updates values that are stored elsewhere.
pub(in crate::recorder) type Callback = Box<dyn Fn() + Send + Sync>;

/// What a collector emits into.
pub(in crate::recorder) type Target = Arc<dyn metrics::Recorder + Send + Sync>;

/// One collector.
pub(super) struct Worker {
    work: Arc<Work>,
    number: usize,
    /// Where the thread receives its requests. It ends when this is dropped.
    thread: Mutex<Option<SyncSender<Request>>>,
}

/// A request to run once.
struct Request {
    target: Target,
    /// Receives one message when the run has ended, if the exposition waits for it.
    done: Option<SyncSender<()>>,
}

/// The outcome of a request to a collector.
pub(super) enum RequestOutcome {
    /// The collector runs, and is waited for.
    Waiting,
    /// It runs, and is not waited for.
    NotWaiting,
    /// Its thread could not be started. It is marked as running, and `run_unstarted` has to follow.
    Unstarted,
}

/// What a collector shares with its thread.
struct Work {
    name: CollectorName,
    callback: Callback,
    deadline: Duration,
    /// Set when a run is asked for, cleared when it has ended. Only the thread that sets it may start a run.
    running: AtomicBool,
    /// Whether the last run took longer than the deadline.
    was_late: AtomicBool,
    /// Nanoseconds that the last run took; zero until one has ended.
    took: AtomicU64,
    /// Nanoseconds from `epoch` to the end of the last run without a panic, or to the first request; zero before it.
    fresh: AtomicU64,
    epoch: Instant,
    /// Expositions that went on while it ran, and are not reported yet.
    unreported: AtomicU64,
}

impl Worker {
    pub(super) fn new(number: usize, name: CollectorName, callback: Callback, deadline: Duration) -> Self {
        let work = Work {
            name,
            callback,
            deadline,
            running: AtomicBool::new(false),
            was_late: AtomicBool::new(false),
            took: AtomicU64::new(0),
            fresh: AtomicU64::new(0),
            epoch: Instant::now(),
            unreported: AtomicU64::new(0),
        };
        Self { work: Arc::new(work), number, thread: Mutex::new(None) }
    }

    /// Asks the thread to run once, unless it runs. `done` receives a message at the end if the result is `Waiting`.
    pub(super) fn ask(&self, target: &Target, done: &SyncSender<()>) -> RequestOutcome {
        if !self.work.claim() {
            return RequestOutcome::NotWaiting;
        }
        // Relaxed: the claim has ordered this after the last run.
        let waits = !self.work.was_late.load(Ordering::Relaxed);
        match self.send(Request { target: Arc::clone(target), done: waits.then(|| done.clone()) }) {
            true if waits => RequestOutcome::Waiting,
            true => RequestOutcome::NotWaiting,
            false => RequestOutcome::Unstarted,
        }
    }

    /// Runs once on this thread, after `ask` could start no other.
    pub(super) fn run_unstarted(&self, target: &Target) {
        self.work.run(target);
    }

    /// Runs once on this thread in a child of `fork`, and takes no lock. A collector that ran at the time of the `fork` is left
    /// alone: it may have held locks that nothing releases in the child.
    pub(super) fn run_forked(&self, target: &Target) {
        if self.work.claim() {
            self.work.run(target);
        }
    }

    /// Counts an exposition that goes on while the collector runs.
    pub(super) fn note_late(&self) {
        // Acquire: a collector that has ended shows its values.
        if self.work.running.load(Ordering::Acquire) {
            // Relaxed: a count that orders nothing.
            self.work.unreported.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sets the metrics of this collector.
    pub(super) fn report(&self) {
        let work = &*self.work;
        let labels = || (work.name.clone(),);
        // Relaxed, in the whole function: the numbers are for display only.
        MME.collector_timeouts.add(labels(), work.unreported.swap(0, Ordering::Relaxed));
        MME.collector_age.set(labels(), work.age());
        match work.took.load(Ordering::Relaxed) {
            0 => {}
            nanos => MME.collector_duration.set(labels(), Duration::from_nanos(nanos).as_secs_f64()),
        }
    }

    /// Forgets the sender to the thread without dropping it.
    pub(super) fn forget_thread(&mut self) {
        mem::forget(self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Sends a request to the thread, and starts it if there is none. Returns whether the thread has the request.
    fn send(&self, request: Request) -> bool {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = self.start(thread::Builder::new()).ok();
        }
        // Never full, because the thread has taken the last request.
        let is_sent = thread.as_ref().is_some_and(|sender| sender.try_send(request).is_ok());
        if !is_sent {
            // If there was one, it is gone. The next request starts it again.
            *thread = None;
        }
        is_sent
    }

    fn start(&self, thread: thread::Builder) -> io::Result<SyncSender<Request>> {
        let (sender, requests) = sync_channel::<Request>(1);
        let work = Arc::clone(&self.work);
        let run = move || requests.into_iter().for_each(|request| work.serve(request));
        thread.name(format!("mme-collect-{}", self.number)).spawn(run)?;
        Ok(sender)
    }
}

impl Work {
    /// Returns whether the collector did not run, and marks it as running.
    fn claim(&self) -> bool {
        // Acquire: this run begins after the last one has ended. Relaxed: a refused claim reads nothing.
        let is_free = self.running.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if is_free {
            // Relaxed: only who holds the claim writes it.
            let _ = self.fresh.compare_exchange(0, self.now(), Ordering::Relaxed, Ordering::Relaxed);
        }
        is_free
    }

    fn serve(&self, Request { target, done }: Request) {
        self.run(&target);
        // The storage is let go before the exposition goes on.
        drop(target);
        if let Some(done) = done {
            // The exposition may have gone on.
            let _ = done.try_send(());
        }
    }

    /// Runs the callback once. It has been claimed.
    fn run(&self, target: &Target) {
        let _running = RunGuard(&self.running);
        let started = Instant::now();
        // A scrape is no part of the trace in which it is asked for.
        let run = || metrics::with_local_recorder(&**target, || catch_unwind(AssertUnwindSafe(&self.callback)));
        let ended = collecting(|| TraceScope::Closed.run(run));
        let took = started.elapsed();
        // Relaxed, here and below: `running` orders them.
        self.took.store(positive_nanos(took), Ordering::Relaxed);
        self.was_late.store(took > self.deadline, Ordering::Relaxed);
        match ended {
            Ok(()) => self.fresh.store(self.now(), Ordering::Relaxed),
            // A payload may panic when it is dropped, and so may the payload of that.
            Err(payload) => {
                if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                    mem::forget(again);
                }
            }
        }
    }

    /// Returns how old the values are, in seconds.
    fn age(&self) -> f64 {
        // Relaxed: for display only.
        let fresh = self.fresh.load(Ordering::Relaxed);
        if fresh == 0 { 0.0 } else { Duration::from_nanos(self.now().saturating_sub(fresh)).as_secs_f64() }
    }

    fn now(&self) -> u64 {
        positive_nanos(self.epoch.elapsed())
    }
}

/// Marks the collector as not running when it is dropped.
struct RunGuard<'a>(&'a AtomicBool);

impl Drop for RunGuard<'_> {
    fn drop(&mut self) {
        // Release: a thread that sees this also sees the values of the run.
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(callback: impl Fn() + Send + Sync + 'static) -> Worker {
        Worker::new(1, CollectorName::new("queue".to_owned()), Box::new(callback), Duration::from_secs(1))
    }

    fn target() -> Target {
        Arc::new(crate::recorder::Recorder::builder().build().unwrap())
    }

    #[test]
    fn a_thread_that_cannot_be_started_is_an_error() {
        let worker = worker(|| ());
        // No process has this much address space.
        let refused = worker.start(thread::Builder::new().stack_size(1 << 60));
        assert!(refused.is_err());
    }

    #[test]
    fn without_a_thread_it_runs_here_and_the_next_request_starts_a_thread() {
        let (sender, ran) = std::sync::mpsc::channel();
        let worker = worker(move || sender.send(thread::current().id()).unwrap());
        let (gone, _) = sync_channel(1);
        *worker.thread.lock().unwrap() = Some(gone);
        let (done, ended) = sync_channel(1);
        assert!(matches!(worker.ask(&target(), &done), RequestOutcome::Unstarted));
        worker.run_unstarted(&target());
        assert_eq!(ran.try_recv(), Ok(thread::current().id()));
        assert!(ended.try_recv().is_err(), "an exposition takes a message for the end of another run");
        assert!(matches!(worker.ask(&target(), &done), RequestOutcome::Waiting));
        assert_eq!(ended.recv(), Ok(()));
        assert_ne!(ran.try_recv(), Ok(thread::current().id()));
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_ends_neither_the_thread_nor_the_collector() {
        struct Bomb(u8);
        impl Drop for Bomb {
            fn drop(&mut self) {
                if self.0 > 0 {
                    std::panic::panic_any(Self(self.0 - 1));
                }
            }
        }
        let worker = worker(|| std::panic::panic_any(Bomb(1)));
        let (done, ended) = sync_channel(2);
        for _ in 0..2 {
            assert!(matches!(worker.ask(&target(), &done), RequestOutcome::Waiting));
            assert_eq!(ended.recv(), Ok(()));
        }
    }

    #[test]
    fn a_run_that_was_late_is_not_waited_for_until_one_was_in_time() {
        let worker = worker(|| ());
        let (done, ended) = sync_channel(2);
        worker.work.was_late.store(true, Ordering::Relaxed);
        assert!(matches!(worker.ask(&target(), &done), RequestOutcome::NotWaiting));
        while worker.work.running.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert!(matches!(worker.ask(&target(), &done), RequestOutcome::Waiting));
        assert_eq!(ended.recv(), Ok(()));
    }
}
