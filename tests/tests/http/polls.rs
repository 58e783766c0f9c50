//! Random cancels, panics and errors at every poll: what has ended is counted once, and what runs is in flight.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response};
use http_body::{Body, Frame};
use mme_metrics::http::{HTTP, HttpErrorType, HttpMethod, Scheme};
use mme_metrics::testing::Emission;
use tower::{BoxError, Layer, Service, service_fn};

use crate::{ended, get, layer};

/// Does something else at each poll, first as a future, then as a body.
struct Fickle(Rng);

impl Future for Fickle {
    type Output = Result<Response<Fickle>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.u8(..6) {
            0..3 => Poll::Pending,
            3 => Poll::Ready(Err("by the dice".into())),
            4 => panic!("by the dice"),
            _ => Poll::Ready(Ok(Response::new(Fickle(self.0.clone())))),
        }
    }
}

impl Body for Fickle {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match self.0.u8(..8) {
            0..2 => return Poll::Pending,
            2..5 => Some(Ok(Frame::data(Bytes::from_static(b"x")))),
            5 => Some(Err("by the dice".into())),
            6 => panic!("by the dice"),
            _ => None,
        })
    }
}

/// Runs one exchange until the dice drop it or it ends, and returns how it should be told.
fn run(seed: u64, patience: &mut Rng) -> (u16, HttpErrorType) {
    let mut service = layer().layer(service_fn(move |_: Request<_>| Fickle(Rng::with_seed(seed))));
    let mut context = Context::from_waker(Waker::noop());
    let mut future = Box::pin(service.call(get()));
    let mut body = loop {
        if patience.u8(..8) == 0 {
            return (0, HttpErrorType::Cancelled);
        }
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
            Err(_) => return (0, HttpErrorType::Panic),
            Ok(Poll::Ready(Err(_))) => return (0, HttpErrorType::Service),
            Ok(Poll::Ready(Ok(response))) => break Box::pin(response.into_body()),
            Ok(Poll::Pending) => {}
        }
    };
    loop {
        if patience.u8(..8) == 0 {
            return (200, HttpErrorType::Cancelled);
        }
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(&mut context))) {
            Err(_) => return (200, HttpErrorType::Panic),
            Ok(Poll::Ready(Some(Err(_)))) => return (200, HttpErrorType::Body),
            Ok(Poll::Ready(None)) => return (200, HttpErrorType::None),
            Ok(Poll::Ready(Some(Ok(_))) | Poll::Pending) => {}
        }
    }
}

#[test]
fn every_seed_ends_once_as_what_it_was() {
    let emission = Emission::new();
    let mut ends = std::collections::HashMap::new();
    for seed in 1..=3_000_u64 {
        let end = emission.record(|| run(seed, &mut Rng::with_seed(!seed)));
        *ends.entry(end).or_insert(0) += 1;
    }
    assert!(ends.len() == 7, "the dice leave some end out: {ends:?}");
    let expect = emission.expect().gauge(&HTTP.server_active, (HttpMethod::Get, Scheme::Http), 0.0);
    let expect = ends.iter().fold(expect, |expect, (&(status, error), &count)| {
        expect.histogram(&HTTP.server_duration, ended(status, error), count)
    });
    expect.only();
}
