//! Protobuf has the exemplars of `OpenMetrics`.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mme_metrics::http::HttpLayer;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::protobuf::client::Exemplar;
use mme_metrics_tests::protobuf::{families, labels};
use mme_metrics_tests::traced::{exemplars, trace_id, traceparent, under};
use tower::ServiceExt as _;

/// The values and times of exemplars by the name of their metric and the end of the line.
type ExemplarValues = BTreeMap<(String, String), (f64, f64)>;

fn time(exemplar: &Exemplar) -> f64 {
    let time = exemplar.timestamp.as_ref().expect("an exemplar has a time");
    // Cut to milliseconds, as the text is.
    time.seconds as f64 + f64::from(time.nanos / 1_000_000) / 1_000.0
}

fn of_protobuf(recorder: &Recorder) -> ExemplarValues {
    let mut found = ExemplarValues::new();
    let mut add = |name: String, end: String, exemplar: &Exemplar| {
        let ids = labels(&exemplar.label);
        assert!(ids.len() == 2 && ids["trace_id"] == trace_id(7) && ids["span_id"] == format!("{:016x}", 7), "{ids:?}");
        found.insert((name, end), (exemplar.value(), time(exemplar)));
    };
    for family in families(&recorder.render_bytes(Format::Protobuf)) {
        for metric in &family.metric {
            if let Some(exemplar) = metric.counter.as_ref().and_then(|counter| counter.exemplar.as_ref()) {
                add(family.name().to_owned(), String::new(), exemplar);
            }
            for bucket in metric.histogram.iter().flat_map(|histogram| &histogram.bucket) {
                if let Some(exemplar) = &bucket.exemplar {
                    let bound = bucket.upper_bound().to_string().replace("inf", "+Inf");
                    add(format!("{}_bucket", family.name()), bound, exemplar);
                }
            }
        }
    }
    found
}

fn of_text(recorder: &Recorder) -> ExemplarValues {
    let found = exemplars(recorder).into_iter().map(|exemplar| {
        let name = exemplar.series.split('{').next().unwrap_or_default().to_owned();
        let bound = exemplar.series.split_once("le=\"").map_or("", |(_, bound)| bound.trim_end_matches("\"}"));
        // OpenMetrics writes whole bounds with a fraction.
        let bound = bound.strip_suffix(".0").unwrap_or(bound);
        ((name, bound.to_owned()), (exemplar.value, exemplar.timestamp))
    });
    found.collect()
}

#[test]
fn protobuf_has_the_exemplars_of_the_text() {
    let recorder = Recorder::builder().buckets("format_seconds", &[0.5, 1.0, 2.0]).build().expect("a builder");
    let handler = async || {
        for value in [0.25, 0.75, 1e6] {
            metrics::histogram!("format_seconds").record(value);
        }
        metrics::counter!("format_events").increment(3);
    };
    under(&recorder, async {
        let request = Request::get("/").header("traceparent", traceparent(7)).body(Body::empty()).expect("a request");
        let app = Router::new().route("/", get(handler)).layer(HttpLayer::new());
        app.oneshot(request).await.expect("a router does not fail");
    });
    let found = of_protobuf(&recorder);
    assert_eq!(found, of_text(&recorder));
    let value = |name: &str, bound: &str| found.get(&(name.to_owned(), bound.to_owned())).map(|(value, _)| *value);
    assert_eq!(value("format_seconds_bucket", "+Inf"), Some(1e6));
    assert_eq!(value("format_seconds_bucket", "0.5"), Some(0.25));
    assert_eq!(value("format_seconds_bucket", "2"), None);
    assert_eq!(value("format_events_total", ""), Some(3.0));
}
