//! The number of series is exact.

use metrics::{Key, Label, Level, Metadata, Recorder as _};
use mme_metrics::{Format, Recorder, buckets};

const METADATA: Metadata<'static> = Metadata::new("tests", Level::INFO, None);

/// Makes the series of one queue: a counter, a gauge and a histogram.
fn register(recorder: &Recorder, queue: usize) {
    let key = |name| Key::from_parts(name, vec![Label::new("queue", format!("queue-{queue}"))]);
    recorder.register_counter(&key("mix_events"), &METADATA).increment(1);
    recorder.register_gauge(&key("mix_level"), &METADATA).set(0.5);
    recorder.register_histogram(&key("mix_wait_seconds"), &METADATA).record(0.5);
}

#[test]
fn every_series_is_there_and_none_twice() {
    let recorder = Recorder::builder().process_metrics(false).build().unwrap();
    let own = recorder.series();
    (0..1_000).chain(0..1_000).for_each(|queue| register(&recorder, queue));
    assert_eq!(recorder.series() - own, 3_000);
    let text = recorder.render(Format::Text);
    let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("mix_events_total{"), lines("mix_level{")), (1_000, 1_000));
    // A line for each bound, then `+Inf`, the sum and the count.
    assert_eq!(lines("mix_wait_seconds_"), 1_000 * (buckets::REQUEST.len() + 3));
}
