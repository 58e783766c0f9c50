//! The metric names of go-grpc-middleware: the same values, beside our own names.

use std::convert::Infallible;

use mme_metrics::Format;
use mme_metrics::grpc::{CallType, Direction, GRPC, GoCode, GoMethod, GoService, GoType, GrpcCode, GrpcRequestBody};
use mme_metrics::testing::Emission;
use mme_metrics_tests::grpc::{Calls, Script, answer, call, messages, method, read, streams};
use tower::{Layer, ServiceExt, service_fn};

use crate::layer;

const TALK: &str = "desk.v1.Desk/Talk";

async fn talk(request: http::Request<GrpcRequestBody<Script>>) -> Result<http::Response<Script>, Infallible> {
    read(request.into_body()).await?;
    Ok(answer(200, &[], Script::empty().message(1).message(2).trailers(&["5"])))
}

#[tokio::test]
async fn they_move_with_the_others() {
    let emission = Emission::new();
    let called = async {
        let service = layer().go_names(true).layer(service_fn(talk));
        let Ok(response) = service.oneshot(call(TALK, Script::empty().message(3))).await;
        read(response.into_body()).await
    };
    let Ok(()) = emission.record_async(called).await;
    let (talk, kind) = (method(TALK), CallType::BidiStream);
    let labels = (GoType(kind), GoService(talk), GoMethod(talk));
    let expectation = Calls::new(talk, kind, GrpcCode::NotFound, 1).expect(emission.expect());
    let expectation = messages(streams(expectation, talk, kind, 1), talk, 1, 2);
    expectation
        .counter(&GRPC.go_server_started, labels, 1)
        .counter(&GRPC.go_server_handled, (labels.0, labels.1, labels.2, GoCode(GrpcCode::NotFound)), 1)
        .counter(&GRPC.go_server_received, labels, 1)
        .counter(&GRPC.go_server_sent, labels, 2)
        .histogram(&GRPC.go_server_handling, labels, 1)
        .only();
    assert_eq!(Direction::Sent.as_str(), "sent");
}

#[test]
fn they_are_there_from_the_start_as_in_go() {
    let emission = Emission::new();
    emission.record(|| layer().go_names(true).layer(()));
    let text = emission.recorder().render(Format::Text);
    let labels = "grpc_method=\"Watch\",grpc_service=\"desk.v1.Desk\",grpc_type=\"server_stream\"";
    for code in ["OK", "Canceled", "NotFound", "DeadlineExceeded", "Unauthenticated"] {
        assert!(text.contains(&format!("grpc_server_handled_total{{grpc_code=\"{code}\",{labels}}} 0\n")), "{code}");
    }
    for name in ["started_total", "msg_received_total", "msg_sent_total", "handling_seconds_count"] {
        assert!(text.contains(&format!("grpc_server_{name}{{{labels}}} 0\n")), "{name}");
    }
}

#[test]
fn nobody_has_them_who_did_not_ask() {
    let emission = Emission::new();
    emission.record(|| layer().layer(()));
    assert!(!emission.recorder().render(Format::Text).contains("\ngrpc_"));
}
