//! This library: through a kept handle of the facade, through its own kept handle, and typed with closed labels.

use std::thread;
use std::time::Duration;

use mme_metrics::{Counter, Format, Histogram, LabelValue, Recorder, Unit, family};

use super::{Registry, facade, times, values};
use crate::contest::Contestant;
use crate::load::{self, RECORD_BOUNDS, RENDER_BOUNDS};

/// A closed label.
#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "outcome")]
pub(crate) enum Outcome {
    Success,
    Failure,
}

family! {
    /// What the benches record.
    pub(crate) static BENCH: BenchMetrics {
        /// Counted through a kept handle of the facade.
        facade_events: Counter<(Outcome,)> = Counter::new("bench_facade_events_total", Unit::None);
        /// Counted through a kept handle.
        kept_events: Counter<(Outcome,)> = Counter::new("bench_kept_events_total", Unit::None);
        /// Counted by its labels.
        typed_events: Counter<(Outcome,)> = Counter::new("bench_typed_events_total", Unit::None);
        /// Recorded through a kept handle of the facade.
        facade_wait: Histogram<(Outcome,)> =
            Histogram::new("bench_facade_wait_seconds", Unit::Seconds, &RECORD_BOUNDS);
        /// Recorded through a kept handle.
        kept_wait: Histogram<(Outcome,)> = Histogram::new("bench_kept_wait_seconds", Unit::Seconds, &RECORD_BOUNDS);
        /// Recorded by its labels.
        typed_wait: Histogram<(Outcome,)> = Histogram::new("bench_typed_wait_seconds", Unit::Seconds, &RECORD_BOUNDS);
    }
}

/// The process's recorder: typed handles are fast under no other.
fn installed() -> &'static Recorder {
    if Recorder::installed().is_none() {
        let installed = Recorder::builder().family(&BENCH).install();
        installed.expect("no other recorder is installed in this process");
    }
    Recorder::installed().expect("it was installed right before")
}

fn total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    let recorder = installed();
    move || load::total(&recorder.render(Format::Text), name)
}

/// Installs the process's recorder, and returns what counts the samples of `metric` in it.
pub(crate) fn counted(metric: &'static str) -> impl Fn() -> u64 + Send + Sync {
    let count = total(metric);
    // Until it knows what the processor's counter is worth, it reads the system's clock; 200 ms at most.
    thread::sleep(Duration::from_millis(300));
    count
}

pub(super) fn counters() -> Vec<Contestant> {
    let _ = installed();
    let facade = BENCH.facade_events.with((Outcome::Success,)).current();
    let kept = BENCH.kept_events.with((Outcome::Success,));
    vec![
        times("mme-metrics, facade handle", move |_| facade.increment(1), total("bench_facade_events")),
        times("mme-metrics, kept handle", move |_| kept.increment(), total("bench_kept_events")),
        times(
            "mme-metrics, closed labels",
            |_| BENCH.typed_events.increment((std::hint::black_box(Outcome::Failure),)),
            total("bench_typed_events"),
        ),
    ]
}

pub(super) fn histograms() -> Vec<Contestant> {
    let _ = installed();
    let facade = BENCH.facade_wait.with((Outcome::Success,)).current();
    let kept = BENCH.kept_wait.with((Outcome::Success,));
    vec![
        values("mme-metrics, facade handle", move |value| facade.record(value), total("bench_facade_wait")),
        values("mme-metrics, kept handle", move |value| kept.record(value), total("bench_kept_wait")),
        values(
            "mme-metrics, closed labels",
            |value| BENCH.typed_wait.record((std::hint::black_box(Outcome::Failure),), value),
            total("bench_typed_wait"),
        ),
    ]
}

/// A recorder of its own, filled through the facade.
pub(super) struct Mix(Recorder, Format);

impl Mix {
    pub(super) fn new(format: Format) -> Self {
        let builder = Recorder::builder().process_metrics(false).buckets("mix_wait_seconds", &RENDER_BOUNDS);
        let recorder = builder.family_budget("other", 4_000_000).process_budget(1_000_000).build();
        Self(recorder.expect("the buckets are valid and `other` always exists"), format)
    }
}

impl Registry for Mix {
    fn register(&self, index: usize) {
        facade::register(&self.0, index);
    }

    fn render(&self, _: &mut Vec<u8>) -> usize {
        // Each chunk is gone before the next one is made, as when it is written to a socket.
        self.0.exposition(self.1).map(|chunk| std::hint::black_box(chunk).len()).sum()
    }
}
