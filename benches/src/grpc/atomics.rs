//! What a complete layer costs at least: everything that ours does, on atomics that stand in one static, for one method.

use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use ::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;

use super::{ATOMICS, Call, desk::Desk};
use crate::contest::Contestant;
use crate::load::RECORD_BOUNDS;

/// The figures. All are read alone, so nothing orders them: every access is relaxed.
struct Figures {
    active: AtomicI64,
    received: AtomicU64,
    sent: AtomicU64,
    calls: [AtomicU64; 17],
    buckets: [AtomicU64; RECORD_BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

static FIGURES: Figures = Figures {
    active: AtomicI64::new(0),
    received: AtomicU64::new(0),
    sent: AtomicU64::new(0),
    calls: [const { AtomicU64::new(0) }; 17],
    buckets: [const { AtomicU64::new(0) }; RECORD_BOUNDS.len() + 1],
    nanoseconds: AtomicU64::new(0),
};

pub(super) fn contestant(call: Call) -> Contestant {
    let done = || FIGURES.calls.iter().map(|calls| calls.load(Ordering::Relaxed)).sum();
    super::contestant(ATOMICS, call, Counting(Desk), done)
}

#[derive(Clone)]
struct Counting<S>(S);

/// One call, which ends when this is dropped.
struct Running {
    began: Instant,
    code: usize,
}

impl Running {
    fn begin() -> Self {
        FIGURES.active.fetch_add(1, Ordering::Relaxed);
        // 1 is cancelled.
        Self { began: Instant::now(), code: 1 }
    }

    fn read(&mut self, headers: &HeaderMap) {
        if let Some(status) = headers.get("grpc-status") {
            let code = status.to_str().ok().and_then(|status| status.parse().ok());
            self.code = code.filter(|code| *code < 17).unwrap_or(2);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let seconds = took.as_secs_f64();
        let bucket = RECORD_BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(RECORD_BOUNDS.len());
        FIGURES.calls[self.code].fetch_add(1, Ordering::Relaxed);
        FIGURES.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        FIGURES.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        FIGURES.active.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S, B, R> Service<Request<B>> for Counting<S>
where
    S: Service<Request<Counted<B>>, Response = Response<R>>,
{
    type Response = Response<Counted<R>>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let running = Some(Running::begin());
        let request = request.map(|inner| Counted { inner, messages: &FIGURES.received, running: None });
        Answering { inner: self.0.call(request), running }
    }
}

pin_project! {
    struct Answering<F> {
        #[pin]
        inner: F,
        running: Option<Running>,
    }
}

impl<F: Future<Output = Result<Response<R>, E>>, R, E> Future for Answering<F> {
    type Output = Result<Response<Counted<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        let mut running = this.running.take();
        if let Some(running) = &mut running {
            running.read(response.headers());
        }
        Poll::Ready(Ok(response.map(|inner| Counted { inner, messages: &FIGURES.sent, running })))
    }
}

pin_project! {
    struct Counted<B> {
        #[pin]
        inner: B,
        messages: &'static AtomicU64,
        running: Option<Running>,
    }
}

impl<B: Body<Data = Bytes>> Body for Counted<B> {
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
                running.read(trailers);
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
