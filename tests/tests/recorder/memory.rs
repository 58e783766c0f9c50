//! Memory of series and of expositions. A counting allocator makes this exact.

use allocation_counter::measure;
use metrics::{Key, Label, Level, Metadata, Recorder as _};
use mme_metrics::{Format, Recorder, buckets};

const METADATA: Metadata<'static> = Metadata::new("tests", Level::INFO, None);

/// Series of the mix: thirds of counters, gauges and histograms of fourteen buckets, with five labels each.
const SERIES: usize = 100_000;

fn recorder() -> Recorder {
    let builder = Recorder::builder().process_metrics(false).buckets("mix_wait_seconds", buckets::STREAM);
    builder.family_budget("other", 4 * SERIES).process_budget(2 * SERIES).build().unwrap()
}

fn register(recorder: &Recorder, index: usize) {
    let labels = vec![
        Label::new("method", ["GET", "POST", "PUT"][index % 3]),
        Label::new("region", "eu-west-1"),
        Label::new("route", format!("/api/v1/documents/{}", index % 97)),
        Label::new("status", "200"),
        Label::new("tenant", format!("tenant-{index:06}")),
    ];
    match index % 3 {
        0 => recorder.register_counter(&Key::from_parts("mix_events", labels), &METADATA).increment(1),
        1 => recorder.register_gauge(&Key::from_parts("mix_level", labels), &METADATA).set(0.5),
        _ => recorder.register_histogram(&Key::from_parts("mix_wait_seconds", labels), &METADATA).record(0.5),
    }
}

fn exposition(recorder: &Recorder) -> usize {
    recorder.exposition(Format::Text).map(|chunk| chunk.len()).sum()
}

#[test]
fn a_series_takes_350_bytes_and_an_exposition_256_kib_whatever_its_size() {
    let mut kept = None;
    let held = measure(|| {
        let recorder = recorder();
        (0..SERIES).for_each(|index| register(&recorder, index));
        exposition(&recorder);
        kept = Some(recorder);
    });
    let recorder = kept.expect("it was just made");
    let held = usize::try_from(held.bytes_current).expect("series take memory") / SERIES;
    assert!((1..=350).contains(&held), "{held} B a series");

    let exposed = measure(|| assert!(exposition(&recorder) > 600 * SERIES));
    assert!((1..=256 * 1024).contains(&exposed.bytes_max), "{} B for an exposition", exposed.bytes_max);
}

/// Returns the bytes that a series takes after 16 threads have written it in turn.
fn bytes_of_a_series(register: impl Fn(&Recorder, usize) + Sync) -> usize {
    const SERIES: usize = 2_000;
    let recorder = Recorder::builder().process_metrics(false).family_budget("other", 2 * SERIES).build().unwrap();
    let all = || (0..SERIES).for_each(|index| register(&recorder, index));
    // What is allocated once, such as the identities of threads.
    register(&recorder, SERIES);
    let alone = measure(all);
    // Each thread is over before the next begins, so they do not collide, and each counts what it allocated by itself.
    let others: i64 =
        (0..15).map(|_| std::thread::scope(|scope| scope.spawn(|| measure(all).bytes_current).join().unwrap())).sum();
    usize::try_from(alone.bytes_current + others).expect("series take memory") / SERIES
}

#[test]
fn a_series_costs_the_same_however_many_threads_have_written_it() {
    let histogram = bytes_of_a_series(|recorder, index| {
        let labels = vec![Label::new("index", format!("{index:06}"))];
        recorder.register_histogram(&Key::from_parts("threads_wait_seconds", labels), &METADATA).record(0.5);
    });
    assert!(histogram <= 450, "{histogram} B a histogram");
    let counter = bytes_of_a_series(|recorder, index| {
        let labels = vec![Label::new("index", format!("{index:06}"))];
        recorder.register_counter(&Key::from_parts("threads_events", labels), &METADATA).increment(1);
    });
    assert!(counter <= 220, "{counter} B a counter");
    let gauge = bytes_of_a_series(|recorder, index| {
        let labels = vec![Label::new("index", format!("{index:06}"))];
        recorder.register_gauge(&Key::from_parts("threads_level", labels), &METADATA).increment(1.0);
    });
    assert!(gauge <= 250, "{gauge} B a gauge");
}
