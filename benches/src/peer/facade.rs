//! The mix through the `metrics` facade, for both recorders behind it.

use metrics::{Key, Label, Level, Metadata, Recorder};

use crate::load::{self, Kind};

pub(crate) const METADATA: Metadata<'static> = Metadata::new("bench", Level::INFO, None);

/// Makes the series at `index` of the mix and gives it its value.
pub(super) fn register(recorder: &impl Recorder, index: usize) {
    let labels = load::KEYS.into_iter().zip(load::labels(index)).map(|(key, value)| Label::new(key, value));
    let key = |name| Key::from_parts(name, labels.collect::<Vec<_>>());
    match load::kind(index) {
        Kind::Counter => recorder.register_counter(&key("mix_events_total"), &METADATA).increment(load::count(index)),
        Kind::Gauge => recorder.register_gauge(&key("mix_level"), &METADATA).set(load::level(index)),
        Kind::Histogram => {
            let histogram = recorder.register_histogram(&key("mix_wait_seconds"), &METADATA);
            for value in load::OBSERVATIONS {
                histogram.record(value);
            }
        }
    }
}
