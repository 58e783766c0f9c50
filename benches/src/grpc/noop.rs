//! A layer that records nothing, in a future and bodies of its own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;

use super::{Call, NOOP, desk::Desk};
use crate::contest::Contestant;

pub(super) fn contestant(call: Call) -> Contestant {
    super::contestant(NOOP, call, Wrapping(Desk), || 0)
}

#[derive(Clone)]
struct Wrapping<S>(S);

impl<S, B, R> Service<Request<B>> for Wrapping<S>
where
    S: Service<Request<Wrapped<B>>, Response = Response<R>>,
{
    type Response = Response<Wrapped<R>>;
    type Error = S::Error;
    type Future = Wrapped<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Wrapped { inner: self.0.call(request.map(|inner| Wrapped { inner })) }
    }
}

pin_project! {
    struct Wrapped<T> {
        #[pin]
        inner: T,
    }
}

impl<F: Future<Output = Result<Response<B>, E>>, B, E> Future for Wrapped<F> {
    type Output = Result<Response<Wrapped<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().inner.poll(context))?;
        Poll::Ready(Ok(response.map(|inner| Wrapped { inner })))
    }
}

impl<B: Body> Body for Wrapped<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
