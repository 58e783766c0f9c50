//! Registered and unknown methods.

use std::cell::RefCell;
use std::convert::Infallible;

use futures_util::FutureExt;
use mme_metrics::Format;
use mme_metrics::grpc::{CallType, GrpcCode, GrpcMethod, GrpcRequestBody, GrpcServerLayer};
use mme_metrics::testing::Emission;
use mme_metrics_tests::desk::{FILE_DESCRIPTOR_SET, METHODS};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::grpc::{Calls, Script, answer, call, messages, method, read};
use mme_metrics_tests::recorders::on_both;
use tower::{Layer, ServiceExt, service_fn};

use crate::layer;

/// Answers with a head alone, which is `NOT_FOUND`.
async fn lacks(request: http::Request<GrpcRequestBody<Script>>) -> Result<http::Response<Script>, Infallible> {
    read(request.into_body()).await?;
    Ok(answer(200, &["5"], Script::empty()))
}

#[test]
fn methods_of_a_descriptor_set_are_there_from_the_start_at_zero() {
    let emission = Emission::new();
    let layer = GrpcServerLayer::new().descriptors(FILE_DESCRIPTOR_SET).unwrap();
    emission.record(|| layer.layer(()));
    emission.expect().only();
    let text = emission.recorder().render(Format::Text);
    for (name, call_type) in METHODS {
        for code in GrpcCode::ALL {
            let labels = format!(
                "rpc_method=\"{name}\",rpc_status_code=\"{}\",rpc_type=\"{}\"",
                code.as_str(),
                call_type.as_str()
            );
            assert!(text.contains(&format!("rpc_server_streams_total{{{labels}}} 0\n")), "{labels}");
        }
        for series in [
            format!("rpc_server_active_calls{{rpc_method=\"{name}\"}} 0\n"),
            format!("rpc_server_messages_total{{direction=\"received\",rpc_method=\"{name}\"}} 0\n"),
            format!("rpc_server_messages_total{{direction=\"sent\",rpc_method=\"{name}\"}} 0\n"),
            format!(
                "rpc_server_call_duration_seconds_count{{rpc_method=\"{name}\",rpc_status_code=\"OK\",rpc_system_name=\"grpc\"}} 0\n"
            ),
        ] {
            assert!(text.contains(&series), "{series}\n{text}");
        }
        let streaming = format!("rpc_server_stream_duration_seconds_count{{rpc_method=\"{name}\"");
        assert_eq!(text.contains(&streaming), call_type.is_streaming(), "{name}");
    }
    assert!(!text.contains("_OTHER"));
}

#[tokio::test]
async fn a_call_is_found_by_its_whole_path_only() {
    let emission = Emission::new();
    for name in ["desk.v1.Desk/Ask/", "desk.v1.Desk/ask", "/desk.v1.Desk/Ask", "Desk/Ask", "x/desk.v1.Desk/Ask", ""] {
        emission.record_async(layer().layer(service_fn(lacks)).oneshot(call(name, Script::empty()))).await.unwrap();
    }
    Calls::new(GrpcMethod::FALLBACK, CallType::Unknown, GrpcCode::NotFound, 6).expect(emission.expect()).only();
}

#[tokio::test]
async fn what_is_no_call_is_left_to_others() {
    let emission = Emission::new();
    let all = [
        ("POST", "/documents", Some("application/json")),
        ("POST", "/documents", None),
        ("GET", "/desk.v1.Desk/Ask", None),
        ("OPTIONS", "/desk.v1.Desk/Ask", None),
        ("POST", "/desk.v1.Desk/Ask", Some("application/grpc-web")),
        ("POST", "/desk.v1.Desk/Ask", Some("application/grpc-web-text+proto")),
        ("POST", "/documents", Some("application/grpcx")),
    ];
    for (verb, path, content_type) in all {
        let mut request = http::Request::builder().method(verb).uri(path);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(Script::empty().message(1)).unwrap();
        emission.record_async(layer().layer(service_fn(lacks)).oneshot(request)).await.unwrap();
    }
    emission.expect().only();
}

#[tokio::test]
async fn a_known_method_is_a_call_whatever_its_type_says() {
    let emission = Emission::new();
    for content_type in ["application/grpc", "application/grpc+proto", "application/grpc;x=y", "text/plain", ""] {
        let mut request = call("desk.v1.Desk/Ask", Script::empty().message(1));
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        if content_type.is_empty() {
            request.headers_mut().remove("content-type");
        }
        emission.record_async(layer().layer(service_fn(lacks)).oneshot(request)).await.unwrap();
    }
    let ask = method("desk.v1.Desk/Ask");
    let expectation = Calls::new(ask, CallType::Unary, GrpcCode::NotFound, 5).expect(emission.expect());
    messages(expectation, ask, 5, 0).only();
}

#[tokio::test]
async fn a_call_that_passes_two_layers_is_counted_once() {
    let emission = Emission::new();
    let inner = layer().layer(service_fn(|request: http::Request<GrpcRequestBody<GrpcRequestBody<Script>>>| async {
        read(request.into_body()).await?;
        Ok::<_, Infallible>(answer(200, &[], Script::empty().message(1).trailers(&["0"])))
    }));
    let called = async {
        let Ok(response) = layer().layer(inner).oneshot(call("desk.v1.Desk/Ask", Script::empty().message(1))).await;
        read(response.into_body()).await
    };
    let Ok(()) = emission.record_async(called).await;
    let ask = method("desk.v1.Desk/Ask");
    let expectation = Calls::new(ask, CallType::Unary, GrpcCode::Ok, 1).expect(emission.expect());
    messages(expectation, ask, 1, 1).only();
}

#[tokio::test]
async fn both_recorders_expose_the_same() {
    let seen = RefCell::new(Vec::new());
    let emit = || {
        let service = layer().go_names(true).layer(service_fn(lacks));
        let called = service.oneshot(call("desk.v1.Desk/Ask", Script::empty().message(1)));
        called.now_or_never().expect("nothing in it waits").expect("it cannot fail");
    };
    on_both(&[], emit, |_, samples| seen.borrow_mut().push(samples.clone()));
    let counts = |samples: &Samples| {
        let counts = samples.0.iter().filter(|(series, _)| !series.contains("_sum") && !series.contains("le="));
        // An empty label is none, and only the other recorder writes it.
        counts.map(|(series, value)| (series.replace("error_type=\"\",", ""), value.to_bits())).collect::<Vec<_>>()
    };
    let seen = seen.into_inner();
    assert_eq!(counts(&seen[0]), counts(&seen[1]));
    let handled = "grpc_code=\"NotFound\",grpc_method=\"Ask\",grpc_service=\"desk.v1.Desk\",grpc_type=\"unary\"";
    assert!(seen[0].value(&format!("grpc_server_handled_total{{{handled}}}")) > 0.0);
}
