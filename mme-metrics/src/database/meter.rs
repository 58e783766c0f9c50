//! The metrics of one pool, and the measurement of one request for a connection from the wait to the return.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::label::PoolName;
use crate::clock::Moment;
use crate::metric::{CounterHandle, HistogramHandle};

/// A snapshot of a pool: the numbers of its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolFigures {
    /// Connections that are open and not in use.
    pub idle: usize,
    /// Connections that are in use or being opened.
    pub used: usize,
    /// Maximum number of connections.
    pub max: usize,
    /// Minimum number of idle connections that the pool keeps open.
    pub idle_min: usize,
}

impl PoolFigures {
    /// Makes a snapshot from the two numbers that every pool has.
    pub const fn new(idle: usize, used: usize) -> Self {
        Self { idle, used, max: 0, idle_min: 0 }
    }

    /// Makes a snapshot from the number of open connections and of those that are idle.
    ///
    /// Most pools return the two one after the other, and a connection may come back in between. So `idle` may be more than `open`,
    /// and their difference would be below zero; here it is zero.
    pub const fn of_open(open: usize, idle: usize) -> Self {
        Self::new(if idle < open { idle } else { open }, open.saturating_sub(idle))
    }

    /// Sets the maximum number of connections.
    pub const fn max(mut self, connections: usize) -> Self {
        self.max = connections;
        self
    }

    /// Sets the minimum number of idle connections that the pool keeps open.
    pub const fn idle_min(mut self, connections: usize) -> Self {
        self.idle_min = connections;
        self
    }
}

/// A callback that returns an address which all handles of one pool share, and no other pool has.
pub(super) type PoolIdentity = Box<dyn Fn() -> usize + Send + Sync>;

/// The series of one pool, and the callback that reads its state.
pub(super) struct Meter {
    pub(super) name: PoolName,
    /// Number of callers that wait for a connection now.
    pub(super) pending: AtomicUsize,
    pub(super) figures: Box<dyn Fn() -> PoolFigures + Send + Sync>,
    /// Returns what all measures of the same pool have in common, if the library of the pool tells pools apart.
    pub(super) identity: Option<PoolIdentity>,
    pub(super) waits: HistogramHandle,
    pub(super) uses: HistogramHandle,
    pub(super) creates: HistogramHandle,
    pub(super) timeouts: CounterHandle,
}

/// One request for a connection, from the start of the wait to the return of the connection.
pub(super) struct PoolSlot<M: Deref<Target = Meter>> {
    pub(super) meter: M,
    /// Start of the stage.
    since: Moment,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Waiting,
    Using,
}

impl<M: Deref<Target = Meter>> PoolSlot<M> {
    /// Starts to wait for a connection.
    pub(super) fn begin(meter: M, since: Moment) -> Self {
        // Relaxed: the count orders no other memory access.
        meter.pending.fetch_add(1, Ordering::Relaxed);
        Self { meter, since, stage: Stage::Waiting }
    }

    /// Starts the use of a connection whose wait another slot measured.
    #[cfg(feature = "sqlx")]
    pub(super) fn using(meter: M, since: Moment) -> Self {
        Self { meter, since, stage: Stage::Using }
    }

    /// Ends the wait and starts the use of the connection at `now`.
    pub(super) fn acquired(mut self, now: Moment) -> Self {
        self.record(now);
        (self.since, self.stage) = (now, Stage::Using);
        self
    }

    /// Ends the wait with a timeout.
    pub(super) fn timed_out(self) {
        self.meter.timeouts.increment();
    }

    /// Records the stage, which ends at `now`.
    fn record(&self, now: Moment) {
        match self.stage {
            Stage::Waiting => {
                // Relaxed, as in `begin`.
                self.meter.pending.fetch_sub(1, Ordering::Relaxed);
                self.meter.waits.record(self.since.until(now));
            }
            Stage::Using => self.meter.uses.record(self.since.until(now)),
        }
    }
}

impl<M: Deref<Target = Meter>> Drop for PoolSlot<M> {
    fn drop(&mut self) {
        self.record(Moment::now());
    }
}
