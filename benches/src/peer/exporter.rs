//! `metrics-exporter-prometheus`, through kept handles of the facade. Its histograms buffer samples.

use metrics::{Key, Label, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use super::facade::{self, METADATA};
use super::{Registry, times, values};
use crate::contest::Contestant;
use crate::load::{self, RECORD_BOUNDS, RENDER_BOUNDS};

const NAME: &str = "metrics-exporter-prometheus";

fn recorder(bounds: &[f64]) -> PrometheusRecorder {
    let builder = PrometheusBuilder::new().set_buckets(bounds);
    builder.expect("the list is not empty").build_recorder()
}

fn key(name: &'static str) -> Key {
    Key::from_parts(name, vec![Label::new("outcome", "success")])
}

pub(super) fn counter() -> Contestant {
    let recorder = recorder(&RECORD_BOUNDS);
    let counter = recorder.register_counter(&key("bench_events_total"), &METADATA);
    let handle = recorder.handle();
    times(NAME, move |_| counter.increment(1), move || load::total(&handle.render(), "bench"))
}

pub(super) fn histogram() -> Contestant {
    let recorder = recorder(&RECORD_BOUNDS);
    let histogram = recorder.register_histogram(&key("bench_wait_seconds"), &METADATA);
    let (handle, upkeep) = (recorder.handle(), recorder.handle());
    let contestant = values(NAME, move |value| histogram.record(value), move || load::total(&handle.render(), "bench"));
    Contestant { settle: Box::new(move || upkeep.run_upkeep()), ..contestant }
}

pub(super) struct Mix(PrometheusRecorder);

impl Mix {
    pub(super) fn new() -> Self {
        Self(recorder(&RENDER_BOUNDS))
    }
}

impl Registry for Mix {
    fn register(&self, index: usize) {
        facade::register(&self.0, index);
    }

    fn render(&self, out: &mut Vec<u8>) -> usize {
        self.0.handle().render_to_write(out).expect("writing to a vector does not fail");
        out.len()
    }
}
