//! `prometheus-client`, through clones of its metrics.

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry as Peer;

use super::{Registry, times, values};
use crate::contest::Contestant;
use crate::load::{self, Kind, RECORD_BOUNDS, RENDER_BOUNDS};

const NAME: &str = "prometheus-client";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct One {
    outcome: &'static str,
}

fn total(registry: &Peer) -> u64 {
    let mut exposition = String::new();
    text::encode(&mut exposition, registry).expect("writing to a string does not fail");
    load::total(&exposition, "bench")
}

pub(super) fn counter() -> Contestant {
    let mut registry = Peer::default();
    let family = Family::<One, Counter>::default();
    registry.register("bench_events", "Events", family.clone());
    let counter = family.get_or_create_owned(&One { outcome: "success" });
    times(NAME, move |_| _ = counter.inc(), move || total(&registry))
}

pub(super) fn histogram() -> Contestant {
    let mut registry = Peer::default();
    let family = Family::<One, Histogram>::new_with_constructor(|| Histogram::new(RECORD_BOUNDS));
    registry.register("bench_wait_seconds", "Waits", family.clone());
    let histogram = family.get_or_create_owned(&One { outcome: "success" });
    values(NAME, move |value| histogram.observe(value), move || total(&registry))
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Five {
    method: String,
    route: String,
    status: String,
    region: String,
    tenant: String,
}

pub(super) struct Mix {
    registry: Peer,
    counters: Family<Five, Counter>,
    gauges: Family<Five, Gauge<f64, AtomicU64>>,
    histograms: Family<Five, Histogram>,
}

impl Mix {
    pub(super) fn new() -> Self {
        let mut registry = Peer::default();
        let counters = Family::default();
        let gauges = Family::default();
        let histograms = Family::new_with_constructor((|| Histogram::new(RENDER_BOUNDS)) as fn() -> Histogram);
        registry.register("mix_events", "Events", counters.clone());
        registry.register("mix_level", "A level", gauges.clone());
        registry.register("mix_wait_seconds", "Waits", histograms.clone());
        Self { registry, counters, gauges, histograms }
    }
}

/// Bytes as a place to write text to.
struct Text<'a>(&'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Registry for Mix {
    fn register(&self, index: usize) {
        let [method, route, status, region, tenant] = load::labels(index);
        let labels = Five { method, route, status, region, tenant };
        match load::kind(index) {
            Kind::Counter => _ = self.counters.get_or_create(&labels).inc_by(load::count(index)),
            Kind::Gauge => _ = self.gauges.get_or_create(&labels).set(load::level(index)),
            Kind::Histogram => {
                let histogram = self.histograms.get_or_create(&labels);
                for value in load::OBSERVATIONS {
                    histogram.observe(value);
                }
            }
        }
    }

    fn render(&self, out: &mut Vec<u8>) -> usize {
        text::encode(&mut Text(out), &self.registry).expect("writing to a vector does not fail");
        out.len()
    }
}
