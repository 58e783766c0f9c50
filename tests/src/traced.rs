//! Traces for tests: headers, the real layer of `tracing-opentelemetry`, and the exemplars of an exposition.

use std::collections::BTreeMap;

use mme_metrics::{Format, Recorder};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

/// Returns a valid `traceparent` of a sampled trace whose ids are this number, which is not zero.
pub fn traceparent(number: u64) -> String {
    format!("00-{number:032x}-{number:016x}-01")
}

/// Returns the id of the trace with this number.
pub fn trace_id(number: u64) -> String {
    format!("{number:032x}")
}

/// A subscriber of `tracing` whose spans are spans of OpenTelemetry.
///
/// `tracing` caches for each callsite whether any subscriber is interested, for all threads at once. So a test that uses this
/// runs in a process of its own.
#[derive(Debug)]
pub struct Tracing {
    dispatch: Dispatch,
    _provider: SdkTracerProvider,
}

impl Tracing {
    /// Samples every trace.
    pub fn sampled() -> Self {
        Self::new(Sampler::AlwaysOn, true)
    }

    /// Samples no trace.
    pub fn unsampled() -> Self {
        Self::new(Sampler::AlwaysOff, true)
    }

    /// Samples every trace, but makes no span known to OpenTelemetry as the current one.
    pub fn without_activation() -> Self {
        Self::new(Sampler::AlwaysOn, false)
    }

    fn new(sampler: Sampler, activation: bool) -> Self {
        let provider = SdkTracerProvider::builder().with_sampler(sampler).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
        let subscriber = tracing_subscriber::registry().with(layer.with_context_activation(activation));
        Self { dispatch: Dispatch::new(subscriber), _provider: provider }
    }

    /// Runs `code` with this as the subscriber of its thread.
    pub fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.dispatch, code)
    }

    /// Makes this the subscriber of the process.
    ///
    /// # Panics
    ///
    /// When the process has one.
    pub fn install(&self) {
        tracing::dispatcher::set_global_default(self.dispatch.clone()).expect("no other test runs here");
    }
}

/// An exemplar of an exposition, with the line that it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// The name and labels of the line.
    pub series: String,
    /// The labels of the exemplar.
    pub labels: BTreeMap<String, String>,
    /// The observed value.
    pub value: f64,
    /// The time of the observation, in seconds since 1970.
    pub timestamp: f64,
}

impl Exemplar {
    /// Returns the number of its trace, as given to [`traceparent`].
    ///
    /// # Panics
    ///
    /// When it has another one.
    pub fn number(&self) -> u64 {
        u64::from_str_radix(&self.labels["trace_id"], 16).expect("the id of a test")
    }
}

/// Returns the exemplars of what `recorder` holds.
///
/// # Panics
///
/// When a line with an exemplar has another form, or the text format has one.
pub fn exemplars(recorder: &Recorder) -> Vec<Exemplar> {
    let text = recorder.render(Format::Text);
    assert!(!text.contains(" # {"), "{text}");
    let open_metrics = recorder.render(Format::OpenMetrics);
    let lines = open_metrics.lines().filter_map(|line| line.split_once(" # {"));
    lines.map(|(sample, exemplar)| read(sample, exemplar)).collect()
}

fn read(sample: &str, exemplar: &str) -> Exemplar {
    let (series, _) = sample.rsplit_once(' ').expect("a sample has a value");
    let (labels, rest) = exemplar.split_once("} ").expect("an exemplar has labels");
    let (value, timestamp) = rest.split_once(' ').expect("an exemplar has a value and a time");
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').expect("a label has a value");
        (key.to_owned(), value.trim_matches('"').to_owned())
    };
    Exemplar {
        series: series.to_owned(),
        labels: labels.split(',').map(pair).collect(),
        value: value.parse().expect("a number"),
        timestamp: timestamp.parse().expect("a time"),
    }
}

/// Runs `future` on this thread, under `recorder`.
///
/// # Panics
///
/// When a runtime cannot be made, or `future` panics.
pub fn under<F: Future>(recorder: &Recorder, future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    metrics::with_local_recorder(recorder, || runtime.block_on(future))
}
