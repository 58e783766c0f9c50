//! Checks what exemplars and native buckets add to an observation: a sampled span at most 15 ns, native buckets beside classic ones at
//! most 20 ns in all, and at most twice that for two threads on one series.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --features spans --bench trace`. The feature is one of the benches alone: a service
//! that asks for the current span of `tracing` pays for the question.

use std::time::SystemTime;

use metrics::{Key, Label, Level, Metadata, Recorder as _};
use mme_metrics::metric::HistogramForm;
use mme_metrics::{Format, Recorder};
use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::load::{RECORD_BOUNDS, VALUES, values};
use mme_metrics_benches::table::{Spread, Table};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

/// Batches of each contestant, and meetings of two threads.
const ROUNDS: usize = 201;
const MEETINGS: usize = 51;

/// The most nanoseconds that a sampled span may add.
const SPAN: f64 = 15.0;

/// The most nanoseconds of native and classic buckets together, and of how many times as many where two threads meet.
const BOTH: f64 = 20.0;
const MET: f64 = 2.0;

/// The positions of those that are compared.
const CLASSIC: usize = 0;
const SPANNED: usize = 1;
const WITH_NATIVE: usize = 2;

/// The ids of a trace, as a peer takes them.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Trace {
    trace_id: &'static str,
    span_id: &'static str,
}

const TRACE: Trace = Trace { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };

fn main() {
    let contestants = contestants();
    contestants[..contestants.len() - 2].iter().for_each(Contestant::verify);
    let alone = contest::alone(&contestants, ROUNDS).spreads();
    let mut table = table("Histogram of 15 buckets on one thread, ns", &contestants, &alone);
    let over = alone[SPANNED].median() - alone[CLASSIC].median();
    table.bar("a sampled span adds, ns", over, SPAN);
    table.bar("classic and native buckets, ns", alone[WITH_NATIVE].median(), BOTH);
    println!("{table}");
    let met = contest::together(&contestants, MEETINGS).spreads();
    let mut table = self::table("Histogram of 15 buckets, two threads on one series, ns each", &contestants, &met);
    table.share(
        "classic and native buckets, over one thread",
        met[WITH_NATIVE].median() / alone[WITH_NATIVE].median(),
        MET,
    );
    println!("{table}");
}

fn table(title: &str, contestants: &[Contestant], spreads: &[Spread]) -> Table {
    let mut table = Table::new(title, &["contestant", "ns", "least", "batches"]);
    for (contestant, spread) in contestants.iter().zip(spreads) {
        let (least, batches) = (format!("{:.1}", spread.quantile(0.0)), spread.len().to_string());
        table.row(vec![contestant.name.clone(), spread.to_string(), least, batches]);
    }
    table
}

fn contestants() -> Vec<Contestant> {
    let (native, both) = (HistogramForm::NATIVE, HistogramForm::BOTH);
    vec![
        ours("mme-metrics", HistogramForm::Classic, false),
        ours("mme-metrics, in a sampled span", HistogramForm::Classic, true),
        ours("mme-metrics, classic and native", both, false),
        ours("mme-metrics, classic and native, in a sampled span", both, true),
        ours("mme-metrics, native", native, false),
        peer("prometheus-client"),
        // Its text format cannot write native buckets, so that it counts them could not be verified.
        peer_with_exemplars(),
        each("bare loop", |value| _ = std::hint::black_box(value), || 0),
        each("bare loop again", |value| _ = std::hint::black_box(value), || 0),
    ]
}

/// Makes a contestant that does `one` with the next value, so many times.
fn each(
    name: &str,
    one: impl Fn(f64) + Send + Sync + 'static,
    done: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contestant {
    let values = values();
    let run = move |count: u64| {
        for turn in 0..count {
            // The number of values is a power of two, and so the index is below it whatever the cast cuts.
            #[allow(clippy::cast_possible_truncation)]
            one(values[turn as usize % VALUES]);
        }
    };
    Contestant::new(name, run, done)
}

/// Through a handle of the facade, in a recorder of its own; with a span, in one that `tracing-opentelemetry` samples.
fn ours(name: &str, form: HistogramForm, with_span: bool) -> Contestant {
    const METRIC: &str = "bench_wait_seconds";
    let builder = Recorder::builder().process_metrics(false).buckets(METRIC, &RECORD_BOUNDS);
    let recorder = builder.histogram_form(METRIC, form).build().expect("the bounds are valid");
    let key = Key::from_parts(METRIC, vec![Label::new("outcome", "success")]);
    let histogram = recorder.register_histogram(&key, &Metadata::new("bench", Level::INFO, None));
    let done = move || {
        let text = recorder.render(Format::OpenMetrics);
        let line = |line: &str| line.strip_prefix("bench_wait_seconds_count{outcome=\"success\"} ")?.parse().ok();
        let count: u64 = text.lines().find_map(line).expect("the series exists");
        assert!(count == 0 || text.contains("trace_id") == with_span, "{text}");
        count
    };
    let contestant = each(name, move |value| histogram.record(value), done);
    if !with_span {
        return contestant;
    }
    let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    let (run, done) = (contestant.run, contestant.done);
    let run = move |times| {
        let _alive = &provider;
        tracing::dispatcher::with_default(&dispatch, || tracing::info_span!("request").in_scope(|| run(times)));
    };
    Contestant::new(name, run, done)
}

fn peer(name: &str) -> Contestant {
    let histogram = Histogram::new(RECORD_BOUNDS);
    let done = counted(histogram.clone());
    each(name, move |value| histogram.observe(value), done)
}

fn peer_with_exemplars() -> Contestant {
    let histogram = HistogramWithExemplars::<Trace>::new(RECORD_BOUNDS.into_iter());
    let done = counted(histogram.clone());
    let one = move |value| histogram.observe(value, Some(TRACE), Some(SystemTime::now()));
    each("prometheus-client, exemplars", one, done)
}

/// Returns what counts the observations of a peer in its exposition.
fn counted(histogram: impl Metric) -> impl Fn() -> u64 + Send + Sync + 'static {
    let mut registry = Registry::default();
    registry.register("bench", "Waits", histogram);
    move || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("writing to a string does not fail");
        let count = text.lines().find_map(|line| line.strip_prefix("bench_count ")?.parse().ok());
        count.unwrap_or_else(|| panic!("no count in\n{text}"))
    }
}
