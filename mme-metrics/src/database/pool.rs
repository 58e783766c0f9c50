//! Metrics of connection pools: their connections, the callers that wait, and the times of waiting and use.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::label::PoolName;
use super::meter::{Meter, PoolFigures, PoolIdentity, PoolSlot};
use super::metrics::DATABASE;
use super::pools;
use crate::clock::Moment;

/// Measures one connection pool of any library. Clones measure the same pool. When the last clone is dropped, the pool
/// is no longer measured.
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
///         PoolFigures::of_open(size, available).max(10)
///     }
/// });
///
/// let wait = meter.start_wait();
/// match pool.get() {
///     Ok(connection) => {
///         let using = wait.acquired();
///         // … use the connection until it goes back to the pool.
///         drop((connection, using));
///     }
///     Err(_timeout) => wait.timed_out(),
/// }
/// ```
#[derive(Clone)]
pub struct PoolMeter(Arc<Meter>);

impl PoolMeter {
    /// Measures a pool under a name that the service chooses. The callback `figures` returns a snapshot of the pool.
    ///
    /// It is called right before each exposition. If it panics, the figures are unknown, and are not exported until it returns
    /// again. Pools with the same name are exported as one, with the sums of their figures, so measure a pool once and clone its
    /// meter. A program has at most 100 names; later pools are called `_other`.
    pub fn new(name: &str, figures: impl Fn() -> PoolFigures + Send + Sync + 'static) -> Self {
        Self::with(name, Box::new(figures), None)
    }

    /// Measures a pool that can be recognized, so that its figures count once however often it is measured under one name.
    #[cfg(any(feature = "sqlx", test))]
    pub(super) fn recognized(
        name: &str,
        figures: impl Fn() -> PoolFigures + Send + Sync + 'static,
        identity: impl Fn() -> usize + Send + Sync + 'static,
    ) -> Self {
        Self::with(name, Box::new(figures), Some(Box::new(identity)))
    }

    fn with(name: &str, figures: Box<dyn Fn() -> PoolFigures + Send + Sync>, identity: Option<PoolIdentity>) -> Self {
        let name = PoolName::register(name).unwrap_or(PoolName::FALLBACK);
        let meter = Arc::new(Meter {
            name,
            pending: AtomicUsize::new(0),
            figures,
            identity,
            waits: DATABASE.connection_wait.with((name,)),
            uses: DATABASE.connection_use.with((name,)),
            creates: DATABASE.connection_create.with((name,)),
            timeouts: DATABASE.connection_timeouts.with((name,)),
        });
        pools::add(&meter);
        meter.timeouts.touch();
        Self(meter)
    }

    /// Starts to wait for a connection.
    pub fn start_wait(&self) -> PoolWait {
        PoolWait(PoolSlot::begin(Arc::clone(&self.0), Moment::now()))
    }

    /// Starts a wait at `since` that borrows this meter.
    #[cfg(feature = "sqlx")]
    pub(super) fn wait_here(&self, since: Moment) -> PoolSlot<&Meter> {
        PoolSlot::begin(&self.0, since)
    }

    /// Ends a wait with a connection, and returns its use, which does not borrow this meter.
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

/// A wait for a connection. Its time is recorded however it ends.
#[must_use = "dropping this ends the waiting"]
pub struct PoolWait(PoolSlot<Arc<Meter>>);

impl PoolWait {
    /// Ends the wait with a connection. It is in use until the returned guard is dropped.
    pub fn acquired(self) -> PoolUse {
        PoolUse(self.0.acquired(Moment::now()))
    }

    /// Ends the wait with a timeout of the pool.
    pub fn timed_out(self) {
        self.0.timed_out();
    }
}

impl fmt::Debug for PoolWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolWait").field("pool", &self.0.meter.name.as_str()).finish_non_exhaustive()
    }
}

/// The use of a connection. It ends when this guard is dropped, so drop it when the connection goes back to the pool.
#[must_use = "dropping this ends the use"]
pub struct PoolUse(PoolSlot<Arc<Meter>>);

impl fmt::Debug for PoolUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolUse").field("pool", &self.0.meter.name.as_str()).finish_non_exhaustive()
    }
}
