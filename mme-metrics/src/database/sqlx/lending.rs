//! An acquire that is watched.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::sqlx::Error;
use ::sqlx::pool::PoolConnection;
use pin_project_lite::pin_project;

use super::driver::Driver;
use super::opening::Opening;
use super::pool::Shared;
use crate::clock::Moment;
use crate::database::PoolWait;

pin_project! {
    /// Somebody to whom the pool is about to lend a connection. The future of the acquire is large, and stands here only once.
    #[must_use = "a future does nothing unless it is polled"]
    pub(super) struct Lending<'s, DB: Driver, F> {
        shared: &'s Shared<DB>,
        // Nothing once it has ended.
        wait: Option<PoolWait>,
        opening: Opening,
        #[pin]
        acquiring: F,
    }
}

impl<'s, DB: Driver, F> Lending<'s, DB, F> {
    /// Waits for `acquiring`, from `since` on.
    pub(super) fn new(shared: &'s Shared<DB>, since: Moment, acquiring: F) -> Self {
        Self { shared, wait: Some(shared.meter.wait_since(since)), opening: Opening::default(), acquiring }
    }
}

impl<DB, F> Future for Lending<'_, DB, F>
where
    DB: Driver,
    F: Future<Output = Result<PoolConnection<DB>, Error>>,
{
    type Output = Result<(PoolConnection<DB>, PoolWait), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (shared, acquiring) = (*this.shared, this.acquiring);
        let acquired = ready!(this.opening.watch(shared, || acquiring.poll(context)));
        let wait = this.wait.take().expect("a future is not polled after its end");
        match acquired {
            Ok(connection) => {
                if let Some(since) = this.opening.since() {
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
