//! Recording through handles that exist allocates nothing, however often and with nobody scraping; exact, because a counting allocator stands under the program.
//!
//! One test, so that no other runs beside it and is counted too.

use std::alloc::System;
use std::hint::black_box;

use metrics::{Key, Level, Metadata, Recorder as _};
use mme_metrics::{Builder, Counter, Gauge, Histogram, LabelValue, Unit, buckets, family};
use stats_alloc::{Region, StatsAlloc};

#[global_allocator]
static HEAP: StatsAlloc<System> = StatsAlloc::system();

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
fn allocations(code: impl Fn()) -> usize {
    code();
    let count = || {
        let region = Region::new(&HEAP);
        (0..100_000).for_each(|_| code());
        let change = region.change();
        change.allocations + change.reallocations
    };
    // The test harness's own thread may still be tidying up beside the first; `code` would allocate in all three.
    (0..3).map(|_| count()).min().unwrap_or(usize::MAX)
}

#[test]
fn recording_through_kept_and_typed_handles_allocates_nothing() {
    const METADATA: Metadata<'static> = Metadata::new("tests", Level::INFO, None);
    let recorder = Builder::new().family(&ALLOCATION).install().unwrap();
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
}
