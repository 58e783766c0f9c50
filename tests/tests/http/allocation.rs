//! Allocations of the HTTP layer for a request on a registered route, counted exactly.
//!
//! Handles are only kept under the recorder of the process, so this test installs one in a process of its own.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use axum::body::Body;
use axum::routing::get;
use axum::{Router, extract::Path};
use http::Request;
use http_body::Body as _;
use mme_metrics::exchange::{End, ExchangeLayer, Observe, Watch};
use mme_metrics::http::{HTTP, HttpLayer};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone;
use tower::ServiceExt as _;

/// Wraps future and body, and watches nothing.
#[derive(Clone)]
struct Nothing;

struct Nobody;

impl<B> Watch<B> for Nothing {
    type Observer = Nobody;
    type Body = B;

    fn begin(&self, _: &mut Request<B>) -> Option<Nobody> {
        None
    }

    fn request(_: Option<&Nobody>, request: Request<B>) -> Request<B> {
        request
    }
}

impl Observe for Nobody {
    fn end(self, _: End) {}
}

fn app() -> Router {
    async fn user(Path(id): Path<u32>) -> String {
        id.to_string()
    }
    Router::new().route("/users/{id}", get(user))
}

/// Sends requests as a server does, and reads each response to its end.
fn send(router: &Router, requests: usize) -> AllocationInfo {
    let context = &mut Context::from_waker(Waker::noop());
    let mut one = || {
        let request = Request::get("/users/7").body(Body::empty()).expect("the request is valid");
        let response = pin!(router.clone().oneshot(request)).poll(context);
        let Poll::Ready(Ok(response)) = response else { panic!("the handler awaits nothing") };
        let mut body = pin!(response.into_body());
        while !body.is_end_stream() {
            let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(context) else { panic!("the body is in memory") };
        }
    };
    measure(|| (0..requests).for_each(|_| one()))
}

#[test]
fn a_request_allocates_once_more_at_most_and_nothing_stays() {
    run_alone(|| {
        let recorder =
            Recorder::builder().process_metrics(false).install().expect("nobody else installs a recorder here");
        let wrapped = app().layer(ExchangeLayer::new(Nothing)).with_state(());
        let measured = app().layer(HttpLayer::new()).with_state(());
        // The first ones make series, and what threads keep.
        for router in [&wrapped, &measured] {
            send(router, 10);
        }
        let (nothing, ours) = (send(&wrapped, 100), send(&measured, 100));
        assert!(ours.count_total <= nothing.count_total + 100, "{} and {}", ours.count_total, nothing.count_total);
        let many = send(&measured, 10_000);
        assert_eq!((many.count_current, many.bytes_current), (0, 0));
        // All of them were measured.
        let text = recorder.render(Format::Text);
        let count = format!("{}_count", HTTP.server_duration.spec().name);
        assert!(text.lines().any(|line| line.starts_with(&count) && line.ends_with(" 10110")), "{text}");
    });
}
