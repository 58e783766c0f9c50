//! What a complete layer costs at least: duration to the last byte, requests in flight and every end, for one method and one
//! route, on atomics that stand in one static.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;
use tower::layer::layer_fn;

use super::{ATOMICS, app};
use crate::contest::Contestant;
use crate::in_flight::{Figures, InFlightRequest};

static FIGURES: Figures = Figures::new();

/// Beside the five classes of statuses.
const CANCELLED: usize = 0;

pub(super) fn contestant() -> Contestant {
    super::contestant(ATOMICS, app().layer(layer_fn(CountingService)), || FIGURES.ended())
}

#[derive(Clone)]
struct CountingService<S>(S);

impl<S, B, R> Service<Request<B>> for CountingService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<CountingBody<R>>;
    type Error = S::Error;
    type Future = CountingFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let running = Some(InFlightRequest::begin(&FIGURES, CANCELLED));
        CountingFuture { inner: self.0.call(request), running }
    }
}

pin_project! {
    struct CountingFuture<F> {
        #[pin]
        inner: F,
        running: Option<InFlightRequest>,
    }
}

impl<F: Future<Output = Result<Response<R>, E>>, R: Body, E> Future for CountingFuture<F> {
    type Output = Result<Response<CountingBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        let status = usize::from(response.status().as_u16() / 100).min(5);
        let running = this.running.take();
        Poll::Ready(Ok(response.map(|inner| CountingBody { inner, status, running })))
    }
}

pin_project! {
    /// A body that ends cancelled unless it is read to its end.
    struct CountingBody<B> {
        #[pin]
        inner: B,
        status: usize,
        running: Option<InFlightRequest>,
    }
}

impl<B: Body> Body for CountingBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.inner.as_mut().poll_frame(context);
        if let Poll::Ready(frame) = &polled
            && (frame.is_none() || this.inner.is_end_stream())
            && let Some(mut running) = this.running.take()
        {
            running.end = *this.status;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
