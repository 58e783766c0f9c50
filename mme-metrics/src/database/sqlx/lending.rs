//! Futures that acquire a connection from the pool and measure the wait.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::sqlx::Error;
use ::sqlx::pool::PoolConnection;
use pin_project_lite::pin_project;

use super::connect_detector::ConnectDetector;
use super::driver::Driver;
use super::error::error_type;
use super::pool_state::PoolState;
use crate::clock::Moment;
use crate::database::meter::{Meter, PoolSlot};
use crate::database::{DatabaseCall, PoolUse};
use crate::operation::Guard;
use crate::operation::Outcome;

impl<DB: Driver> PoolState<DB> {
    /// Acquires a connection and measures the wait and the use.
    pub(super) async fn acquire(&self) -> Result<(PoolConnection<DB>, PoolUse), Error> {
        self.lend(Moment::now()).await.map(|(connection, waited)| (connection, self.meter.acquired(waited)))
    }

    /// Acquires a connection and measures the wait from `since` on, however it ends.
    pub(super) fn lend(
        &self,
        since: Moment,
    ) -> AcquireFuture<'_, DB, impl Future<Output = Result<PoolConnection<DB>, Error>> + use<DB>> {
        AcquireFuture::new(self, since, self.pool.acquire())
    }
}

pin_project! {
    /// A future that acquires a connection and measures the wait. The future of sqlx inside it is large, so it is
    /// stored only once.
    #[must_use = "a future does nothing unless it is polled"]
    pub(super) struct AcquireFuture<'s, DB: Driver, F> {
        shared: &'s PoolState<DB>,
        // `None` after the end of the wait.
        wait: Option<PoolSlot<&'s Meter>>,
        detector: ConnectDetector,
        #[pin]
        acquiring: F,
    }
}

impl<'s, DB: Driver, F> AcquireFuture<'s, DB, F> {
    /// Measures the wait for `acquiring` from `since` on.
    pub(super) fn new(shared: &'s PoolState<DB>, since: Moment, acquiring: F) -> Self {
        Self { shared, wait: Some(shared.meter.wait_here(since)), detector: ConnectDetector::default(), acquiring }
    }
}

impl<'s, DB, F> Future for AcquireFuture<'s, DB, F>
where
    DB: Driver,
    F: Future<Output = Result<PoolConnection<DB>, Error>>,
{
    type Output = Result<(PoolConnection<DB>, PoolSlot<&'s Meter>), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (shared, acquiring) = (*this.shared, this.acquiring);
        let acquired = ready!(this.detector.watch(shared, || acquiring.poll(context)));
        let wait = this.wait.take().expect("a future is not polled after its end");
        match acquired {
            Ok(connection) => {
                if let Some(since) = this.detector.since() {
                    shared.meter.opened(since);
                }
                Poll::Ready(Ok((connection, wait)))
            }
            Err(error) => {
                if matches!(error, Error::PoolTimedOut) {
                    wait.timed_out();
                }
                Poll::Ready(Err(error))
            }
        }
    }
}

pin_project! {
    /// A future that acquires the connection of an operation.
    #[must_use = "a future does nothing unless it is polled"]
    pub(super) struct ConnectFuture<'s, 'g, 'c, DB: Driver, F> {
        guard: &'g mut Guard<DatabaseCall<'c>>,
        #[pin]
        lending: AcquireFuture<'s, DB, F>,
    }
}

/// Acquires a connection for an operation. The time of the operation begins with the connection. If the pool has none,
/// the operation fails, and its time is that of the wait.
pub(super) fn connect<'s, 'g, 'c, DB: Driver>(
    guard: &'g mut Guard<DatabaseCall<'c>>,
    shared: &'s PoolState<DB>,
) -> ConnectFuture<'s, 'g, 'c, DB, impl Future<Output = Result<PoolConnection<DB>, Error>> + use<DB>> {
    guard.enter(&[]);
    let since = guard.since();
    ConnectFuture { guard, lending: shared.lend(since) }
}

impl<'s, DB, F> Future for ConnectFuture<'s, '_, '_, DB, F>
where
    DB: Driver,
    F: Future<Output = Result<PoolConnection<DB>, Error>>,
{
    /// The connection and the slot that measures its use.
    type Output = Result<(PoolConnection<DB>, PoolSlot<&'s Meter>), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.guard.enter(&[]);
        match this.lending.poll(context) {
            Poll::Pending => {
                this.guard.leave();
                Poll::Pending
            }
            Poll::Ready(Ok((connection, waited))) => {
                let now = Moment::now();
                this.guard.restart(now);
                Poll::Ready(Ok((connection, waited.acquired(now))))
            }
            Poll::Ready(Err(error)) => {
                this.guard.conclude(Outcome::Error(error_type(&error)));
                Poll::Ready(Err(error))
            }
        }
    }
}
