//! `prometheus`, through kept children of its vectors.

use prometheus::{Encoder as _, GaugeVec, HistogramOpts, HistogramVec, Opts, Registry as Peer, TextEncoder};
use prometheus::{IntCounterVec, core::Collector};

use super::{Registry, times, values};
use crate::contest::Contestant;
use crate::load::{self, Kind, RECORD_BOUNDS, RENDER_BOUNDS};

const NAME: &str = "prometheus";

fn registered<C: Collector + Clone + 'static>(registry: &Peer, collector: prometheus::Result<C>) -> C {
    let collector = collector.expect("the name is valid");
    registry.register(Box::new(collector.clone())).expect("the name comes once");
    collector
}

fn text(registry: &Peer) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).expect("the exposition is text")
}

pub(super) fn counter() -> Contestant {
    let registry = Peer::new();
    let counters = registered(&registry, IntCounterVec::new(Opts::new("bench_events_total", "Events."), &["outcome"]));
    let counter = counters.with_label_values(&["success"]);
    times(NAME, move |_| counter.inc(), move || load::total(&text(&registry), "bench"))
}

pub(super) fn histogram() -> Contestant {
    let registry = Peer::new();
    let options = HistogramOpts::new("bench_wait_seconds", "Waits.").buckets(RECORD_BOUNDS.to_vec());
    let histogram = registered(&registry, HistogramVec::new(options, &["outcome"])).with_label_values(&["success"]);
    values(NAME, move |value| histogram.observe(value), move || load::total(&text(&registry), "bench"))
}

pub(super) struct Mix {
    registry: Peer,
    counters: IntCounterVec,
    gauges: GaugeVec,
    histograms: HistogramVec,
}

impl Mix {
    pub(super) fn new() -> Self {
        let registry = Peer::new();
        let options = HistogramOpts::new("mix_wait_seconds", "Waits.").buckets(RENDER_BOUNDS.to_vec());
        Self {
            counters: registered(&registry, IntCounterVec::new(Opts::new("mix_events_total", "Events."), &load::KEYS)),
            gauges: registered(&registry, GaugeVec::new(Opts::new("mix_level", "A level."), &load::KEYS)),
            histograms: registered(&registry, HistogramVec::new(options, &load::KEYS)),
            registry,
        }
    }
}

impl Registry for Mix {
    fn register(&self, index: usize) {
        let labels = load::labels(index);
        match load::kind(index) {
            Kind::Counter => self.counters.with_label_values(&labels).inc_by(load::count(index)),
            Kind::Gauge => self.gauges.with_label_values(&labels).set(load::level(index)),
            Kind::Histogram => {
                let histogram = self.histograms.with_label_values(&labels);
                for value in load::OBSERVATIONS {
                    histogram.observe(value);
                }
            }
        }
    }

    fn render(&self, out: &mut Vec<u8>) -> usize {
        TextEncoder::new().encode(&self.registry.gather(), out).expect("writing to a vector does not fail");
        out.len()
    }
}
