//! The owner of an observer, which ends the exchange exactly once.

use std::fmt;
use std::mem;

use ::http::Response;
use bytes::Buf;
use http_body::{Body, Frame};

use super::{End, Observe};
use crate::trace::TraceScope;

/// Owns the observer of one exchange. It moves from the future into the body, and ends the exchange when it is dropped.
#[must_use = "dropping this ends the exchange"]
pub(super) struct ExchangeGuard<O: Observe> {
    observer: Option<O>,
    /// Bytes that are still to come, or [`UNANNOUNCED`].
    left: u64,
}

/// No length was announced.
const UNANNOUNCED: u64 = u64::MAX;

impl<O: Observe> ExchangeGuard<O> {
    /// Takes an observer; without one there is nothing to end.
    pub(super) const fn new(observer: Option<O>) -> Self {
        Self { observer, left: UNANNOUNCED }
    }

    /// Sets the length of the body that was announced to the client, if one was.
    pub(super) fn announce(&mut self, length: Option<u64>) {
        self.left = length.unwrap_or(UNANNOUNCED);
    }

    /// Subtracts bytes that have passed from the announced length, and returns whether they were more than that.
    #[inline]
    pub(super) const fn exceeds_length(&mut self, bytes: usize) -> bool {
        if self.left == UNANNOUNCED {
            return false;
        }
        let is_exceeded = bytes as u64 > self.left;
        self.left = self.left.saturating_sub(bytes as u64);
        is_exceeded
    }

    pub(super) fn end(&mut self, end: End) {
        if let Some(observer) = self.observer.take() {
            observer.end(end);
        }
    }

    /// Ends the exchange because the body has ended. If that is before the announced length, a server breaks the connection.
    pub(super) fn finish(&mut self) {
        self.end(if matches!(self.left, 0 | UNANNOUNCED) { End::Complete } else { End::BodyError });
    }

    /// Ends the exchange with an error, and returns the error as the observer hands it on.
    #[cold]
    pub(super) fn fail<E: 'static>(&mut self, error: E, end: End) -> E {
        let Some(mut observer) = self.observer.take() else { return error };
        let error = observer.error(error);
        observer.end(end);
        error
    }

    #[inline]
    pub(super) fn pending(&mut self) {
        if let Some(observer) = &mut self.observer {
            observer.pending();
        }
    }

    /// Ends the exchange because the body has ended without trailers.
    #[inline]
    pub(super) fn ended<B: Body>(&mut self, body: &B) {
        if let Some(observer) = &mut self.observer {
            observer.ended(body);
        }
        self.finish();
    }

    pub(super) fn head<B: Body>(&mut self, response: &Response<B>) {
        if let Some(observer) = &mut self.observer {
            observer.head(response);
        }
    }

    pub(super) fn data(&mut self, data: &impl Buf) {
        if let Some(observer) = &mut self.observer {
            observer.data(data);
        }
    }

    #[inline]
    pub(super) fn ends_with_data(&self) -> bool {
        self.observer.as_ref().is_some_and(O::ends_with_data)
    }

    pub(super) const fn is_over(&self) -> bool {
        self.observer.is_none()
    }

    /// Reports a frame that is not data. Trailers end the exchange: nothing follows them, and hyper does not poll the body again.
    #[cold]
    #[inline(never)]
    pub(super) fn last<D>(&mut self, frame: Frame<D>) -> Frame<D> {
        if let Some(trailers) = frame.trailers_ref() {
            if let Some(observer) = &mut self.observer {
                observer.trailers(trailers);
            }
            self.finish();
        }
        frame
    }

    /// Runs the service's code; if it panics, the exchange ends.
    ///
    /// It is a function of its own, because a result that needs clean-up after it is moved once more, and responses are large.
    #[inline(never)]
    pub(super) fn run<R>(&mut self, foreign: impl FnOnce() -> R) -> R {
        self.watch(foreign)
    }

    /// Does the same as `run`, inlined: for a result that is taken apart and not moved as a whole.
    #[inline]
    pub(super) fn watch<R>(&mut self, foreign: impl FnOnce() -> R) -> R {
        if !O::NEEDS_END {
            return foreign();
        }
        let trace = self.observer.as_ref().and_then(Observe::trace);
        let _scope = trace.map(|trace| TraceScope::Request(trace).enter());
        let unwind = UnwindGuard(self);
        let returned = foreign();
        mem::forget(unwind);
        returned
    }
}

impl<O: Observe> Drop for ExchangeGuard<O> {
    #[inline]
    fn drop(&mut self) {
        if !O::NEEDS_END {
            return;
        }
        self.end(if self.left == 0 { End::Complete } else { End::Cancelled });
    }
}

impl<O: Observe> fmt::Debug for ExchangeGuard<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeGuard").field("over", &self.is_over()).finish_non_exhaustive()
    }
}

/// Stands on the stack while the service's code runs, so that only a panic of that code drops it.
///
/// `std::thread::panicking` does not tell the same: a caught panic may be followed by the drop of the future later, and the
/// panic of other code may drop a future that did not panic.
struct UnwindGuard<'a, O: Observe>(&'a mut ExchangeGuard<O>);

impl<O: Observe> Drop for UnwindGuard<'_, O> {
    fn drop(&mut self) {
        self.0.end(End::Panic);
    }
}
