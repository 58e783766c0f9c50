//! A thousand requests of each outcome: all are counted, none as a success, and none stays in flight.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, StreamBody};
use mme_metrics::event::{Event, Listener};
use mme_metrics::http::{HTTP, HttpErrorType, HttpMethod, HttpStatus, Scheme};
use mme_metrics::testing::{Emission, record};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{expect, get, hello, layer};

const TIMES: u64 = 1_000;

type Answer = Result<Response<Empty<Bytes>>, BoxError>;

/// Polls once, with nobody to wake.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn quietly<T>(code: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(AssertUnwindSafe(code)).ok()
}

#[test]
fn a_future_dropped_before_its_first_poll_is_cancelled() {
    let emission = record(|| {
        let mut service = layer().layer(service_fn(hello));
        (0..TIMES).for_each(|_| drop(service.call(get())));
    });
    expect(&emission, 0, HttpErrorType::Cancelled, TIMES).only();
}

#[test]
fn a_request_that_began_without_a_recorder_leaves_no_gauge_below_zero() {
    let begun = layer().layer(service_fn(|_| pending::<Answer>())).call(get());
    let emission = record(|| drop(begun));
    expect(&emission, 0, HttpErrorType::Cancelled, 1).only();
}

#[test]
fn a_request_that_ends_under_another_recorder_is_in_flight_where_it_began() {
    let (first, second) = (Emission::new(), Emission::new());
    let begun = first.record(|| layer().layer(service_fn(|_| pending::<Answer>())).call(get()));
    let active = (HttpMethod::Get, Scheme::Http);
    first.expect().gauge(&HTTP.server_active, active, 1.0).only();
    second.record(|| drop(begun));
    first.expect().only();
    expect(&second, 0, HttpErrorType::Cancelled, 1).only();
}

#[test]
fn a_future_dropped_while_pending_is_cancelled() {
    let emission = record(|| {
        let mut service = layer().layer(service_fn(|_| pending::<Answer>()));
        for _ in 0..TIMES {
            assert!(poll_once(pin!(service.call(get()))).is_pending());
        }
    });
    expect(&emission, 0, HttpErrorType::Cancelled, TIMES).only();
}

#[tokio::test]
async fn a_body_dropped_midway_is_cancelled_with_the_status_that_was_sent() {
    let emission = Emission::new();
    let frames = || stream::iter(["a", "b"].map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text)))));
    let service = layer()
        .layer(service_fn(move |_| async move { Ok::<_, Infallible>(Response::new(StreamBody::new(frames()))) }));
    for _ in 0..TIMES {
        let midway = async {
            let mut response = service.clone().oneshot(get()).await.unwrap();
            response.frame().await.unwrap().unwrap();
        };
        emission.record_async(midway).await;
    }
    expect(&emission, 200, HttpErrorType::Cancelled, TIMES).only();
}

#[test]
fn a_panic_of_the_handler_is_a_panic_though_it_is_caught_outside() {
    let emission = record(|| {
        let mut service = layer().layer(service_fn(|_: Request<_>| async { panic!("on purpose") as Answer }));
        for _ in 0..TIMES {
            let mut future = Box::pin(service.call(get()));
            assert!(quietly(|| poll_once(future.as_mut())).is_none());
            // Nobody is panicking any more when the future is dropped.
            drop(future);
        }
    });
    expect(&emission, 0, HttpErrorType::Panic, TIMES).only();
}

#[test]
fn a_panic_of_the_call_itself_is_a_panic() {
    let emission = record(|| {
        let panics = |_: Request<_>| -> std::future::Ready<Answer> { panic!("on purpose") };
        let mut service = layer().layer(service_fn(panics));
        (0..TIMES).for_each(|_| assert!(quietly(|| service.call(get())).is_none()));
    });
    expect(&emission, 0, HttpErrorType::Panic, TIMES).only();
}

#[test]
fn a_panic_that_is_caught_inside_is_the_500_it_became() {
    let emission = record(|| {
        let panics = service_fn(|_: Request<_>| async { panic!("on purpose") as Answer });
        let service = ServiceBuilder::new().layer(layer()).layer(CatchPanicLayer::new()).service(panics);
        for _ in 0..TIMES {
            let response = service.clone().oneshot(get()).now_or_never().unwrap().unwrap();
            response.into_body().collect().now_or_never().unwrap().unwrap();
        }
    });
    expect(&emission, 500, HttpErrorType::Status(HttpStatus::new(500)), TIMES).only();
}

#[test]
fn a_drop_by_somebody_elses_panic_is_cancelled() {
    let emission = record(|| {
        let mut service = layer().layer(service_fn(|_| pending::<Answer>()));
        for _ in 0..TIMES {
            let outcome = quietly(|| {
                let _dropped_by_the_panic = service.call(get());
                panic!("on purpose");
            });
            assert!(outcome.is_none());
        }
    });
    expect(&emission, 0, HttpErrorType::Cancelled, TIMES).only();
}

/// A body whose first poll does what it is told.
struct First<F>(F);

impl<F: FnMut() -> Option<Result<Frame<Bytes>, BoxError>> + Unpin> Body for First<F> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready((self.0)())
    }
}

#[test]
fn a_panic_of_the_body_is_a_panic() {
    let emission = record(|| {
        let body = || First(|| panic!("on purpose"));
        let service = layer().layer(service_fn(move |_| async move { Ok::<_, BoxError>(Response::new(body())) }));
        for _ in 0..TIMES {
            let mut response = service.clone().oneshot(get()).now_or_never().unwrap().unwrap();
            assert!(quietly(|| response.frame().now_or_never()).is_none());
        }
    });
    expect(&emission, 200, HttpErrorType::Panic, TIMES).only();
}

#[test]
fn an_error_of_the_body_is_a_body_error() {
    let emission = record(|| {
        let body = || First(|| Some(Err("on purpose".into())));
        let service = layer().layer(service_fn(move |_| async move { Ok::<_, BoxError>(Response::new(body())) }));
        for _ in 0..TIMES {
            let mut response = service.clone().oneshot(get()).now_or_never().unwrap().unwrap();
            assert!(response.frame().now_or_never().unwrap().unwrap().is_err());
        }
    });
    expect(&emission, 200, HttpErrorType::Body, TIMES).only();
}

#[test]
fn an_error_of_the_service_is_a_service_error() {
    let emission = record(|| {
        let mut service = layer().layer(service_fn(|_| async { Err("on purpose".into()) as Answer }));
        for _ in 0..TIMES {
            assert!(service.call(get()).now_or_never().unwrap().is_err());
        }
    });
    expect(&emission, 0, HttpErrorType::Service, TIMES).only();
}

/// A service that is never ready.
struct Unready;

impl Service<Request<Empty<Bytes>>> for Unready {
    type Response = Response<Empty<Bytes>>;
    type Error = BoxError;
    type Future = std::future::Ready<Answer>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("not ready".into()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        unreachable!("it is never ready")
    }
}

#[test]
fn a_service_that_is_not_ready_has_not_begun() {
    let emission = record(|| {
        let mut service = layer().layer(Unready);
        for _ in 0..TIMES {
            assert!(poll_fn(|context| service.poll_ready(context)).now_or_never().unwrap().is_err());
        }
    });
    emission.expect().only();
}

#[tokio::test(start_paused = true)]
async fn a_timeout_outside_is_cancelled_and_one_inside_is_an_error() {
    let never = || service_fn(|_: Request<_>| pending::<Answer>());
    let second = Duration::from_secs(1);
    let outside = ServiceBuilder::new().timeout(second).layer(layer()).service(never());
    let inside = ServiceBuilder::new().layer(layer()).timeout(second).service(never());
    let emission = Emission::new();
    for _ in 0..TIMES {
        emission.record_async(outside.clone().oneshot(get())).await.unwrap_err();
        assert!(emission.record_async(inside.clone().oneshot(get())).await.is_err());
    }
    expect(&emission, 0, HttpErrorType::Cancelled, TIMES)
        .histogram(&HTTP.server_duration, crate::ended(0, HttpErrorType::Service), TIMES)
        .only();
}

#[test]
fn a_label_of_the_metric_itself_is_refused_at_set_up() {
    for key in ["http_route", "http_request_method", "http_response_status_code", "url_scheme", "error_type"] {
        assert!(quietly(|| layer().label(key, 1, |_| None)).is_none(), "{key}");
        assert!(quietly(|| layer().response_label(key, 1, |_| None)).is_none(), "{key}");
    }
}

#[test]
fn a_label_that_the_layer_has_already_is_refused_at_set_up() {
    let layer = || layer().label("tenant", 1, |_| None).response_label("cache", 1, |_| None);
    for key in ["tenant", "cache"] {
        assert!(quietly(|| layer().label(key, 1, |_| None)).is_none(), "{key}");
        assert!(quietly(|| layer().response_label(key, 1, |_| None)).is_none(), "{key}");
    }
    assert!(quietly(|| layer().label("other", 1, |_| None)).is_some());
}

/// A listener that panics.
struct Panics;

impl Listener for Panics {
    fn ended(&self, _: &Event<'_>) {
        panic!("on purpose");
    }
}

#[test]
fn a_panic_of_a_listener_costs_its_event_and_neither_the_request_nor_the_process() {
    let emission = record(|| {
        let mut service = layer().listener(Panics).layer(service_fn(|_| pending::<Answer>()));
        drop(service.call(get()));
        // A second panic while this one unwinds would end the process.
        let outcome = quietly(|| {
            let _dropped_by_the_panic = service.call(get());
            panic!("on purpose");
        });
        assert!(outcome.is_none());
    });
    expect(&emission, 0, HttpErrorType::Cancelled, 2).only();
}

#[test]
fn an_answer_counts_as_success_only_after_its_last_byte() {
    let emission = Emission::new();
    emission.record(|| {
        let response = layer().layer(service_fn(hello)).oneshot(get()).now_or_never().unwrap().unwrap();
        expect(&emission, 200, HttpErrorType::None, 0)
            .gauge(&HTTP.server_active, (HttpMethod::Get, Scheme::Http), 1.0)
            .only();
        response.into_body().collect().now_or_never().unwrap().unwrap();
    });
    expect(&emission, 200, HttpErrorType::None, 1).only();
}
