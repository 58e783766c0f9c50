//! The future: an exchange until its head.

use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::guard::{Bodies, Guard};
use super::{End, ExchangeBody, Observe};

pin_project! {
    /// The response of an [`ExchangeService`](super::ExchangeService), to come.
    ///
    /// # Cancellation
    ///
    /// Dropping it ends the exchange as cancelled, polled or not.
    pub struct ExchangeFuture<F, O: Observe> {
        #[pin]
        inner: F,
        guard: Guard<O>,
    }
}

impl<F, O: Observe> ExchangeFuture<F, O> {
    #[inline]
    pub(crate) fn begin(observer: Option<O>, bodies: Bodies, call: impl FnOnce() -> F) -> Self {
        // It is not dropped when the call panics, and need not be: the exchange is over by then. With nothing to clean up
        // here, the future is written where it belongs at once; that of a router is too large to be moved for nothing.
        let mut guard = ManuallyDrop::new(Guard::new(observer, bodies));
        Self { inner: guard.run(call), guard: ManuallyDrop::into_inner(guard) }
    }
}

impl<F, O, B, E> Future for ExchangeFuture<F, O>
where
    F: Future<Output = Result<Response<B>, E>>,
    O: Observe,
    B: Body,
    E: 'static,
{
    type Output = Result<Response<ExchangeBody<B, O>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(match ready!(this.guard.run(|| this.inner.poll(context))) {
            Ok(response) => {
                let announced = this.guard.head(&response);
                let guard = mem::replace(this.guard, Guard::idle());
                Ok(response.map(|body| ExchangeBody::new(body, guard, announced)))
            }
            Err(error) => {
                this.guard.fail(&error, End::Error);
                Err(error)
            }
        })
    }
}

impl<F, O: Observe> fmt::Debug for ExchangeFuture<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeFuture").field("guard", &self.guard).finish_non_exhaustive()
    }
}
