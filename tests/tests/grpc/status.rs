//! The status of a call, wherever it is sent or missing: exact for every code and every type of call.

use std::convert::Infallible;

use http::Response;
use mme_metrics::grpc::{CallType, GrpcCode, GrpcErrorType, GrpcRequestBody};
use mme_metrics::testing::Emission;
use mme_metrics_tests::desk::METHODS;
use mme_metrics_tests::grpc::{Calls, Script, answer, call, messages, method, read, streams};
use tower::{Layer, ServiceExt, service_fn};

use crate::layer;

/// Reads the request, answers with `response`, and is read to its end.
async fn exchange(name: &str, response: impl Fn() -> Response<Script>) {
    let service = service_fn(|request: http::Request<GrpcRequestBody<Script>>| {
        let response = response();
        async move {
            read(request.into_body()).await?;
            Ok::<_, Infallible>(response)
        }
    });
    let answered = layer().layer(service).oneshot(call(name, Script::empty().message(3))).await;
    let Ok(response) = answered;
    let Ok(()) = read(response.into_body()).await;
}

/// Requires that one unary call ended with `code`, after so many messages were sent.
async fn ends(code: GrpcCode, sent: u64, response: impl Fn() -> Response<Script>) {
    let emission = Emission::new();
    emission.record_async(exchange("desk.v1.Desk/Ask", response)).await;
    let ask = method("desk.v1.Desk/Ask");
    let expectation = Calls::new(ask, CallType::Unary, code, 1).expect(emission.expect());
    messages(expectation, ask, 1, sent).only();
}

#[tokio::test]
async fn every_code_of_every_type_is_exact_in_the_head_and_in_the_trailers() {
    for (name, call_type) in METHODS {
        for code in GrpcCode::ALL {
            let number = (code as u8).to_string();
            let emission = Emission::new();
            let head = exchange(name, || answer(200, &[&number], Script::empty()));
            let trailers = exchange(name, || answer(200, &[], Script::empty().message(9).trailers(&[&number])));
            emission.record_async(head).await;
            emission.record_async(trailers).await;
            // A head alone has no message.
            let needs_message = matches!(call_type, CallType::Unary | CallType::ClientStream);
            let alone = if code == GrpcCode::Ok && needs_message { GrpcCode::Internal } else { code };
            let expectation = if alone == code {
                Calls::new(method(name), call_type, code, 2).expect(emission.expect())
            } else {
                let expectation = Calls::new(method(name), call_type, alone, 1).expect(emission.expect());
                Calls::new(method(name), call_type, code, 1).expect(expectation)
            };
            let expectation = streams(expectation, method(name), call_type, 2);
            messages(expectation, method(name), 2, 1).only();
        }
    }
}

#[tokio::test]
async fn a_status_that_is_no_code_is_unknown_wherever_it_stands() {
    for text in ["", "17", "-1", "00", "999999999999999999999", "OK", "0 ", "0,0", "0x0"] {
        ends(GrpcCode::Unknown, 0, || answer(200, &[text], Script::empty())).await;
        ends(GrpcCode::Unknown, 1, || answer(200, &[], Script::empty().message(1).trailers(&[text]))).await;
    }
}

#[tokio::test]
async fn a_status_that_comes_twice_is_unknown() {
    for twice in [["0", "0"], ["0", "5"], ["5", "0"]] {
        ends(GrpcCode::Unknown, 0, || answer(200, &twice, Script::empty())).await;
        ends(GrpcCode::Unknown, 1, || answer(200, &[], Script::empty().message(1).trailers(&twice))).await;
    }
}

#[tokio::test]
async fn without_a_status_it_is_unknown_and_never_a_success() {
    ends(GrpcCode::Unknown, 0, || answer(200, &[], Script::empty())).await;
    ends(GrpcCode::Unknown, 1, || answer(200, &[], Script::empty().message(1))).await;
    ends(GrpcCode::Unknown, 1, || answer(200, &[], Script::empty().message(1).trailers(&[]))).await;
    // The message breaks off, and so does everything behind it.
    ends(GrpcCode::Unknown, 0, || answer(200, &[], Script::empty().data([0, 0, 0, 0, 9, 1, 2].to_vec()))).await;
}

#[tokio::test]
async fn a_status_before_the_messages_is_none() {
    ends(GrpcCode::Unknown, 1, || answer(200, &["0"], Script::empty().message(1))).await;
    ends(GrpcCode::NotFound, 1, || answer(200, &["0"], Script::empty().message(1).trailers(&["5"]))).await;
    ends(GrpcCode::Unknown, 0, || answer(200, &["0"], Script::empty().trailers(&[]))).await;
}

#[tokio::test]
async fn ok_without_the_message_of_a_unary_call_is_internal() {
    ends(GrpcCode::Internal, 0, || answer(200, &["0"], Script::empty())).await;
    ends(GrpcCode::Internal, 0, || answer(200, &["0"], Script::empty().data(Vec::new()))).await;
    ends(GrpcCode::Internal, 0, || answer(200, &[], Script::empty().trailers(&["0"]))).await;
    ends(GrpcCode::Ok, 1, || answer(200, &[], Script::empty().message(0).trailers(&["0"]))).await;
}

#[tokio::test]
async fn an_answer_of_http_alone_is_what_grpc_makes_of_it() {
    let all = [
        (400, GrpcCode::Internal),
        (401, GrpcCode::Unauthenticated),
        (403, GrpcCode::PermissionDenied),
        (404, GrpcCode::Unimplemented),
        (429, GrpcCode::Unavailable),
        (500, GrpcCode::Unknown),
        (502, GrpcCode::Unavailable),
        (503, GrpcCode::Unavailable),
        (504, GrpcCode::Unavailable),
        (204, GrpcCode::Unknown),
        (302, GrpcCode::Unknown),
    ];
    for (status, code) in all {
        ends(code, 0, || answer(status, &[], Script::empty())).await;
        if status != 204 {
            ends(code, 0, || answer(status, &[], Script::empty().data("down for maintenance"))).await;
        }
        ends(GrpcCode::Aborted, 0, || answer(status, &["10"], Script::empty())).await;
    }
}

#[tokio::test]
async fn a_panic_is_internal_and_says_that_it_was_one() {
    let emission = Emission::new();
    let panics = service_fn(|_: http::Request<GrpcRequestBody<Script>>| async {
        panic!("on purpose");
        #[allow(unreachable_code, reason = "it says what the service would return")]
        Ok::<_, Infallible>(answer(200, &["0"], Script::empty()))
    });
    let service = layer().layer(panics);
    let answered = emission.record_async(service.oneshot(call("desk.v1.Desk/Ask", Script::empty())));
    let caught = futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(answered)).await;
    assert!(caught.is_err());
    let calls = Calls::new(method("desk.v1.Desk/Ask"), CallType::Unary, GrpcCode::Internal, 1);
    Calls { error: GrpcErrorType::Panic, ..calls }.expect(emission.expect()).only();
}

#[tokio::test]
async fn an_error_of_the_service_is_what_tonic_tells_the_caller() {
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    let all: [(fn() -> BoxError, GrpcCode); 3] = [
        (|| tonic::Status::resource_exhausted("").into(), GrpcCode::ResourceExhausted),
        (|| tonic::TimeoutExpired(()).into(), GrpcCode::DeadlineExceeded),
        (|| "anything".into(), GrpcCode::Unknown),
    ];
    for (error, code) in all {
        let emission = Emission::new();
        let fails =
            service_fn(|_: http::Request<GrpcRequestBody<Script>>| async move { Err::<Response<Script>, _>(error()) });
        let answered = layer().layer(fails).oneshot(call("desk.v1.Desk/Ask", Script::empty()));
        emission.record_async(answered).await.unwrap_err();
        Calls::new(method("desk.v1.Desk/Ask"), CallType::Unary, code, 1).expect(emission.expect()).only();
    }
}
