//! What a complete layer costs at least: everything that ours does, on atomics that stand in one static, for one method.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use ::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;

use super::{ATOMICS, Call, desk::Desk};
use crate::contest::Contestant;
use crate::in_flight::{ENDS, Figures, InFlightRequest};

static FIGURES: Figures = Figures::new();

/// Messages both ways, each read alone: every access is relaxed.
static RECEIVED: AtomicU64 = AtomicU64::new(0);
static SENT: AtomicU64 = AtomicU64::new(0);

/// The code of gRPC for a call without a status.
const CANCELLED: usize = 1;

/// The code of gRPC for a status that cannot be read.
const UNKNOWN: usize = 2;

pub(super) fn contestant(call: Call) -> Contestant {
    super::contestant(ATOMICS, call, CountingService(Desk), || FIGURES.ended())
}

#[derive(Clone)]
struct CountingService<S>(S);

/// Reads how a call ends, where its headers or trailers say so.
fn read(running: &mut InFlightRequest, headers: &HeaderMap) {
    if let Some(status) = headers.get("grpc-status") {
        let code = status.to_str().ok().and_then(|status| status.parse().ok());
        running.end = code.filter(|code| *code < ENDS).unwrap_or(UNKNOWN);
    }
}

impl<S, B, R> Service<Request<B>> for CountingService<S>
where
    S: Service<Request<CountingBody<B>>, Response = Response<R>>,
{
    type Response = Response<CountingBody<R>>;
    type Error = S::Error;
    type Future = CountingFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let running = Some(InFlightRequest::begin(&FIGURES, CANCELLED));
        let request = request.map(|inner| CountingBody { inner, messages: &RECEIVED, running: None });
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

impl<F: Future<Output = Result<Response<R>, E>>, R, E> Future for CountingFuture<F> {
    type Output = Result<Response<CountingBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        let mut running = this.running.take();
        if let Some(running) = &mut running {
            read(running, response.headers());
        }
        Poll::Ready(Ok(response.map(|inner| CountingBody { inner, messages: &SENT, running })))
    }
}

pin_project! {
    struct CountingBody<B> {
        #[pin]
        inner: B,
        messages: &'static AtomicU64,
        running: Option<InFlightRequest>,
    }
}

impl<B: Body<Data = Bytes>> Body for CountingBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            if let Some(data) = frame.data_ref() {
                // Frames that are cut elsewhere than between messages would need more than this.
                let mut rest = &data[..];
                let mut messages = 0;
                while let [_, a, b, c, d, more @ ..] = rest {
                    messages += 1;
                    rest = more.get(u32::from_be_bytes([*a, *b, *c, *d]) as usize..).unwrap_or_default();
                }
                this.messages.fetch_add(messages, Ordering::Relaxed);
            } else if let Some(trailers) = frame.trailers_ref()
                && let Some(mut running) = this.running.take()
            {
                read(&mut running, trailers);
            }
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
