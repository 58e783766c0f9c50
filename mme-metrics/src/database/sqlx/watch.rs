//! Futures and streams of a driver that are measured until their end.

use std::borrow::BorrowMut;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::sqlx::{Database, Either, Error};
use futures_util::Stream;
use futures_util::future::{BoxFuture, poll_fn};
use futures_util::stream::BoxStream;
use pin_project_lite::pin_project;

use super::error::error_type;
use crate::database::DatabaseCall;
use crate::operation::Guard;
use crate::operation::Outcome;

/// The item of a driver's stream: a row, or the result of a statement after its last row.
pub(super) type Item<DB> = Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

pin_project! {
    /// A future whose end is the end of a measured operation.
    #[must_use = "a future does nothing unless it is polled"]
    pub(super) struct MeasuredFuture<G, F, R> {
        // It is dropped before the future, so that the time does not include the drop of the future.
        guard: G,
        rows: R,
        #[pin]
        future: F,
    }
}

/// Awaits `future`, whose end is the end of the operation of `guard`.
pub(super) fn measured<G, F, T>(guard: G, future: F) -> MeasuredFuture<G, F, impl Fn(&T) -> u64>
where
    F: Future<Output = Result<T, Error>>,
{
    MeasuredFuture { guard, rows: |_: &T| 0, future }
}

/// Awaits at most one row, which is the end of the operation of `guard`.
pub(super) fn settle_row<G, F, T>(guard: G, future: F) -> MeasuredFuture<G, F, impl Fn(&Option<T>) -> u64>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    MeasuredFuture { guard, rows: |row: &Option<T>| u64::from(row.is_some()), future }
}

impl<'c, G, F, R, T> Future for MeasuredFuture<G, F, R>
where
    G: BorrowMut<Guard<DatabaseCall<'c>>>,
    F: Future<Output = Result<T, Error>>,
    R: Fn(&T) -> u64,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let guard = this.guard.borrow_mut();
        guard.enter(&[]);
        let polled = this.future.poll(context);
        match &polled {
            Poll::Pending => guard.leave(),
            Poll::Ready(result) => {
                if let (Ok(returned), Some(call)) = (result, guard.operation()) {
                    call.add_rows((this.rows)(returned));
                }
                guard.conclude(outcome(result));
            }
        }
        polled
    }
}

fn outcome<T>(result: &Result<T, Error>) -> Outcome {
    match result {
        Ok(_) => Outcome::Ok,
        Err(error) => Outcome::Error(error_type(error)),
    }
}

/// The rows of one operation. The time that the reader takes between two rows is not part of the operation.
pub(super) struct Rows<'c, 'e, DB: Database> {
    guard: Guard<DatabaseCall<'c>>,
    rows: BoxStream<'e, Item<DB>>,
}

impl<'c, 'e, DB: Database> Rows<'c, 'e, DB> {
    pub(super) fn new(guard: Guard<DatabaseCall<'c>>, rows: BoxStream<'e, Item<DB>>) -> Self {
        Self { guard, rows }
    }
}

impl<DB: Database> Stream for Rows<'_, '_, DB> {
    type Item = Item<DB>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item<DB>>> {
        let Self { guard, rows } = &mut *self;
        guard.enter(&[]);
        if let Some(call) = guard.operation() {
            call.take_back();
        }
        let polled = rows.as_mut().poll_next(context);
        match &polled {
            Poll::Pending => guard.leave(),
            Poll::Ready(None) => guard.conclude(Outcome::Ok),
            Poll::Ready(Some(Err(error))) => guard.conclude(Outcome::Error(error_type(error))),
            Poll::Ready(Some(Ok(item))) => {
                if let Some(call) = guard.operation() {
                    call.add_rows(u64::from(item.is_right()));
                    call.hand_over();
                }
                guard.leave();
            }
        }
        polled
    }
}

/// A stream of the items that a future sends, one at a time. The future can own a connection and the rows that borrow
/// from it.
pub(super) struct Relay<'e, T> {
    slot: Arc<Mutex<Option<T>>>,
    /// `None` after the end of the future.
    source: Option<BoxFuture<'e, ()>>,
}

/// The sender for the future of a [`Relay`].
pub(super) struct RelaySender<T>(Arc<Mutex<Option<T>>>);

impl<'e, T> Relay<'e, T> {
    pub(super) fn new<F>(source: impl FnOnce(RelaySender<T>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'e,
    {
        let slot = Arc::new(Mutex::new(None));
        let source = source(RelaySender(Arc::clone(&slot)));
        Self { slot, source: Some(Box::pin(source)) }
    }
}

impl<T> RelaySender<T> {
    /// Sends `item`, and waits until the reader asks for the next one.
    pub(super) async fn hand_on(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        let mut handed = false;
        // The reader polls again after it took the item, so no waker is needed.
        poll_fn(|_| if std::mem::replace(&mut handed, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl<T> Stream for Relay<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(source) = &mut self.source else { return Poll::Ready(None) };
        if source.as_mut().poll(context).is_ready() {
            self.source = None;
            return Poll::Ready(None);
        }
        let handed = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        handed.map_or(Poll::Pending, |item| Poll::Ready(Some(item)))
    }
}
