//! Real receivers show what an exposition shows: the same names, labels and values.
//!
//! `tests/newest` runs these on the newest Prometheus and Collector. Debian's Prometheus is older than its receiver, and Debian has no
//! Collector.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};

use metrics::{Key, KeyName, Label, Level, Metadata, Recorder as _};
use mme_metrics::label::Cardinality;
use mme_metrics::metric::{Kind, Spec};
use mme_metrics::otlp::{OtlpExporter, OtlpProtocol, OtlpTemporality};
use mme_metrics::{Format, Recorder, catalog};
use mme_metrics_tests::alertmanager::free_addresses;
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::program;
use mme_metrics_tests::prometheus::{Prometheus, major_version, patiently};

/// The variable by which `tests/newest` names the folder of its programs.
pub(crate) const NEWEST: &str = "MME_TEST_TOOLS";

/// Metrics that change by being sent.
const OWN: [&str; 4] = ["mme_otlp_", "mme_series", "mme_render_duration", "mme_exemplars"];

/// Labels that a receiver adds.
const ADDED: [&str; 4] = ["__name__", "job", "instance", "otel_scope"];

/// Returns a recorder with every metric of the catalogue, and metrics of other crates.
fn recorder() -> Recorder {
    let recorder = Recorder::builder().process_metrics(false).global_label("region", "eu").build().unwrap();
    let specs = catalog::FAMILIES.iter().flat_map(|family| family.specs());
    specs.filter(|spec| !OWN.iter().any(|own| spec.name.starts_with(own))).for_each(|spec| emit(&recorder, spec));
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("jobs", "queue" => "a \"b\" \\ é").increment(7);
        metrics::counter!("jobs_seconds_total").increment(8);
        metrics::gauge!("hit_ratio").set(0.5);
        metrics::gauge!("jobs_waiting_total").set(-1.5);
        metrics::gauge!("seconds_in_seconds").set(2.0);
        metrics::histogram!("size_bytes", "kind" => "x").record(3.0);
    });
    recorder
}

/// Emits into one series of a metric of the catalogue.
pub(crate) fn emit(recorder: &Recorder, spec: &'static Spec) {
    let value = |label: &mme_metrics::label::LabelSpec| match label.values {
        Cardinality::Closed(values) => values[0].to_owned(),
        _ => "x".to_owned(),
    };
    let labels: Vec<_> = spec.labels.iter().map(|label| Label::new(label.key, value(label))).collect();
    let key = Key::from_parts(KeyName::from_const_str(spec.name), labels);
    let metadata = Metadata::new("mme_metrics", Level::INFO, None);
    match spec.kind {
        Kind::Counter if !spec.fractional => recorder.register_counter(&key, &metadata).increment(5),
        Kind::Counter | Kind::Gauge => recorder.register_gauge(&key, &metadata).set(0.25),
        Kind::Histogram => recorder.register_histogram(&key, &metadata).record(0.75),
        other => panic!("{other:?}"),
    }
}

/// Samples by name and labels, without what a receiver adds.
type SampleValues = BTreeMap<(String, BTreeMap<String, String>), f64>;

fn shown(samples: impl IntoIterator<Item = (String, BTreeMap<String, String>, f64)>) -> SampleValues {
    let mut shown = SampleValues::new();
    for (name, mut labels, value) in samples {
        if name == "target_info" || OWN.iter().any(|own| name.starts_with(own)) {
            continue;
        }
        labels.retain(|key, _| !ADDED.iter().any(|added| key.starts_with(added)));
        if let Some(bound) = labels.get_mut("le") {
            // Servers spell a bound as `1` or `1.0`.
            *bound = bound.replace("+Inf", "inf").parse::<f64>().expect("a bound is a number").to_string();
        }
        assert_eq!(shown.insert((name.clone(), labels), value), None, "{name} twice");
    }
    shown
}

/// Reads an exposition of the text format.
fn read(text: &str) -> SampleValues {
    let samples = Samples::parse(text).0;
    shown(samples.into_iter().map(|(series, value)| {
        let (name, labels) = series.split_once('{').unwrap_or((&series, "}"));
        (name.to_owned(), labels_of(&labels[..labels.len() - 1]), value)
    }))
}

/// Reads `a="x",b="y"`.
fn labels_of(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while let Some((key, rest)) = text.split_once("=\"") {
        let (mut value, mut end, mut characters) = (String::new(), rest.len(), rest.char_indices());
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                other => value.push(other),
            }
        }
        labels.insert(key.to_owned(), value);
        text = rest[end..].trim_start_matches(',');
    }
    labels
}

/// Sends the metrics of a recorder once.
pub(crate) fn send(recorder: &Recorder, url: &str) {
    send_by(OtlpProtocol::HttpProtobuf, recorder, url);
}

fn send_by(protocol: OtlpProtocol, recorder: &Recorder, url: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let builder = OtlpExporter::builder().protocol(protocol).endpoint(url).unwrap().service_name("shop").gzip(true);
        let exporter = builder.resource_attribute("service.instance.id", "one").start(recorder).unwrap();
        let exported = exporter.shutdown().await.unwrap();
        assert_eq!((exported.requests(), exported.rejected_data_points()), (1, 0));
    });
}

#[test]
fn prometheus_shows_what_an_exposition_shows() {
    let help = program::command("prometheus").arg("--help").output().expect("prometheus can be run");
    if ![help.stdout, help.stderr].concat().windows(13).any(|part| part == b"otlp-receiver") {
        assert!(major_version() < 3, "a newer one has a receiver");
        return;
    }
    let (server, recorder) = (Prometheus::setup().flag("--web.enable-otlp-receiver").start(), recorder());
    send(&recorder, &format!("{}/api/v1/otlp/v1/metrics", server.url()));
    let samples = server.wait_for("{job=\"shop\",instance=\"one\"}", |samples| !samples.is_empty());
    let found =
        shown(samples.into_iter().map(|sample| (sample.labels["__name__"].clone(), sample.labels, sample.value)));
    assert_eq!(found, read(&recorder.render(Format::Text)), "Prometheus on the left");
}

#[test]
fn prometheus_shows_a_native_histogram() {
    if std::env::var_os(NEWEST).is_none() {
        return;
    }
    let server = Prometheus::setup().flag("--web.enable-otlp-receiver").start();
    let form = "native".parse().unwrap();
    let recorder = Recorder::builder().histogram_form("latency_seconds", form).build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        let latency = metrics::histogram!("latency_seconds");
        (0..1_000).for_each(|at| latency.record(f64::from(at) / 100.0));
    });
    send(&recorder, &format!("{}/api/v1/otlp/v1/metrics", server.url()));
    server.wait_for_value("histogram_count(latency_seconds)", 1_000.0);
    server.wait_for(
        "histogram_quantile(0.5, latency_seconds)",
        |samples| matches!(samples, [only] if (4.5..5.5).contains(&only.value)),
    );
    // The first value is zero.
    server.wait_for(
        "histogram_fraction(0, 5, latency_seconds)",
        |samples| matches!(samples, [only] if (0.47..0.53).contains(&only.value)),
    );
}

/// Counts a few times, and sends the differences after each.
fn send_differences(url: &str) {
    let recorder = Recorder::builder().build().unwrap();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let builder = OtlpExporter::builder().endpoint(url).unwrap().service_name("shop");
        let exporter = builder.temporality(OtlpTemporality::Delta).start(&recorder).unwrap();
        for amount in [5, 0, 7, 11] {
            metrics::with_local_recorder(&recorder, || {
                metrics::counter!("jobs_total").increment(amount);
                (0..amount).for_each(|_| metrics::histogram!("jobs_seconds").record(0.5));
            });
            exporter.flush().await.unwrap();
        }
        exporter.shutdown().await.unwrap();
    });
}

#[test]
fn prometheus_adds_differences_up() {
    if std::env::var_os(NEWEST).is_none() {
        return;
    }
    let server = Prometheus::setup().flag("--web.enable-otlp-receiver").feature("otlp-deltatocumulative").start();
    send_differences(&format!("{}/api/v1/otlp/v1/metrics", server.url()));
    server.wait_for_value("jobs_total", 23.0);
    server.wait_for_value("jobs_seconds_count", 23.0);
    server.wait_for_value("jobs_seconds_sum", 11.5);
}

/// A running Collector, which is killed when this is dropped.
struct Collector {
    child: Child,
    _folder: tempfile::TempDir,
    receiver: String,
    grpc: String,
    exporter: String,
}

impl Collector {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [receiver, grpc, exporter] = free_addresses().map(|address| address.to_string());
        let configuration = serde_json::json!({
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": receiver}, "grpc": {"endpoint": grpc}}}},
            "exporters": {"prometheus": {"endpoint": exporter, "send_timestamps": false}},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"metrics": {"receivers": ["otlp"], "exporters": ["prometheus"]}},
            },
        });
        let file = folder.path().join("otelcol.yml");
        // JSON is YAML.
        fs::write(&file, configuration.to_string()).expect("a new file can be written");
        let mut command = program::command("otelcol");
        command.arg(format!("--config={}", file.display())).stdin(Stdio::null());
        let child = command.spawn().expect("otelcol can be run");
        let [http_url, grpc_url] = [&receiver, &grpc].map(|address| format!("http://{address}"));
        let collector = Self { child, _folder: folder, receiver: http_url, grpc: grpc_url, exporter };
        for address in [&receiver, &grpc] {
            patiently(|| std::net::TcpStream::connect(address).map(drop)).expect("otelcol listens");
        }
        collector
    }

    fn metrics(&self) -> SampleValues {
        let url = format!("http://{}/metrics", self.exporter);
        let answer = ureq::get(url).call().and_then(|mut answer| answer.body_mut().read_to_string());
        read(&answer.expect("otelcol answers"))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Either fails only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_collector_shows_what_an_exposition_shows() {
    if std::env::var_os(NEWEST).is_none() {
        return;
    }
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        let (collector, recorder) = (Collector::start(), recorder());
        let url = match protocol {
            OtlpProtocol::Grpc => collector.grpc.clone(),
            _ => format!("{}/v1/metrics", collector.receiver),
        };
        send_by(protocol, &recorder, &url);
        let expected = read(&recorder.render(Format::Text));
        let found = patiently(|| Some(collector.metrics()).filter(|found| *found == expected).ok_or(()));
        assert!(found.is_ok(), "{:#?}\nis not\n{expected:#?}", collector.metrics());
    }
}

#[test]
fn the_collector_adds_differences_up() {
    if std::env::var_os(NEWEST).is_none() {
        return;
    }
    let collector = Collector::start();
    send_differences(&format!("{}/v1/metrics", collector.receiver));
    let total = |name: &str| {
        let shown = collector.metrics();
        shown.into_iter().find(|((found, _), _)| found == name).map(|(_, value)| value)
    };
    let found = patiently(|| match ["jobs_total", "jobs_seconds_count", "jobs_seconds_sum"].map(total) {
        [Some(23.0), Some(23.0), Some(11.5)] => Ok(()),
        other => Err(other),
    });
    assert_eq!(found, Ok(()));
}
