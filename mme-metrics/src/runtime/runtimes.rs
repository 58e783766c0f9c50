//! The list of all runtimes that are measured, which are read at each exposition.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, Id, RuntimeMetrics};

use super::figures::{Levels, Totals};
use super::label::RuntimeName;
use super::metrics::RUNTIME;

/// The runtimes by name. A name stays when its runtimes have ended.
static RUNTIMES: Mutex<Vec<RuntimeGroup>> = Mutex::new(Vec::new());

/// All runtimes of one name.
struct RuntimeGroup {
    name: RuntimeName,
    alive: Vec<(Id, RuntimeMetrics)>,
    /// What runtimes that have ended had counted.
    ended: Totals,
    /// Whether one of them has a canary.
    canary: bool,
}

/// The place of one runtime in the list. The runtime is read until this is dropped.
#[derive(Debug)]
pub(super) struct Place(Id);

impl Place {
    /// Adds a runtime, unless it is in the list already.
    pub(super) fn of(name: RuntimeName, runtime: &Handle, canary: bool) -> Option<Self> {
        let mut list = list();
        if list.iter().any(|group| group.alive.iter().any(|(id, _)| *id == runtime.id())) {
            return None;
        }
        let at = list.iter().position(|group| group.name == name).unwrap_or_else(|| {
            list.push(RuntimeGroup { name, alive: Vec::new(), ended: Totals::default(), canary });
            list.len() - 1
        });
        list[at].canary |= canary;
        list[at].alive.push((runtime.id(), runtime.metrics()));
        Some(Self(runtime.id()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut list = list();
        // The handle in the metrics is dropped after the lock: it may be the last part of a runtime.
        let _gone = list.iter_mut().find_map(|group| {
            let at = group.alive.iter().position(|(id, _)| *id == self.0)?;
            let (_, metrics) = group.alive.swap_remove(at);
            group.ended = group.ended.plus(Totals::read(&metrics));
            Some(metrics)
        });
        drop(list);
    }
}

/// Sets the figures of every runtime to what they are now.
pub(super) fn collect() {
    let read = |group: &RuntimeGroup| {
        let levels = group.alive.iter().map(|(_, metrics)| Levels::read(metrics));
        let totals = group.alive.iter().map(|(_, metrics)| Totals::read(metrics));
        (group.name, group.canary, levels.fold(Levels::default(), Levels::plus), totals.fold(group.ended, Totals::plus))
    };
    // Nothing is emitted under the lock, because a recorder may do anything.
    let read: Vec<_> = list().iter().map(read).collect();
    for (name, canary, levels, totals) in read {
        RUNTIME.workers.set((name,), levels.workers as f64);
        RUNTIME.alive_tasks.set((name,), levels.alive_tasks as f64);
        RUNTIME.global_queue.set((name,), levels.global_queue as f64);
        RUNTIME.busy.observe((name,), totals.busy.as_secs_f64());
        RUNTIME.parks.observe((name,), totals.parks);
        if let Some(levels) = levels.unstable {
            RUNTIME.blocking_threads.set((name,), levels.blocking_threads as f64);
            RUNTIME.blocking_queue.set((name,), levels.blocking_queue as f64);
            RUNTIME.io_fds.set((name,), levels.io_fds as f64);
        }
        if let Some(totals) = totals.unstable {
            RUNTIME.steals.observe((name,), totals.steals);
            RUNTIME.polls.observe((name,), totals.polls);
            RUNTIME.io_events.observe((name,), totals.io_events);
        }
        if canary {
            // The canary may have begun before this recorder.
            RUNTIME.delay.touch((name,));
            RUNTIME.stalls.touch((name,));
        }
    }
}

fn list() -> MutexGuard<'static, Vec<RuntimeGroup>> {
    RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner)
}
