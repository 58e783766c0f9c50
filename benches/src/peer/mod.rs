//! The contestants, each behind the fastest way its own documentation shows.

mod exporter;
mod facade;
mod measured;
mod opentelemetry;
mod ours;
mod prometheus;
mod prometheus_client;

use std::hint::black_box;

use mme_metrics::Format;

pub(crate) use self::facade::METADATA;
pub(crate) use self::ours::counted;

use crate::contest::Contestant;
use crate::load;

/// A registry that holds many series.
pub trait Registry: Send + Sync {
    /// Makes the series at `index` of the mix and gives it its value.
    fn register(&self, index: usize);

    /// Writes the exposition, into `out` unless it hands out buffers of its own; returns its length in bytes.
    fn render(&self, out: &mut Vec<u8>) -> usize;
}

/// The names of those that can hold the mix, ours first.
pub const REGISTRIES: [&str; 6] = [
    "mme-metrics",
    "metrics-exporter-prometheus",
    "prometheus",
    "prometheus-client",
    "measured",
    "opentelemetry-prometheus",
];

/// Ours with its exposition in protobuf.
pub const PROTOBUF: &str = "mme-metrics, protobuf";

/// Makes an empty registry.
///
/// # Panics
///
/// When `name` is neither [`PROTOBUF`] nor one of [`REGISTRIES`].
pub fn registry(name: &str) -> Box<dyn Registry> {
    match name {
        "mme-metrics" => Box::new(ours::Mix::new(Format::Text)),
        PROTOBUF => Box::new(ours::Mix::new(Format::Protobuf)),
        "metrics-exporter-prometheus" => Box::new(exporter::Mix::new()),
        "prometheus" => Box::new(prometheus::Mix::new()),
        "prometheus-client" => Box::new(prometheus_client::Mix::new()),
        "measured" => Box::new(measured::Mix::new()),
        "opentelemetry-prometheus" => Box::new(opentelemetry::Mix::new()),
        unknown => panic!("no contestant is called {unknown}"),
    }
}

/// How many of the first contestants of [`counters`] and [`histograms`] are ours.
pub const OURS: usize = 3;

/// Makes the counter of every contestant, ours first, then the peers, then the bare loop twice.
pub fn counters() -> Vec<Contestant> {
    let mut all = ours::counters();
    all.extend([
        exporter::counter(),
        prometheus::counter(),
        prometheus_client::counter(),
        measured::counter(),
        opentelemetry::counter(),
    ]);
    all.extend(["bare loop", "bare loop again"].map(|name| times(name, |turn| _ = black_box(turn), || 0)));
    all
}

/// Makes the histogram of every contestant, in the same order.
pub fn histograms() -> Vec<Contestant> {
    let mut all = ours::histograms();
    all.extend([
        exporter::histogram(),
        prometheus::histogram(),
        prometheus_client::histogram(),
        measured::histogram(),
        opentelemetry::histogram(),
    ]);
    all.extend(["bare loop", "bare loop again"].map(|name| values(name, |value| _ = black_box(value), || 0)));
    all
}

/// A contestant that does `one` so many times.
#[inline]
fn times(
    name: &str,
    one: impl Fn(u64) + Send + Sync + 'static,
    done: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contestant {
    Contestant::new(name, move |count| (0..count).for_each(&one), done)
}

/// A contestant that does `one` with the next value, so many times.
#[inline]
fn values(
    name: &str,
    one: impl Fn(f64) + Send + Sync + 'static,
    done: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contestant {
    let values = Box::new(load::values());
    let run = move |count: u64| {
        for turn in 0..count {
            // The number of values is a power of two, and so the index is below it whatever the cast cuts.
            #[allow(clippy::cast_possible_truncation)]
            one(values[turn as usize % load::VALUES]);
        }
    };
    Contestant::new(name, run, done)
}
