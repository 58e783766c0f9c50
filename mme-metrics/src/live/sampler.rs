//! The background task that takes samples.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::history::History;
use super::ring::INTERVAL;
use crate::clock::unix_seconds;
use crate::recorder::Recorder;

/// Takes samples of a recorder until it is dropped.
#[derive(Debug)]
pub(super) struct LiveSampler {
    recorder: Recorder,
    history: Arc<Mutex<History>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl LiveSampler {
    pub(super) fn new(recorder: Recorder) -> Self {
        let history = History::new();
        #[cfg(feature = "settings")]
        let history = history.with_settings(recorder.settings());
        Self { recorder, history: Arc::new(Mutex::new(history)), task: Mutex::default() }
    }

    /// Starts the task on the runtime of the caller, unless it runs. Outside a runtime nothing happens.
    pub(super) fn start(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        // A task has ended if its runtime has.
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(runtime.spawn(run(self.recorder.clone(), Arc::clone(&self.history))));
        }
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.history)
    }
}

impl Drop for LiveSampler {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

async fn run(recorder: Recorder, history: Arc<Mutex<History>>) {
    let mut ticks = interval(INTERVAL);
    // A delayed sample spans more time; the one after it comes at its usual moment.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last = Instant::now();
    loop {
        ticks.tick().await;
        // A collector may block, and the walk over all series takes its time: no task of the service is to wait for either.
        let (recorder, history) = (recorder.clone(), Arc::clone(&history));
        let taken = spawn_blocking(move || {
            let metrics = recorder.sample();
            let now = Instant::now();
            lock(&history).observe(&metrics, now.duration_since(last).as_secs_f64(), unix_seconds(SystemTime::now()));
            now
        });
        let Ok(now) = taken.await else { continue };
        last = now;
    }
}

fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
