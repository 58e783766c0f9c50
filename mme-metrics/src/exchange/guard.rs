//! Who owns an exchange, and ends it.

use std::fmt;
use std::mem;

use ::http::{Method, Response, StatusCode, header};
use bytes::Buf;
use http_body::{Body, Frame};

use super::{End, Observe};

/// Owns the observer of one exchange. It moves from the future into the body, and ends the exchange when it is dropped.
#[must_use = "dropping this ends the exchange"]
pub(super) struct Guard<O: Observe> {
    observer: Option<O>,
    method: Bodies,
}

/// What a method says of the body of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    Allowed,
    /// HEAD.
    Never,
    /// CONNECT.
    UnlessSuccess,
}

impl Bodies {
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Never,
            Method::CONNECT => Self::UnlessSuccess,
            _ => Self::Allowed,
        }
    }
}

impl<O: Observe> Guard<O> {
    pub(super) const fn new(observer: Option<O>, method: Bodies) -> Self {
        Self { observer, method }
    }

    /// Watches nothing.
    pub(super) const fn idle() -> Self {
        Self { observer: None, method: Bodies::Allowed }
    }

    pub(super) fn end(&mut self, end: End) {
        if let Some(observer) = self.observer.take() {
            observer.end(end);
        }
    }

    /// Ends the exchange with an error.
    pub(super) fn fail<E: 'static>(&mut self, error: &E, end: End) {
        if let Some(mut observer) = self.observer.take() {
            observer.error(error);
            observer.end(end);
        }
    }

    pub(super) fn data(&mut self, data: &impl Buf) {
        if let Some(observer) = &mut self.observer {
            observer.data(data);
        }
    }

    pub(super) fn trailers(&mut self, trailers: &::http::HeaderMap) {
        if let Some(observer) = &mut self.observer {
            observer.trailers(trailers);
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.observer.is_none()
    }

    /// Tells of the response's head, and ends the exchange if nothing follows it. Returns how many bytes the body announced.
    pub(super) fn head<B: Body>(&mut self, response: &Response<B>) -> Option<u64> {
        let observer = self.observer.as_mut()?;
        observer.head(response);
        if response.body().is_end_stream() || !self.may_have_body(response.status()) {
            self.end(End::Complete);
            return None;
        }
        if O::NEEDS_TRAILERS {
            return None;
        }
        let announced = announced(response);
        if announced == Some(0) {
            self.end(End::Complete);
        }
        announced
    }

    /// Says whether a server sends a body with this status (RFC 9110, section 6.4.1).
    fn may_have_body(&self, status: StatusCode) -> bool {
        let never = match self.method {
            Bodies::Allowed => false,
            Bodies::Never => true,
            Bodies::UnlessSuccess => status.is_success(),
        };
        !(never || status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED))
    }

    /// Takes the frame behind the data. Nothing follows trailers, and hyper does not ask whether something does.
    #[cold]
    #[inline(never)]
    pub(super) fn last<D>(&mut self, frame: Frame<D>, end: End) -> Frame<D> {
        if let Some(trailers) = frame.trailers_ref() {
            self.trailers(trailers);
            self.end(end);
        }
        frame
    }

    /// Runs foreign code, a panic of which ends the exchange.
    ///
    /// It stays a function of its own: what a call returns that has something to clean up after it is moved once more, and
    /// responses are large.
    #[inline(never)]
    pub(super) fn run<R>(&mut self, foreign: impl FnOnce() -> R) -> R {
        self.watch(foreign)
    }

    /// Runs foreign code as `run` does, but in place: for what is taken apart and not moved as a whole.
    #[inline]
    pub(super) fn watch<R>(&mut self, foreign: impl FnOnce() -> R) -> R {
        let unwinding = Unwinding(self);
        let returned = foreign();
        mem::forget(unwinding);
        returned
    }
}

/// The length that the response announces: what the body knows of itself, or else the header.
fn announced<B: Body>(response: &Response<B>) -> Option<u64> {
    let by_header = || response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(by_header)
}

impl<O: Observe> Drop for Guard<O> {
    fn drop(&mut self) {
        self.end(End::Cancelled);
    }
}

impl<O: Observe> fmt::Debug for Guard<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("over", &self.is_over()).finish_non_exhaustive()
    }
}

/// Stands on the stack while foreign code runs, so that only a panic of that code drops it. Asking whether the thread is
/// panicking would not do: whoever catches the panic may drop the future later, and a future may be dropped by the panic of
/// something else.
struct Unwinding<'a, O: Observe>(&'a mut Guard<O>);

impl<O: Observe> Drop for Unwinding<'_, O> {
    fn drop(&mut self) {
        self.0.end(End::Panic);
    }
}
