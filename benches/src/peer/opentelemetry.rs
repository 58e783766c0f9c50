//! `opentelemetry` with `opentelemetry-prometheus`: attributes are looked up each time, as its stable interface has it.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Encoder as _, Registry as Peer, TextEncoder};

use super::{Registry, times, values};
use crate::contest::Contestant;
use crate::load::{self, Kind, RECORD_BOUNDS, RENDER_BOUNDS};

const NAME: &str = "opentelemetry-prometheus";

/// Its own limit is 2 000 series of one metric.
const LIMIT: usize = 1_000_000;

fn set_up() -> (Peer, SdkMeterProvider, Meter) {
    let registry = Peer::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build();
    let view = |_: &Instrument| Stream::builder().with_cardinality_limit(LIMIT).build().ok();
    let exporter = exporter.expect("the registry is empty");
    let provider = SdkMeterProvider::builder().with_reader(exporter).with_view(view).build();
    let meter = provider.meter("bench");
    (registry, provider, meter)
}

fn text(registry: &Peer) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).expect("the exposition is text")
}

pub(super) fn counter() -> Contestant {
    let (registry, provider, meter) = set_up();
    let counter = meter.u64_counter("bench_events").build();
    let attributes = [KeyValue::new("outcome", "success")];
    times(
        NAME,
        move |_| counter.add(1, &attributes),
        move || {
            let _alive = &provider;
            load::total(&text(&registry), "bench")
        },
    )
}

pub(super) fn histogram() -> Contestant {
    let (registry, provider, meter) = set_up();
    let histogram = meter.f64_histogram("bench_wait_seconds").with_boundaries(RECORD_BOUNDS.to_vec()).build();
    let attributes = [KeyValue::new("outcome", "success")];
    values(
        NAME,
        move |value| histogram.record(value, &attributes),
        move || {
            let _alive = &provider;
            load::total(&text(&registry), "bench")
        },
    )
}

pub(super) struct Mix {
    registry: Peer,
    _provider: SdkMeterProvider,
    counters: Counter<u64>,
    gauges: Gauge<f64>,
    histograms: Histogram<f64>,
}

impl Mix {
    pub(super) fn new() -> Self {
        let (registry, provider, meter) = set_up();
        Self {
            registry,
            _provider: provider,
            counters: meter.u64_counter("mix_events").build(),
            gauges: meter.f64_gauge("mix_level").build(),
            histograms: meter.f64_histogram("mix_wait_seconds").with_boundaries(RENDER_BOUNDS.to_vec()).build(),
        }
    }
}

impl Registry for Mix {
    fn register(&self, index: usize) {
        let attributes: Vec<_> =
            load::KEYS.into_iter().zip(load::labels(index)).map(|(key, value)| KeyValue::new(key, value)).collect();
        match load::kind(index) {
            Kind::Counter => self.counters.add(load::count(index), &attributes),
            Kind::Gauge => self.gauges.record(load::level(index), &attributes),
            Kind::Histogram => {
                for value in load::OBSERVATIONS {
                    self.histograms.record(value, &attributes);
                }
            }
        }
    }

    fn render(&self, out: &mut Vec<u8>) -> usize {
        TextEncoder::new().encode(&self.registry.gather(), out).expect("writing to a vector does not fail");
        out.len()
    }
}
