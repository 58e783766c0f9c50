//! The sampler: a listener that decides what becomes a trace.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::label::{LossReason, SpikeCause};
use super::metrics::SPIKE;
use super::slowest::{Kept, Slowest};
use super::trace::Trace;
use super::writer::{self, Message, SpikeStartError};
use crate::event::{Event, Listener};
use crate::operation::Outcome;

/// Most events of one kind that are kept of a window, whatever was asked for: 2 KiB each, in memory.
const MAX_KEPT: usize = 10_000;

/// Decides what is kept and where it goes, and starts to.
///
/// ```
/// use std::time::Duration;
/// use mme_metrics::spike::Sampler;
///
/// # let directory = std::env::temp_dir().join("mme-metrics-doc-sampler");
/// let spikes = Sampler::new()
///     .slowest(20)
///     .window(Duration::from_secs(60))
///     .at_least(Duration::from_millis(50))
///     .directory(&directory)
///     .keep_days(30)
///     .start()?;
/// # spikes.flush(Duration::from_secs(5));
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a sampler keeps nothing until it is started"]
pub struct Sampler {
    pub(super) slowest: usize,
    pub(super) errors: usize,
    pub(super) cancels: usize,
    pub(super) at_least: Duration,
    pub(super) window: Duration,
    pub(super) directory: Option<PathBuf>,
    pub(super) days: u64,
    pub(super) file_bytes: u64,
    pub(super) total_bytes: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            slowest: 10,
            errors: 50,
            cancels: 10,
            at_least: Duration::ZERO,
            window: Duration::from_mins(1),
            directory: None,
            days: 14,
            file_bytes: 16 << 20,
            total_bytes: 256 << 20,
        }
    }
}

impl Sampler {
    /// Keeps the 10 slowest events of each minute, up to 50 that fail and up to 10 that are cancelled; in memory only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many of the slowest events of a window are kept, at most 10 000.
    pub fn slowest(mut self, most: usize) -> Self {
        self.slowest = most.min(MAX_KEPT);
        self
    }

    /// Sets how many events that fail are kept of each window, at most 10 000: the first ones. The others are
    /// counted.
    pub fn errors(mut self, most: usize) -> Self {
        self.errors = most.min(MAX_KEPT);
        self
    }

    /// Sets how many events that are cancelled are kept of each window, at most 10 000: the first ones. The others
    /// are counted.
    pub fn cancels(mut self, most: usize) -> Self {
        self.cancels = most.min(MAX_KEPT);
        self
    }

    /// Leaves events out of the slowest that took less than this.
    pub const fn at_least(mut self, duration: Duration) -> Self {
        self.at_least = duration;
        self
    }

    /// Sets how long a window is; one shorter than a millisecond is a millisecond.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window.max(Duration::from_millis(1));
        self
    }

    /// Writes traces to this directory, as JSON lines: `2026-08-01.jsonl`. It is made if it is not there, for its owner alone; in one that
    /// is there, nobody else should be able to make files.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets after how many days files are deleted: 14 unless it is set.
    pub const fn keep_days(mut self, days: u64) -> Self {
        self.days = days;
        self
    }

    /// Sets how large one file, and all together, may become: 16 MiB and 256 MiB unless it is set. A full file is followed by
    /// `2026-08-01.2.jsonl`; past the total the oldest are deleted.
    pub const fn max_bytes(mut self, file: u64, total: u64) -> Self {
        self.file_bytes = file;
        self.total_bytes = total;
        self
    }

    /// Starts to keep, and a thread that ends windows and writes.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made or is none, or no thread can be had. What happens to the disk later is counted, and
    /// is no error of anybody's.
    pub fn start(self) -> Result<Spikes, SpikeStartError> {
        let shared = Arc::new(Shared {
            slowest: Slowest::new(self.slowest, self.at_least.as_secs_f64()),
            errors: Budget::new(self.errors),
            cancels: Budget::new(self.cancels),
            recent: Mutex::new(VecDeque::new()),
            most_recent: self.errors.saturating_add(self.cancels),
            previous: Mutex::new(Vec::new()),
            lost: Default::default(),
        });
        let is_written = self.directory.is_some();
        let window = self.window;
        let sender = writer::start(self, Arc::clone(&shared))?;
        let spikes = Spikes(Arc::new(Handle { shared, sender, is_written, window }));
        spikes.touch();
        Ok(spikes)
    }
}

/// The traces that are being kept: a listener for layers and functions. Clones share them.
///
/// It stops when the last clone is dropped; what is kept then is written first, by its thread and without anybody waiting.
/// [`flush`](Self::flush) waits.
#[derive(Clone)]
pub struct Spikes(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    sender: SyncSender<Message>,
    is_written: bool,
    window: Duration,
}

/// What requests and the thread share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) slowest: Slowest,
    errors: Budget,
    cancels: Budget,
    /// The latest that failed or were cancelled, oldest first.
    recent: Mutex<VecDeque<Arc<Trace>>>,
    most_recent: usize,
    /// The slowest of the window that ended last.
    previous: Mutex<Vec<Arc<Trace>>>,
    lost: [AtomicU64; 3],
}

/// How many more may be kept in this window.
#[derive(Debug)]
struct Budget {
    most: usize,
    taken: AtomicUsize,
}

impl Budget {
    const fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    fn take(&self) -> bool {
        // Relaxed: a count that orders nothing. Looked at first, so that a storm of errors does not write it.
        self.taken.load(Ordering::Relaxed) < self.most && self.taken.fetch_add(1, Ordering::Relaxed) < self.most
    }
}

impl Shared {
    /// Ends the window; returns what is still to be written of it, slowest first.
    pub(super) fn end_window(&self) -> Vec<Arc<Trace>> {
        for budget in [&self.errors, &self.cancels] {
            // Relaxed, as in `take`.
            budget.taken.store(0, Ordering::Relaxed);
        }
        let window = self.slowest.take();
        let all = window.iter().map(|kept| Arc::clone(&kept.trace)).collect();
        let before = mem::replace(&mut *lock(&self.previous), all);
        drop(before);
        let unwritten: Vec<_> = window.into_iter().filter(|kept| !kept.is_written).map(|kept| kept.trace).collect();
        // The others were counted when they were sent.
        let slow = unwritten.iter().filter(|trace| trace.cause == SpikeCause::Slow).count();
        SPIKE.traces.add((SpikeCause::Slow,), slow as u64);
        unwritten
    }

    pub(super) fn lose(&self, loss: LossReason) {
        // Relaxed: a figure that orders nothing.
        self.lost[loss as usize].fetch_add(1, Ordering::Relaxed);
        SPIKE.lost.increment((loss,));
    }

    fn remember(&self, trace: &Arc<Trace>) {
        let mut recent = lock(&self.recent);
        let dropped = if recent.len() >= self.most_recent { recent.pop_front() } else { None };
        recent.push_back(Arc::clone(trace));
        drop(recent);
        // Freed without the lock.
        drop(dropped);
    }
}

impl Spikes {
    /// Ends the window now, and waits until everything kept so far is written, at most for `patience`. Says whether it is.
    ///
    /// It blocks: call it where the service stops, and from a thread that may wait.
    pub fn flush(&self, patience: Duration) -> bool {
        writer::flush(&self.0.sender, patience)
    }

    /// Returns what is kept in memory now.
    pub fn view(&self) -> SpikeView {
        let shared = &self.0.shared;
        let copy = |traces: &[Arc<Trace>]| traces.iter().map(|trace| (**trace).clone()).collect();
        // Cloned without the lock: requests may wait for it.
        let previous = lock(&shared.previous).clone();
        let mut recent: Vec<_> = lock(&shared.recent).iter().map(Arc::clone).collect();
        recent.reverse();
        SpikeView {
            window_seconds: self.0.window.as_secs_f64(),
            slowest: copy(&shared.slowest.look()),
            slowest_before: copy(&previous),
            failed: copy(&recent),
            // Relaxed: figures that order nothing.
            lost: LostCounts::from(shared.lost.each_ref().map(|count| count.load(Ordering::Relaxed))),
        }
    }

    /// Keeps an event; the one on which all is decided comes before.
    #[cold]
    fn keep(&self, event: &Event<'_>, failure: Option<SpikeCause>) {
        let shared = &self.0.shared;
        let is_slow = shared.slowest.may_keep(event.seconds);
        // What is among the slowest is not lost yet.
        let lose = |loss| {
            if !is_slow {
                shared.lose(loss);
            }
        };
        let failure = failure.filter(|cause| {
            let budget = if *cause == SpikeCause::Error { &shared.errors } else { &shared.cancels };
            let taken = budget.take();
            if !taken {
                lose(LossReason::Budget);
            }
            taken
        });
        let Some(cause) = failure.or(is_slow.then_some(SpikeCause::Slow)) else { return };
        let trace = Arc::new(Trace::new(event, cause, SystemTime::now()));
        let mut is_sent = false;
        if failure.is_some() {
            SPIKE.traces.increment((cause,));
            shared.remember(&trace);
            is_sent = !self.0.is_written || self.0.sender.try_send(Message::Write(Arc::clone(&trace))).is_ok();
            if !is_sent {
                lose(LossReason::Queue);
            }
        }
        if is_slow {
            shared.slowest.keep(Kept::new(event.seconds, trace, is_sent));
        }
    }
}

impl Listener for Spikes {
    #[inline]
    fn ended(&self, event: &Event<'_>) {
        let failure = match event.outcome {
            Outcome::Ok => None,
            Outcome::Error(_) | Outcome::Panic => Some(SpikeCause::Error),
            Outcome::Cancelled => Some(SpikeCause::Cancelled),
        };
        if failure.is_some() || self.0.shared.slowest.may_keep(event.seconds) {
            self.keep(event, failure);
        }
    }

    fn touch(&self) {
        SPIKE.traces.touch_all();
        SPIKE.lost.touch_all();
    }
}

impl fmt::Debug for Spikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spikes").field("window", &self.0.window).finish_non_exhaustive()
    }
}

/// What a sampler holds in memory, to be looked at.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SpikeView {
    /// How long a window is.
    pub window_seconds: f64,
    /// The slowest events of this window so far, slowest first.
    pub slowest: Vec<Trace>,
    /// The slowest events of the window that ended last.
    pub slowest_before: Vec<Trace>,
    /// The latest events that failed or were cancelled, latest first.
    pub failed: Vec<Trace>,
    /// What was lost since the start.
    pub lost: LostCounts,
}

/// How many traces were lost, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LostCounts {
    /// The budget of their window was spent.
    pub budget: u64,
    /// They came faster than the disk takes them.
    pub queue: u64,
    /// They could not be written.
    pub disk: u64,
}

impl From<[u64; 3]> for LostCounts {
    fn from([budget, queue, disk]: [u64; 3]) -> Self {
        Self { budget, queue, disk }
    }
}

/// Nothing panics while it holds one of these, and if it did, what is in them would still be whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
