//! What arrives.

use mme_metrics::settings::Settings;
use mme_metrics::{Format, Recorder};
use opentelemetry_proto::tonic::metrics::v1::metric;

use crate::receiver::{Receiver, Reply, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_one_of_otlp_with_the_headers_that_were_set() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let builder = receiver.exporter().header("Authorization", "Bearer secret").unwrap();
    let exporter = builder.service_name("shop").resource_attribute("team", "a").start(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || metrics::counter!("jobs_total").increment(7));
    assert_eq!(exporter.flush().await.unwrap().requests(), 1);
    let received = &receiver.received()[0];
    assert_eq!(received.line, "POST /v1/metrics HTTP/1.1");
    assert_eq!(received.headers["content-type"], "application/x-protobuf");
    assert_eq!(received.headers["authorization"], "Bearer secret");
    assert!(received.headers["user-agent"].starts_with("mme-metrics/"));
    assert!(!received.headers.contains_key("content-encoding"));
    let resource = received.resource();
    assert_eq!((&*resource["service.name"], &*resource["team"]), ("shop", "a"));
    let scope = received.metrics.resource_metrics[0].scope_metrics[0].scope.as_ref().unwrap();
    assert_eq!(scope.name, "mme-metrics");
    assert_eq!(receiver.total("jobs"), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_request_has_the_same_content() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().gzip(true).start(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || metrics::counter!("jobs_total").increment(7));
    exporter.flush().await.unwrap();
    assert_eq!(receiver.received()[0].headers["content-encoding"], "gzip");
    assert_eq!(receiver.total("jobs"), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_has_disabled_is_not_sent() {
    let settings = Settings::from_toml("disabled_families = [\"mme\"]").unwrap();
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().settings(settings).build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || metrics::counter!("jobs_total").increment(7));
    exporter.flush().await.unwrap();
    assert_eq!(receiver.total("jobs"), 7);
    let received = receiver.received();
    assert!(received.iter().all(|request| request.all().all(|metric| !metric.name.starts_with("mme"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_labels_arrive_as_an_exposition_shows_them() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    let hostile = ["a\"b\\c\nx", "\u{202e}\u{0}é", "},{le=\"1\"", "", &"x".repeat(100_000)];
    metrics::with_local_recorder(&recorder, || {
        for (at, value) in hostile.into_iter().enumerate() {
            metrics::counter!("jobs_total", "key\n\"=" => value.to_owned(), "at" => at.to_string()).increment(1);
        }
    });
    exporter.flush().await.unwrap();
    let received = &receiver.received()[0];
    let jobs = received.all().find(|metric| metric.name == "jobs").unwrap();
    let Some(metric::Data::Sum(sum)) = &jobs.data else { panic!("{jobs:?}") };
    let shown = recorder.render(Format::Text);
    for point in &sum.data_points {
        let labels = text(&point.attributes).into_iter().map(|(key, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{key}=\"{value}\"")
        });
        let line = format!("jobs_total{{{}}} 1\n", labels.collect::<Vec<_>>().join(","));
        assert!(shown.contains(&line), "{line} in {shown}");
    }
    assert_eq!(sum.data_points.len(), hostile.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_reading_comes_in_parts_and_one_that_is_refused_keeps_none_of_the_others() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().request_limit(128 * 1024).start(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || {
        for at in 0..2_400 {
            metrics::counter!("jobs_total", "queue" => format!("{at:0>100}")).increment(1);
        }
    });
    assert!(exporter.flush().await.unwrap().requests() > 2);
    assert_eq!(receiver.total("jobs"), 2_400);
    let before = receiver.received().len();
    receiver.reply([Reply::Accept, Reply::Status(413, "")]);
    exporter.flush().await.unwrap_err();
    let parts = receiver.received().split_off(before);
    assert_eq!(parts.len(), before);
    assert_eq!(parts.iter().filter(|part| part.is_accepted).count(), before - 1);
    let points: usize = parts.iter().map(|part| part.integers("jobs").len()).sum();
    assert_eq!(points, 2_400, "no series is in two parts, and none is left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_refuses_of_a_request_is_counted() {
    let (receiver, recorder) = (Receiver::start([Reply::Partial(7)]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    assert_eq!(exporter.flush().await.unwrap().rejected_data_points(), 7);
    assert_eq!(exporter.flush().await.unwrap().rejected_data_points(), 0);
    receiver.reply([Reply::Status(400, "")]);
    exporter.flush().await.unwrap_err();
    let shown = recorder.render(Format::Text);
    for line in [
        "mme_otlp_exports_total{result=\"partial\"} 1",
        "mme_otlp_exports_total{result=\"success\"} 1",
        "mme_otlp_exports_total{result=\"failure\"} 1",
        "mme_otlp_rejected_data_points_total 7",
    ] {
        assert!(shown.contains(&format!("{line}\n")), "{line} in {shown}");
    }
    assert!(shown.contains("\nmme_otlp_last_success_timestamp_seconds 1"));
    assert!(shown.contains("\nmme_otlp_export_duration_seconds 0."));
}

#[test]
fn without_an_exporter_there_are_no_metrics_about_it() {
    assert!(!Recorder::builder().build().unwrap().render(Format::Text).contains("mme_otlp"));
}
