//! The example service, set up by OpenTelemetry's environment variables.

use mme_metrics_tests::service::Service;

use crate::receiver::Receiver;

#[test]
fn the_example_sends_its_metrics_and_the_last_of_them_when_it_stops() {
    let receiver = Receiver::start([]);
    let service = Service::start_with(
        &[],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=one,deployment.environment.name=test"),
            // Far apart, so that only the end of the service can be the reason of an export.
            ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
        ],
    );
    let answer = service.send("GET", "/documents", None, None);
    assert_eq!(answer.status, 401);
    assert!(receiver.received().is_empty());
    assert!(service.stop().status.success());
    let received = receiver.received();
    let [last] = &received[..] else { panic!("{} requests", received.len()) };
    assert_eq!(last.line, "POST /v1/metrics HTTP/1.1");
    assert_eq!((&*last.headers["x-key"], &*last.headers["content-encoding"]), ("a b", "gzip"));
    let resource = last.resource();
    assert_eq!((&*resource["service.name"], &*resource["service.instance.id"]), ("trust-service", "one"));
    assert_eq!(resource["deployment.environment.name"], "test");
    assert!(last.all().any(|metric| metric.name == "http.server.request.duration"));
}

#[test]
fn a_setting_that_cannot_be_used_stops_the_start_and_is_named() {
    let output = Service::command(&[])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .output()
        .expect("the service can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("OTEL_EXPORTER_OTLP_PROTOCOL"), "{said}");
    assert!(said.contains("`http/protobuf`"), "{said}");
}
