//! What one pool is measured by, and one connection's way from asking to giving back.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::label::PoolName;
use crate::clock::Moment;
use crate::metric::{CounterHandle, HistogramHandle};

/// What a pool says of itself at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolFigures {
    /// Connections that wait for somebody who needs them.
    pub idle: usize,
    /// Connections that somebody has, or that are being opened.
    pub used: usize,
    /// Most connections there may be.
    pub max: usize,
    /// Connections that are kept open although nobody needs them.
    pub idle_min: usize,
}

impl PoolFigures {
    /// Starts with what pools of every kind know.
    pub const fn new(idle: usize, used: usize) -> Self {
        Self { idle, used, max: 0, idle_min: 0 }
    }

    /// Sets how many connections there may be.
    pub const fn max(mut self, connections: usize) -> Self {
        self.max = connections;
        self
    }

    /// Sets how many connections are kept open although nobody needs them.
    pub const fn idle_min(mut self, connections: usize) -> Self {
        self.idle_min = connections;
        self
    }
}

/// The series of one pool, and what is asked of it.
pub(super) struct Meter {
    pub(super) name: PoolName,
    /// Those who wait now.
    pub(super) pending: AtomicUsize,
    pub(super) figures: Box<dyn Fn() -> PoolFigures + Send + Sync>,
    pub(super) waits: HistogramHandle,
    pub(super) uses: HistogramHandle,
    pub(super) creates: HistogramHandle,
    pub(super) timeouts: CounterHandle,
}

/// Somebody who wants a connection, from asking for it to giving it back.
pub(super) struct PoolSlot<M: Deref<Target = Meter>> {
    pub(super) meter: M,
    /// When the stage began.
    since: Moment,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Waiting,
    Using,
}

impl<M: Deref<Target = Meter>> PoolSlot<M> {
    /// Begins to wait.
    pub(super) fn begin(meter: M, since: Moment) -> Self {
        // Relaxed: a count that orders nothing.
        meter.pending.fetch_add(1, Ordering::Relaxed);
        Self { meter, since, stage: Stage::Waiting }
    }

    /// Begins to use a connection that somebody has waited for elsewhere.
    #[cfg(feature = "sqlx")]
    pub(super) fn using(meter: M, since: Moment) -> Self {
        Self { meter, since, stage: Stage::Using }
    }

    /// Says that there has been a connection since `now`.
    pub(super) fn acquired(mut self, now: Moment) -> Self {
        self.record(now);
        (self.since, self.stage) = (now, Stage::Using);
        self
    }

    /// Says that the pool had none in time.
    pub(super) fn timed_out(self) {
        self.meter.timeouts.increment();
    }

    /// Records the stage, which ends `now`.
    fn record(&self, now: Moment) {
        match self.stage {
            Stage::Waiting => {
                // Relaxed, as where it went up.
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
