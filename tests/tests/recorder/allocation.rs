//! Recording through handles that exist allocates nothing, however often. A counting allocator makes this exact.

use std::hint::black_box;

use metrics::{Key, Level, Metadata, Recorder as _};
use mme_metrics::settings::Settings;
use mme_metrics::{Counter, Gauge, Histogram, LabelValue, Recorder, Unit, buckets, family};
use mme_metrics_tests::isolated_process::run_alone;

#[derive(Clone, Copy, LabelValue)]
#[label(key = "outcome")]
enum Outcome {
    Success,
    Failure,
}

family! {
    /// What these tests record.
    static ALLOCATION: AllocationMetrics {
        /// Events.
        events: Counter<(Outcome,)> = Counter::new("allocation_events_total", Unit::None);
        /// Things there are.
        things: Gauge<(Outcome,)> = Gauge::new("allocation_things", Unit::None);
        /// Waits.
        wait: Histogram<(Outcome,)> = Histogram::new("allocation_wait_seconds", Unit::Seconds, buckets::REQUEST);
    }
}

/// Runs `code` once, so that what is made on first use exists, and then returns how often many more runs allocate. What does
/// not allocate does not grow either; the benches weigh fifty million observations.
fn allocations(code: impl Fn()) -> u64 {
    code();
    // Of this thread alone: another one calibrates the clock once.
    allocation_counter::measure(|| (0..100_000).for_each(|_| code())).count_total
}

#[test]
fn recording_through_kept_and_typed_handles_allocates_nothing() {
    run_alone(|| {
        const METADATA: Metadata<'static> = Metadata::new("tests", Level::INFO, None);
        let recorder = Recorder::builder().family(&ALLOCATION).install().unwrap();
        let key = Key::from_parts("allocation_foreign", vec![metrics::Label::new("queue", "mail")]);
        let foreign = recorder.register_histogram(&key, &METADATA);
        let labels = || (black_box(Outcome::Success),);
        let (events, things, wait) =
            (ALLOCATION.events.with(labels()), ALLOCATION.things.with(labels()), ALLOCATION.wait.with(labels()));
        let all = || {
            foreign.record(0.25);
            events.increment();
            things.add(1.0);
            things.add(-1.0);
            wait.record(0.25);
            ALLOCATION.events.increment((Outcome::Failure,));
            ALLOCATION.things.set((Outcome::Failure,), 1.0);
            ALLOCATION.wait.record((Outcome::Failure,), 0.25);
            // What is refused is counted without an allocation too.
            foreign.record(f64::NAN);
        };
        assert_eq!(allocations(all), 0);
        // A second thread makes its shards once; from then on neither allocates.
        let beside = std::thread::scope(|scope| scope.spawn(|| allocations(all)).join().unwrap());
        assert_eq!((beside, allocations(all)), (0, 0));
    });
}

#[test]
fn a_disabled_family_allocates_nothing_at_all() {
    run_alone(|| {
        const METADATA: Metadata<'static> = Metadata::new("tests", Level::INFO, None);
        let settings = Settings::from_toml("disabled_families = [\"allocation\", \"other\"]").expect("it is TOML");
        let recorder = Recorder::builder().family(&ALLOCATION).settings(settings).install().unwrap();
        let key = Key::from_parts("allocation_foreign", vec![metrics::Label::new("queue", "mail")]);
        // The first use of a name remembers that it is off.
        drop(recorder.register_histogram(&key, &METADATA));
        assert_eq!(allocation_counter::measure(|| drop(recorder.register_histogram(&key, &METADATA))).count_total, 0);
        let (events, wait) = (ALLOCATION.events.with((Outcome::Success,)), ALLOCATION.wait.with((Outcome::Success,)));
        let series = recorder.series();
        let all = || {
            events.increment();
            wait.record(0.25);
            ALLOCATION.things.set((Outcome::Failure,), 1.0);
        };
        assert_eq!((allocations(all), recorder.series()), (0, series));
    });
}
