//! The future: an exchange until its head.

use std::fmt;
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
    pub(crate) fn begin(observer: Option<O>, bodies: Bodies, call: impl FnOnce() -> F) -> Self {
        let mut guard = Guard::new(observer, bodies);
        let unwinding = guard.on_unwind();
        let inner = call();
        unwinding.disarm();
        Self { inner, guard }
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
        let unwinding = this.guard.on_unwind();
        let polled = this.inner.poll(context);
        unwinding.disarm();
        Poll::Ready(match ready!(polled) {
            Ok(response) => {
                let announced = this.guard.head(&response);
                let guard = std::mem::replace(this.guard, Guard::idle());
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
