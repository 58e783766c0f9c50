//! Connection pools: what they hold, who waits for them, and for how long.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::label::PoolName;
use super::meter::{Meter, PoolFigures, PoolSlot};
use super::metrics::DATABASE;
use super::pools;
use crate::clock::Moment;

/// Measures one connection pool, whoever made it. Clones measure the same pool; when the last one is gone, so is the pool.
///
/// ```
/// use mme_metrics::database::{PoolFigures, PoolMeter};
///
/// # #[derive(Clone)] struct Pool;
/// # impl Pool { fn status(&self) -> (usize, usize) { (2, 1) } fn get(&self) -> Result<(), ()> { Ok(()) } }
/// # let pool = Pool;
/// let meter = PoolMeter::new("sessions", {
///     let pool = pool.clone();
///     move || {
///         let (size, available) = pool.status();
///         PoolFigures::new(available, size - available).max(10)
///     }
/// });
///
/// let wait = meter.start_wait();
/// match pool.get() {
///     Ok(connection) => {
///         let using = wait.acquired();
///         // … until it is given back.
///         drop((connection, using));
///     }
///     Err(_timeout) => wait.timed_out(),
/// }
/// ```
#[derive(Clone)]
pub struct PoolMeter(Arc<Meter>);

impl PoolMeter {
    /// Measures the pool that `figures` tells of, under a name of the service's choice.
    ///
    /// `figures` is asked right before each exposition. Pools of one name are shown as one, with the sums of their figures;
    /// a program has at most 100 names, and pools after those are called `_other`.
    pub fn new(name: &str, figures: impl Fn() -> PoolFigures + Send + Sync + 'static) -> Self {
        let name = PoolName::register(name).unwrap_or(PoolName::FALLBACK);
        let meter = Arc::new(Meter {
            name,
            pending: AtomicUsize::new(0),
            figures: Box::new(figures),
            waits: DATABASE.connection_wait.with((name,)),
            uses: DATABASE.connection_use.with((name,)),
            creates: DATABASE.connection_create.with((name,)),
            timeouts: DATABASE.connection_timeouts.with((name,)),
        });
        pools::add(&meter);
        meter.timeouts.touch();
        Self(meter)
    }

    /// Begins to wait for a connection.
    pub fn start_wait(&self) -> PoolWait {
        PoolWait(PoolSlot::begin(Arc::clone(&self.0), Moment::now()))
    }

    /// Begins to wait, from `since` on, in a place that this outlives.
    #[cfg(feature = "sqlx")]
    pub(super) fn wait_here(&self, since: Moment) -> PoolSlot<&Meter> {
        PoolSlot::begin(&self.0, since)
    }

    /// Says that there is a connection, which may be kept for longer than the wait was.
    #[cfg(feature = "sqlx")]
    pub(super) fn acquired(&self, waited: PoolSlot<&Meter>) -> PoolUse {
        drop(waited);
        PoolUse(PoolSlot::using(Arc::clone(&self.0), Moment::now()))
    }

    /// Records how long it took to open a connection.
    pub fn created(&self, took: Duration) {
        self.0.creates.record(took.as_secs_f64());
    }

    #[cfg(feature = "sqlx")]
    pub(super) fn opened(&self, since: Moment) {
        self.0.creates.record(since.seconds());
    }

    #[cfg(feature = "sqlx")]
    pub(super) fn name(&self) -> &'static str {
        self.0.name.as_str()
    }
}

impl fmt::Debug for PoolMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolMeter").field("name", &self.0.name.as_str()).finish_non_exhaustive()
    }
}

/// Somebody who waits for a connection; the time is recorded however the waiting ends.
#[must_use = "dropping this ends the waiting"]
pub struct PoolWait(PoolSlot<Arc<Meter>>);

impl PoolWait {
    /// Says that there is a connection, which is in use until what is returned is dropped.
    pub fn acquired(self) -> PoolUse {
        PoolUse(self.0.acquired(Moment::now()))
    }

    /// Says that the pool had none in time.
    pub fn timed_out(self) {
        self.0.timed_out();
    }
}

impl fmt::Debug for PoolWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolWait").field("pool", &self.0.meter.name.as_str()).finish_non_exhaustive()
    }
}

/// Somebody who has a connection; dropping this gives it back.
#[must_use = "dropping this ends the use"]
pub struct PoolUse(PoolSlot<Arc<Meter>>);

impl fmt::Debug for PoolUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolUse").field("pool", &self.0.meter.name.as_str()).finish_non_exhaustive()
    }
}
