//! Scrapes while threads write: each exposition parses, and no counter falls.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mme_metrics::{Format, Recorder};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::python;

const THREADS: u32 = 64;
const TURNS: u32 = 3_000;

/// One thread's work: shared series, a series of its own, and things that come and go.
fn work(thread: u32) {
    let own = metrics::counter!("turns", "thread" => thread.to_string());
    let latency = metrics::histogram!("turn_seconds", "parity" => (thread % 2).to_string());
    for turn in 0..TURNS {
        let active = metrics::gauge!("active_turns");
        active.increment(1.0);
        metrics::counter!("all_turns").increment(1);
        own.increment(2);
        latency.record(f64::from(turn % 16));
        active.decrement(1.0);
    }
}

/// Requires that nothing that only grows has fallen since `before`, and that every histogram agrees with itself.
fn check(before: &Samples, now: &Samples) {
    for (series, value) in &now.0 {
        let grows =
            !series.starts_with("active_turns") && !series.starts_with("mme_") && !series.starts_with("process_");
        let earlier = before.0.get(series).copied().unwrap_or(0.0);
        assert!(*value >= if grows { earlier } else { 0.0 }, "{series} fell from {earlier} to {value}");
    }
    for (series, count) in now.of("turn_seconds_count") {
        let labels = series.trim_start_matches("turn_seconds_count{").trim_end_matches('}');
        let bucket = now.value(&format!("turn_seconds_bucket{{{labels},le=\"+Inf\"}}"));
        assert_eq!(count.to_bits(), bucket.to_bits(), "{series}");
    }
}

/// Scrapes every ten milliseconds until `done`, and at least three times: on a busy machine the writers may be quicker.
fn scrape(recorder: &Recorder, done: &AtomicBool) {
    let (mut before, mut scrapes) = (Samples::default(), 0);
    while !done.load(Ordering::Acquire) || scrapes < 3 {
        let now = Samples::parse(&recorder.render(Format::Text));
        check(&before, &now);
        (before, scrapes) = (now, scrapes + 1);
        // The pace of the scrapes is what is tested; nothing is waited for.
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn sixty_four_writers_never_show_a_scrape_anything_but_growth() {
    let recorder = Recorder::builder().build().expect("a builder");
    let (done, start) = (AtomicBool::new(false), Barrier::new(THREADS as usize));
    thread::scope(|scope| {
        let scraper = scope.spawn(|| scrape(&recorder, &done));
        let writer = |thread| {
            start.wait();
            metrics::with_local_recorder(&recorder, || work(thread));
        };
        let writers: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || writer(thread))).collect();
        writers.into_iter().for_each(|writer| writer.join().expect("a writer does not panic"));
        done.store(true, Ordering::Release);
        scraper.join().expect("every scrape parses and agrees");
    });
    check_totals(&recorder);
}

fn check_totals(recorder: &Recorder) {
    let samples = Samples::parse(&recorder.render(Format::Text));
    let all = f64::from(THREADS * TURNS);
    for (name, total) in
        [("all_turns_total", all), ("turns_total", 2.0 * all), ("turn_seconds_count", all), ("active_turns", 0.0)]
    {
        assert_eq!(samples.sum(name).to_bits(), total.to_bits(), "{name}");
    }
    let each: f64 = (0..TURNS).map(|turn| f64::from(turn % 16)).sum();
    assert_eq!(samples.sum("turn_seconds_sum").to_bits(), (each * f64::from(THREADS)).to_bits());
    python::parse(&recorder.render(Format::OpenMetrics), Format::OpenMetrics);
}

#[test]
fn threads_that_register_the_same_series_at_once_get_one() {
    let recorder = Recorder::builder().build().expect("a builder");
    let start = Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                start.wait();
                metrics::with_local_recorder(&recorder, || {
                    (0..200).for_each(|at| {
                        metrics::counter!(format!("name_{}", at % 7), "at" => at.to_string()).increment(1)
                    });
                });
            });
        }
    });
    let samples = Samples::parse(&recorder.render(Format::Text));
    let counted: BTreeMap<_, _> = samples.0.iter().filter(|(series, _)| series.starts_with("name_")).collect();
    assert_eq!(counted.len(), 200);
    assert!(counted.values().all(|value| value.to_bits() == 16.0_f64.to_bits()), "{counted:#?}");
}

#[test]
fn scrapes_at_one_time_all_get_everything() {
    let recorder = Recorder::builder().build().expect("a builder");
    metrics::with_local_recorder(&recorder, || {
        (0..500).for_each(|at| metrics::counter!("held", "at" => at.to_string()).increment(1));
    });
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(Samples::parse(&recorder.render(Format::Text)).of("held_total").count(), 500));
        }
    });
}
