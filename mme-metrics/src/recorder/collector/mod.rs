//! The collectors of a recorder: callbacks of the service that run before an exposition, each on a thread of its own.
//!
//! An exposition asks every collector to run, waits for all of them until one deadline, and goes on with the values that there
//! are:
//!
//! | a collector that | is started | is waited for |
//! |---|---|---|
//! | ended its last run within the deadline | yes | until the deadline |
//! | ended its last run after the deadline | yes | no: it would be late again. Once it is quick, it is waited for again |
//! | still runs | no | no |
//!
//! So a collector that hangs delays one exposition, and one that is always slow delays one exposition too. The others show values
//! that are one run older.
//!
//! A run holds the storage of the recorder, not the collectors. When the last handle of the recorder is dropped, the threads end:
//! those that wait at once, one that runs at the end of its run.

mod mark;
mod worker;

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

pub(super) use self::mark::{collecting, is_collecting};
use self::worker::{Callback, RequestOutcome, Target, Worker};
use super::error::BuildError;
use crate::label::{OVERFLOW, is_plain};
use crate::process::{COLLECTORS, CollectorName};

/// Default time that an exposition waits for all collectors: a tenth of the default time-out of a scrape.
pub(super) const DEADLINE: Duration = Duration::from_secs(1);

/// Deadlines that can be set. After ten seconds, the default time-out, the scrape has failed.
pub(super) const DEADLINES: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(10);

/// Callbacks that are handed to a builder, with the names that they have.
pub(super) type CollectorList = Vec<(Option<String>, Callback)>;

/// The collectors of one recorder.
pub(super) struct Collectors {
    workers: Vec<Worker>,
    target: Target,
    deadline: Duration,
    /// The ID of the process that built the recorder. A child of `fork` has copies of the locks, and no threads.
    process: u32,
}

// Unwind-safe: figures are atomics, poisoned locks are used again after a panic, and a collector's panic is caught.
impl UnwindSafe for Collectors {}
impl RefUnwindSafe for Collectors {}

impl Collectors {
    /// Makes the collectors; none have no object. `target` must not hold what is returned. No thread is started yet.
    pub(super) fn new(
        declared: CollectorList,
        deadline: Duration,
        target: impl FnOnce() -> Target,
    ) -> Option<Arc<Self>> {
        if declared.is_empty() {
            return None;
        }
        let worker = |(at, (name, callback))| Worker::new(at + 1, name, callback, deadline);
        let workers = names(&declared).into_iter().zip(declared.into_iter().map(|(_, callback)| callback));
        let workers = workers.map(|(name, callback)| (CollectorName::new(name), callback)).enumerate().map(worker);
        Some(Arc::new(Self { workers: workers.collect(), target: target(), deadline, process: std::process::id() }))
    }

    /// Runs every collector that is not running, and returns when all those that are waited for have ended, or at the deadline.
    /// The caller sees to it that this runs once at a time, except after a `fork`.
    pub(super) fn run(&self) {
        if self.is_forked() {
            return self.workers.iter().for_each(|worker| worker.run_forked(&self.target));
        }
        let started = Instant::now();
        let (done, ended) = sync_channel(self.workers.len());
        // The others run while one is run here.
        let (mut waiting, mut unstarted) = (0, Vec::new());
        for worker in &self.workers {
            match worker.ask(&self.target, &done) {
                RequestOutcome::Waiting => waiting += 1,
                RequestOutcome::NotWaiting => {}
                RequestOutcome::Unstarted => unstarted.push(worker),
            }
        }
        drop(done);
        unstarted.into_iter().for_each(|worker| worker.run_unstarted(&self.target));
        for _ in 0..waiting {
            if ended.recv_timeout(self.deadline.saturating_sub(started.elapsed())).is_err() {
                break;
            }
        }
        self.workers.iter().for_each(Worker::note_late);
    }

    /// Updates the metrics of the library about the collectors, in the recorder of the calling thread.
    pub(super) fn report(&self) {
        self.workers.iter().for_each(Worker::report);
    }

    fn is_forked(&self) -> bool {
        self.process != std::process::id()
    }
}

impl Drop for Collectors {
    fn drop(&mut self) {
        if self.is_forked() {
            // A thread that is gone may have held a lock of its channel at the time of the `fork`.
            self.workers.iter_mut().for_each(Worker::forget_thread);
        }
    }
}

/// Fails with the first name that is no label value or that two collectors have, or the first name of too many.
pub(super) fn check_names(declared: &CollectorList) -> Result<(), BuildError> {
    let mut known = HashSet::new();
    for name in names(declared) {
        if !is_plain(&name) || name == OVERFLOW || known.len() == COLLECTORS || !known.insert(name.clone()) {
            return Err(BuildError::Collector(name));
        }
    }
    Ok(())
}

/// Returns the name of each collector: the unnamed ones are numbered.
fn names(declared: &CollectorList) -> Vec<String> {
    let mut unnamed = 0;
    let mut number = || {
        unnamed += 1;
        format!("collector-{unnamed}")
    };
    declared.iter().map(|(name, _)| name.clone().unwrap_or_else(&mut number)).collect()
}

#[cfg(test)]
mod tests;
