//! Random cancels, panics and errors at every poll: what has ended is counted once, and what runs is active.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response};
use http_body::{Body, Frame};
use mme_metrics::grpc::{CallType, Direction, GRPC, GrpcCode, GrpcErrorType, GrpcRequestBody};
use mme_metrics::testing::Emission;
use mme_metrics_tests::grpc::{Calls, Script, call, headers, message, method};
use tower::{BoxError, Layer, Service, service_fn};

use crate::layer;

const WATCH: &str = "desk.v1.Desk/Watch";

/// Does something else at each poll, first as a future, then as a body.
struct Fickle(Rng);

impl Future for Fickle {
    type Output = Result<Response<Fickle>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.u8(..6) {
            0..3 => Poll::Pending,
            3 => Poll::Ready(Err(tonic::Status::unavailable("by the dice").into())),
            4 => panic!("by the dice"),
            _ => Poll::Ready(Ok(Response::new(Fickle(self.0.clone())))),
        }
    }
}

impl Body for Fickle {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match self.0.u8(..12) {
            0..2 => return Poll::Pending,
            2..6 => Some(Ok(Frame::data(message(2).into()))),
            6 => Some(Err("by the dice".into())),
            7 => panic!("by the dice"),
            8..10 => Some(Ok(Frame::trailers(headers(&["0"])))),
            10 => Some(Ok(Frame::trailers(headers(&["9"])))),
            _ => None,
        })
    }
}

type CallEnd = (GrpcCode, bool);

/// Runs one call until the dice drop it or it ends; returns how it should be told, and how many messages were sent.
fn run(seed: u64, patience: &mut Rng) -> (CallEnd, u64) {
    let mut service =
        layer().layer(service_fn(move |_: Request<GrpcRequestBody<Script>>| Fickle(Rng::with_seed(seed))));
    let mut context = Context::from_waker(Waker::noop());
    let mut future = Box::pin(service.call(call(WATCH, Script::empty())));
    let mut body = loop {
        if patience.u8(..8) == 0 {
            return ((GrpcCode::Cancelled, false), 0);
        }
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
            Err(_) => return ((GrpcCode::Internal, true), 0),
            Ok(Poll::Ready(Err(_))) => return ((GrpcCode::Unavailable, false), 0),
            Ok(Poll::Ready(Ok(response))) => break Box::pin(response.into_body()),
            Ok(Poll::Pending) => {}
        }
    };
    let mut sent = 0;
    loop {
        if patience.u8(..8) == 0 {
            return ((GrpcCode::Cancelled, false), sent);
        }
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(&mut context))) {
            Err(_) => return ((GrpcCode::Internal, true), sent),
            Ok(Poll::Ready(Some(Err(_)) | None)) => return ((GrpcCode::Unknown, false), sent),
            Ok(Poll::Ready(Some(Ok(frame)))) => match frame.trailers_ref() {
                Some(trailers) if trailers["grpc-status"] == "0" => return ((GrpcCode::Ok, false), sent),
                Some(_) => return ((GrpcCode::FailedPrecondition, false), sent),
                None => sent += 1,
            },
            Ok(Poll::Pending) => {}
        }
    }
}

#[test]
fn every_seed_ends_once_as_what_it_was() {
    let emission = Emission::new();
    let (mut ends, mut sent) = (HashMap::new(), 0);
    for seed in 1..=3_000_u64 {
        let (end, messages) = emission.record(|| run(seed, &mut Rng::with_seed(!seed)));
        *ends.entry(end).or_insert(0) += 1;
        sent += messages;
    }
    assert!(ends.len() == 6, "the dice leave some end out: {ends:?}");
    let (watch, kind) = (method(WATCH), CallType::ServerStream);
    let mut expectation = emission.expect().counter(&GRPC.server_messages, (watch, Direction::Sent), sent).histogram(
        &GRPC.server_stream_duration,
        (watch, kind),
        3_000,
    );
    for (&(code, panicked), &count) in &ends {
        let calls = Calls::new(watch, kind, code, count);
        expectation =
            Calls { error: if panicked { GrpcErrorType::Panic } else { calls.error }, ..calls }.expect(expectation);
    }
    expectation.only();
}

#[test]
fn a_call_that_nobody_polls_is_cancelled() {
    let emission = Emission::new();
    let mut service = layer().layer(service_fn(|_: Request<GrpcRequestBody<Script>>| Fickle(Rng::with_seed(1))));
    emission.record(|| drop(service.call(call(WATCH, Script::empty().message(1)))));
    let watch = method(WATCH);
    let expectation = Calls::new(watch, CallType::ServerStream, GrpcCode::Cancelled, 1).expect(emission.expect());
    expectation.histogram(&GRPC.server_stream_duration, (watch, CallType::ServerStream), 1).only();
}
