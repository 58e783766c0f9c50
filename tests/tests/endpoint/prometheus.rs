//! A real Prometheus negotiates protobuf with the endpoint, and reads from it what the text formats say.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use http::header::CONTENT_TYPE;
use mme_metrics::endpoint::Endpoint;
use mme_metrics::metric::HistogramForm;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::prometheus::{Prometheus, Sample, major_version};
use mme_metrics_tests::protobuf::{Series, text_samples};
use tokio::runtime::Runtime;

/// An endpoint that remembers in which formats it has answered.
struct RecordingEndpoint {
    address: SocketAddr,
    formats: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

impl RecordingEndpoint {
    fn new(recorder: &Recorder) -> Self {
        let formats = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&formats);
        let remember = move |request: Request, next: Next| {
            let seen = Arc::clone(&seen);
            async move {
                let response = next.run(request).await;
                let format = response.headers()[CONTENT_TYPE].to_str().expect("a text").to_owned();
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(format);
                response
            }
        };
        let app = Endpoint::new(recorder.clone()).into_router().layer(from_fn(remember));
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        runtime.spawn(async { axum::serve(listener, app).await });
        Self { address, formats, _runtime: runtime }
    }

    /// Requires that every answer was in protobuf, and that there was one.
    #[track_caller]
    fn assert_protobuf(&self) {
        let formats = self.formats.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!formats.is_empty() && formats.iter().all(|it| it == Format::Protobuf.content_type()), "{formats:?}");
    }
}

fn scraping(served: &RecordingEndpoint) -> mme_metrics_tests::prometheus::Setup {
    Prometheus::setup().scrape("service", &served.address.to_string(), "/metrics").protobuf()
}

/// Returns the samples of a server as an exposition has them.
fn as_exposed(samples: &[Sample]) -> BTreeMap<Series, f64> {
    let exposed = samples.iter().map(|sample| {
        let mut labels = sample.labels.clone();
        let name = labels.remove("__name__").expect("a sample has a name");
        for key in ["job", "instance"] {
            labels.remove(key);
        }
        if let Some(le) = labels.get_mut("le") {
            *le = le.replace("+Inf", "inf").parse::<f64>().expect("a bound").to_string();
        }
        ((name, labels), sample.value)
    });
    exposed.collect()
}

fn emit() {
    for text in ["mail", "\"\\", "長🦀", "a=\"b\",c", ""] {
        metrics::counter!("pb_jobs", "queue" => text).increment(7);
        metrics::gauge!("pb_level", "queue" => text).set(-2.5);
        metrics::histogram!("pb_job_seconds", "queue" => text).record(0.25);
        metrics::histogram!("pb_job_seconds", "queue" => text).record(1e6);
    }
    metrics::counter!("pb_large").increment(u64::MAX);
    metrics::histogram!("pb_small_seconds").record(5e-324);
    // A family of several chunks.
    (0..1_500).for_each(|at| metrics::counter!("pb_many", "at" => format!("{at:0>50}")).increment(at));
}

#[test]
fn prometheus_asks_for_protobuf_and_gets_what_the_text_has() {
    let recorder = Recorder::builder().global_label("region", "eu").build().expect("a builder");
    metrics::with_local_recorder(&recorder, emit);
    let expected: BTreeMap<_, _> = text_samples(&recorder.render(Format::Text))
        .into_iter()
        .filter(|((name, _), _)| name.starts_with("pb_"))
        .collect();
    let served = RecordingEndpoint::new(&recorder);
    let server = scraping(&served).start();
    server.wait_until_up("service");
    server.wait_for("{__name__=~'pb_.+'}", |samples| as_exposed(samples) == expected);
    served.assert_protobuf();
    assert_eq!(server.get("/api/v1/metadata", &[("metric", "pb_jobs_total")])["pb_jobs_total"][0]["type"], "counter");
}

#[test]
fn a_native_histogram_answers_quantiles() {
    let recorder = Recorder::builder()
        .histogram_form("pb_both_seconds", HistogramForm::BOTH)
        .histogram_form("pb_native_seconds", HistogramForm::NATIVE)
        .build()
        .expect("a builder");
    metrics::with_local_recorder(&recorder, || {
        for name in ["pb_both_seconds", "pb_native_seconds"] {
            let histogram = metrics::histogram!(name);
            histogram.record(0.0);
            (1..=1_000).for_each(|milli| histogram.record(f64::from(milli) / 1e3));
            histogram.record(1e6);
        }
    });
    let served = RecordingEndpoint::new(&recorder);
    let server = scraping(&served).start();
    server.wait_until_up("service");
    for name in ["pb_both_seconds", "pb_native_seconds"] {
        server.wait_for(
            &format!("histogram_count({name})"),
            |samples| matches!(samples, [only] if only.value == 1_002.0),
        );
        for (quantile, exact) in [(0.1, 0.1), (0.5, 0.5), (0.9, 0.9), (0.99, 0.99), (1.0, 1e6)] {
            let read = server.value(&format!("histogram_quantile({quantile}, {name})")).expect("a native histogram");
            assert!((exact / 1.1..exact * 1.1).contains(&read), "{name}: {quantile} is {read}");
        }
        let sum = server.value(&format!("histogram_sum({name})")).expect("a native histogram");
        assert!((sum - 1_000_500.5).abs() < 1e-6, "{sum}");
    }
    // Prometheus 2.42 keeps either kind, and prefers native buckets. What Prometheus 3 keeps is configured.
    if major_version() >= 3 {
        server.wait_for_value("pb_both_seconds_bucket{le='0.1'}", 101.0);
    }
    served.assert_protobuf();
}

#[test]
fn a_first_event_is_an_increase_where_starts_are_read() {
    let recorder = Recorder::builder().build().expect("a builder");
    let served = RecordingEndpoint::new(&recorder);
    // Prometheus 2.42 does not read starts yet, and misses the first event.
    let reads_starts = major_version() >= 3;
    let setup = scraping(&served);
    let setup = if reads_starts { setup.feature("created-timestamp-zero-ingestion") } else { setup };
    let server = setup.start();
    server.wait_until_up("service");
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("pb_first").increment(1);
        metrics::histogram!("pb_first_seconds").record(1.0);
    });
    server.wait_for("count_over_time(pb_first_seconds_count[1m]) >= 4", |samples| samples.len() == 1);
    for name in ["pb_first_total", "pb_first_seconds_count"] {
        let increase = server.value(&format!("increase({name}[1m])")).expect("several samples");
        // Extrapolated to the end of the range, by less than the interval between two samples.
        let expected = if reads_starts { 1.0..1.5 } else { 0.0..0.1 };
        assert!(expected.contains(&increase), "{name}: {increase}");
        assert_eq!(server.value(&format!("resets({name}[1m])")), Some(0.0), "{name}");
    }
    served.assert_protobuf();
}
