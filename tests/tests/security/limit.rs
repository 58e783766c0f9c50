//! The layer around a rate limiter of another crate.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::Empty;
use mme_metrics::security::{LimitResult, RateLimitLayer, SECURITY};
use mme_metrics::testing::Emission;
use mme_metrics_tests::future::poll_once;
use tower::load_shed::LoadShedLayer;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use super::{LOGINS, LOGINS_NAME};

type Body = Empty<Bytes>;

fn request() -> Request<Body> {
    Request::new(Empty::new())
}

/// Asserts that so many were let through and turned away, and nothing else.
#[track_caller]
fn counted(emission: &Emission, allowed: u64, limited: u64) {
    let expected = emission.expect().counter(&SECURITY.rate_limited, (LOGINS_NAME, LimitResult::Allowed), allowed);
    expected.counter(&SECURITY.rate_limited, (LOGINS_NAME, LimitResult::Limited), limited).only();
}

async fn answers(status: StatusCode) -> Emission {
    answers_call(status, None).await
}

/// Answers with this status of HTTP, and of gRPC if there is one.
async fn answers_call(status: StatusCode, grpc: Option<&'static str>) -> Emission {
    let emission = Emission::new();
    let service = RateLimitLayer::new(&LOGINS).layer(service_fn(move |_: Request<Body>| async move {
        let mut response = Response::new(Body::new());
        *response.status_mut() = status;
        response.headers_mut().extend(grpc.map(|grpc| (HeaderName::from_static("grpc-status"), grpc.parse().unwrap())));
        Ok::<_, Infallible>(response)
    }));
    let answer = emission.record_async(service.oneshot(request())).await;
    assert_eq!(answer.map(|answer| answer.status()), Ok(status));
    emission
}

#[tokio::test]
async fn a_429_and_a_503_are_refusals_and_nothing_else_is() {
    for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
        counted(&answers(status).await, 0, 1);
    }
    for status in [StatusCode::OK, StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NO_CONTENT]
    {
        counted(&answers(status).await, 1, 0);
    }
}

#[tokio::test]
async fn a_call_that_is_exhausted_or_unavailable_in_its_head_is_a_refusal_and_no_other_is() {
    for code in 0..=16_u8 {
        let refused = u64::from(matches!(code, 8 | 14));
        let emission = answers_call(StatusCode::OK, Some(code.to_string().leak())).await;
        counted(&emission, 1 - refused, refused);
    }
    counted(&answers_call(StatusCode::OK, Some("80")).await, 1, 0);
}

/// A service that is never ready, behind a load shed.
fn shed() -> impl Service<Request<Body>, Response = Response<Body>, Error = tower::BoxError> {
    struct Busy;
    impl Service<Request<Body>> for Busy {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
            std::task::Poll::Pending
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            std::future::ready(Ok(Response::new(Body::new())))
        }
    }
    LoadShedLayer::new().layer(Busy)
}

#[tokio::test]
async fn the_error_of_a_load_shed_is_a_refusal_where_errors_are() {
    for (errors, [allowed, limited]) in [(true, [0, 1]), (false, [1, 0])] {
        let emission = Emission::new();
        let service = emission.record(|| RateLimitLayer::new(&LOGINS).errors(errors).layer(shed()));
        assert!(emission.record_async(service.oneshot(request())).await.is_err());
        counted(&emission, allowed, limited);
    }
}

#[tokio::test]
async fn a_load_shed_that_answers_is_a_refusal() {
    let emission = Emission::new();
    let answering = shed().map_result(|result: Result<_, tower::BoxError>| {
        assert!(result.is_err_and(|error| error.is::<tower::load_shed::error::Overloaded>()));
        let mut response = Response::new(Body::new());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        Ok::<_, tower::BoxError>(response)
    });
    let service = emission.record(|| RateLimitLayer::new(&LOGINS).layer(answering));
    assert!(emission.record_async(service.oneshot(request())).await.is_ok());
    counted(&emission, 0, 1);
}

#[test]
fn what_was_let_through_counts_whatever_became_of_it() {
    // The client leaves.
    let emission = Emission::new();
    let never = |_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>();
    let service = RateLimitLayer::new(&LOGINS).layer(service_fn(never));
    let mut future = Box::pin(emission.record_async(service.oneshot(request())));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    counted(&emission, 1, 0);

    // The service panics.
    let emission = Emission::new();
    let panics =
        |_: Request<Body>| async { if true { panic!("no") } else { Ok::<_, Infallible>(Response::new(Body::new())) } };
    let service = RateLimitLayer::new(&LOGINS).layer(service_fn(panics));
    let mut future = Box::pin(emission.record_async(service.oneshot(request())));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
    drop(future);
    counted(&emission, 1, 0);
}

#[test]
fn both_ends_exist_at_zero_once_the_layer_is_there() {
    let emission = Emission::new();
    drop(emission.record(|| RateLimitLayer::new(&LOGINS).layer(shed())));
    let text = emission.recorder().render(mme_metrics::Format::Text);
    for result in ["allowed", "limited"] {
        let line = format!("rate_limit_requests_total{{policy=\"logins\",result=\"{result}\"}} 0\n");
        assert!(text.contains(&line), "{text}");
    }
}
