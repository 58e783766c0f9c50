//! Futures and streams of a driver, watched until their end.

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

/// What a driver's stream yields: rows, and after those of each statement its result.
pub(super) type Item<DB> = Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

pin_project! {
    /// A future that is the rest of what a guard measures.
    #[must_use = "a future does nothing unless it is polled"]
    pub(super) struct MeasuredFuture<G, F, R> {
        // Dropped before the future, so that what the future's own drop does is not in its time.
        guard: G,
        rows: R,
        #[pin]
        future: F,
    }
}

/// Awaits `future`, which is the rest of what `guard` measures.
pub(super) fn measured<G, F, T>(guard: G, future: F) -> MeasuredFuture<G, F, impl Fn(&T) -> u64>
where
    F: Future<Output = Result<T, Error>>,
{
    MeasuredFuture { guard, rows: |_: &T| 0, future }
}

/// Awaits at most one row, as the rest of what `guard` measures.
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

/// The rows of one operation. The time that their reader takes between two of them is not the database's.
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

/// A stream of what a future hands on, one item at a time: so that one thing can own a connection and the rows it lends.
pub(super) struct Relay<'e, T> {
    slot: Arc<Mutex<Option<T>>>,
    /// Nothing once it has ended.
    source: Option<BoxFuture<'e, ()>>,
}

/// Where the future of a [`Relay`] hands its items on.
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
    /// Hands `item` on, and goes on when the next one is asked for.
    pub(super) async fn hand_on(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        let mut handed = false;
        // Whoever takes the item polls again by itself, so nobody has to be woken.
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
