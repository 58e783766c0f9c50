//! A hundred thousand invented methods neither grow memory nor reach the exposition.

use std::collections::BTreeMap;

use http::Request;
use http_body_util::BodyExt;
use mme_metrics::grpc::GrpcServerLayer;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::desk::Clerk;
use mme_metrics_tests::desk::FILE_DESCRIPTOR_SET;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::isolated_process::run_alone_async;
use mme_metrics_tests::memory::resident_bytes;
use tonic::body::Body;
use tonic::service::Routes;
use tower::{Layer, ServiceExt};

const CALLS: u64 = 100_000;

/// A service, a method, and headers that nobody has sent before.
fn invented(number: u64) -> Request<Body> {
    let request = Request::post(format!("/invented.v{number}.Service/Method{number}"))
        .header("content-type", "application/grpc")
        .header("user-agent", format!("invented/{number}"))
        .header("grpc-timeout", format!("{}S", 100 + number % 100));
    request.body(Body::empty()).unwrap()
}

/// Counts the series of each metric.
fn series(text: &str) -> BTreeMap<&str, usize> {
    let mut series = BTreeMap::new();
    let names = text.lines().filter(|line| line.starts_with("rpc_") && !line.contains("_bucket"));
    for name in names.filter_map(|line| line.split('{').next()) {
        *series.entry(name).or_default() += 1;
    }
    series
}

// The recorder is the process's, as in a service, because only then handles are kept.
#[test]
fn a_hundred_thousand_invented_methods_are_one_series_more_in_each_metric() {
    run_alone_async(async || {
        let recorder = Recorder::builder().process_metrics(false).install().unwrap();
        let layer = GrpcServerLayer::new().descriptors(FILE_DESCRIPTOR_SET).unwrap();
        let service = layer.layer(Routes::new(DeskServer::new(Clerk::default())).prepare());
        let before = recorder.render(Format::Text);
        let send = |number| {
            let service = service.clone();
            async move { service.oneshot(invented(number)).await.unwrap().into_body().collect().await.unwrap() }
        };
        send(0).await;
        let memory = resident_bytes();
        for number in 1..CALLS {
            send(number).await;
        }
        let grown = resident_bytes().saturating_sub(memory);
        assert!(grown <= 16 << 20, "{grown} bytes more");

        let text = recorder.render(Format::Text);
        let (before, after) = (series(&before), series(&text));
        for (name, count) in &after {
            let more = count - before.get(name).copied().unwrap_or(0);
            assert!(more <= if name.contains("messages") { 2 } else { 1 }, "{name}: {more} series more");
        }
        let calls = "rpc_server_streams_total{rpc_method=\"_OTHER\",rpc_status_code=\"UNIMPLEMENTED\"}";
        assert!(text.contains(&format!("{calls} {CALLS}\n")), "{text}");
        assert!(text.contains("rpc_server_active_calls{rpc_method=\"_OTHER\"} 0\n"));
        assert!(!text.to_lowercase().contains("invented"));
    });
}
