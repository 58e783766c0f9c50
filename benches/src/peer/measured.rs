//! `measured`, through single metrics without labels, which is the fastest it has, and vectors with interned labels.

use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, FloatGaugeVec, Histogram, HistogramVec, LabelGroup, MetricGroup};
use paracord::ParaCord;

use super::{Registry, times, values};
use crate::contest::Contestant;
use crate::load::{self, Kind, RECORD_BOUNDS, RENDER_BOUNDS};

const NAME: &str = "measured";

#[derive(MetricGroup)]
struct One {
    /// Events.
    bench_events_total: Counter,
    /// Waits.
    bench_wait_seconds: Histogram<15>,
}

impl One {
    fn new() -> std::sync::Arc<Self> {
        let bench_wait_seconds = Histogram::with_metadata(Thresholds::with_buckets(RECORD_BOUNDS));
        std::sync::Arc::new(Self { bench_events_total: Counter::new(), bench_wait_seconds })
    }

    fn total(&self) -> u64 {
        let mut encoder = BufferedTextEncoder::new();
        let Ok(()) = self.collect_group_into(&mut encoder);
        load::total(&String::from_utf8_lossy(&encoder.finish()), "bench")
    }
}

pub(super) fn counter() -> Contestant {
    let one = One::new();
    let reader = std::sync::Arc::clone(&one);
    times(NAME, move |_| one.bench_events_total.inc(), move || reader.total())
}

pub(super) fn histogram() -> Contestant {
    let one = One::new();
    let reader = std::sync::Arc::clone(&one);
    values(NAME, move |value| one.bench_wait_seconds.observe(value), move || reader.total())
}

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = FiveSet)]
struct Five<'a> {
    #[label(dynamic_with = ParaCord)]
    method: &'a str,
    #[label(dynamic_with = ParaCord)]
    route: &'a str,
    #[label(dynamic_with = ParaCord)]
    status: &'a str,
    #[label(dynamic_with = ParaCord)]
    region: &'a str,
    #[label(dynamic_with = ParaCord)]
    tenant: &'a str,
}

fn labels() -> FiveSet {
    FiveSet {
        method: ParaCord::default(),
        route: ParaCord::default(),
        status: ParaCord::default(),
        region: ParaCord::default(),
        tenant: ParaCord::default(),
    }
}

// The fields are called what the metrics are.
#[allow(clippy::struct_field_names)]
#[derive(MetricGroup)]
pub(super) struct Mix {
    /// Events.
    mix_events_total: CounterVec<FiveSet>,
    /// A level.
    mix_level: FloatGaugeVec<FiveSet>,
    /// Waits.
    mix_wait_seconds: HistogramVec<FiveSet, 14>,
}

impl Mix {
    pub(super) fn new() -> Self {
        let bounds = Thresholds::with_buckets(RENDER_BOUNDS);
        Self {
            mix_events_total: CounterVec::with_label_set(labels()),
            mix_level: FloatGaugeVec::with_label_set(labels()),
            mix_wait_seconds: HistogramVec::with_label_set_and_metadata(labels(), bounds),
        }
    }
}

impl Registry for Mix {
    fn register(&self, index: usize) {
        let [method, route, status, region, tenant] = &load::labels(index);
        let labels = Five { method, route, status, region, tenant };
        match load::kind(index) {
            Kind::Counter => self.mix_events_total.inc_by(labels, load::count(index)),
            Kind::Gauge => self.mix_level.set(labels, load::level(index)),
            Kind::Histogram => {
                for value in load::OBSERVATIONS {
                    self.mix_wait_seconds.observe(labels, value);
                }
            }
        }
    }

    fn render(&self, _: &mut Vec<u8>) -> usize {
        let mut encoder = BufferedTextEncoder::new();
        let Ok(()) = self.collect_group_into(&mut encoder);
        encoder.finish().len()
    }
}
