//! The figures of one runtime at one moment.

use std::time::Duration;

use tokio::runtime::RuntimeMetrics;

/// What a runtime has now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    pub(super) workers: usize,
    pub(super) alive_tasks: usize,
    pub(super) global_queue: usize,
    pub(super) unstable: Option<UnstableLevels>,
}

/// What only a runtime compiled with `tokio_unstable` reports.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct UnstableLevels {
    pub(super) blocking_threads: usize,
    pub(super) blocking_queue: usize,
    pub(super) io_fds: u64,
}

/// What a runtime has counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) busy: Duration,
    pub(super) parks: u64,
    pub(super) unstable: Option<UnstableTotals>,
}

/// What only a runtime compiled with `tokio_unstable` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct UnstableTotals {
    pub(super) steals: u64,
    pub(super) polls: u64,
    pub(super) io_events: u64,
}

impl Levels {
    pub(super) fn read(metrics: &RuntimeMetrics) -> Self {
        Self {
            workers: metrics.num_workers(),
            alive_tasks: metrics.num_alive_tasks(),
            global_queue: metrics.global_queue_depth(),
            unstable: UnstableLevels::read(metrics),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            workers: self.workers + other.workers,
            alive_tasks: self.alive_tasks + other.alive_tasks,
            global_queue: self.global_queue + other.global_queue,
            unstable: either(self.unstable, other.unstable, |one, two| UnstableLevels {
                blocking_threads: one.blocking_threads + two.blocking_threads,
                blocking_queue: one.blocking_queue + two.blocking_queue,
                io_fds: one.io_fds + two.io_fds,
            }),
        }
    }
}

impl UnstableLevels {
    #[cfg(all(tokio_unstable, target_has_atomic = "64"))]
    fn read(metrics: &RuntimeMetrics) -> Option<Self> {
        let registered = metrics.io_driver_fd_registered_count();
        Some(Self {
            blocking_threads: metrics.num_blocking_threads(),
            blocking_queue: metrics.blocking_queue_depth(),
            io_fds: registered.saturating_sub(metrics.io_driver_fd_deregistered_count()),
        })
    }

    #[cfg(not(all(tokio_unstable, target_has_atomic = "64")))]
    fn read(_: &RuntimeMetrics) -> Option<Self> {
        None
    }
}

impl Totals {
    pub(super) fn read(metrics: &RuntimeMetrics) -> Self {
        let mut totals = Self { unstable: UnstableTotals::read(metrics), ..Self::default() };
        #[cfg(target_has_atomic = "64")]
        for worker in 0..metrics.num_workers() {
            totals.busy += metrics.worker_total_busy_duration(worker);
            totals.parks += metrics.worker_park_count(worker);
        }
        totals
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            busy: self.busy + other.busy,
            parks: self.parks + other.parks,
            unstable: either(self.unstable, other.unstable, |one, two| UnstableTotals {
                steals: one.steals + two.steals,
                polls: one.polls + two.polls,
                io_events: one.io_events + two.io_events,
            }),
        }
    }
}

impl UnstableTotals {
    #[cfg(all(tokio_unstable, target_has_atomic = "64"))]
    fn read(metrics: &RuntimeMetrics) -> Option<Self> {
        let of_workers = |figure: fn(&RuntimeMetrics, usize) -> u64| {
            (0..metrics.num_workers()).map(|worker| figure(metrics, worker)).sum()
        };
        Some(Self {
            steals: of_workers(RuntimeMetrics::worker_steal_count),
            polls: of_workers(RuntimeMetrics::worker_poll_count),
            io_events: metrics.io_driver_ready_count(),
        })
    }

    #[cfg(not(all(tokio_unstable, target_has_atomic = "64")))]
    fn read(_: &RuntimeMetrics) -> Option<Self> {
        None
    }
}

fn either<T>(one: Option<T>, two: Option<T>, both: fn(T, T) -> T) -> Option<T> {
    match (one, two) {
        (Some(one), Some(two)) => Some(both(one, two)),
        (one, two) => one.or(two),
    }
}
