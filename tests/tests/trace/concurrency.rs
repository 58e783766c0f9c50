//! 64 threads write in spans of their own while `OpenMetrics` is scraped.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::python;
use mme_metrics_tests::traced::{Exemplar, Tracing, exemplars};
use tracing::info_span;

const THREADS: u32 = 64;
const TURNS: u32 = 1_500;

const BOUNDS: [f64; 5] = [0.5, 1.0, 2.5, 10.0, 100.0];

/// One thread's work: shared series, in a new span each turn.
fn work(thread: u32) {
    for turn in 0..TURNS {
        info_span!("turn").in_scope(|| {
            metrics::histogram!("turn_seconds", "parity" => (thread % 2).to_string())
                .record(f64::from(turn * THREADS + thread) * 0.01 % 200.0);
            metrics::counter!("turns").increment(u64::from(thread) + 1);
        });
    }
}

/// Requires that the value of an exemplar lies in its bucket, and that the bucket is not empty.
fn check(exemplar: &Exemplar) {
    assert_eq!(exemplar.labels.len(), 2, "{exemplar:?}");
    assert!(exemplar.labels["trace_id"].len() == 32 && exemplar.labels["span_id"].len() == 16, "{exemplar:?}");
    let Some((_, le)) = exemplar.series.split_once("le=\"") else {
        assert!(exemplar.series == "turns_total" && (1.0..=64.0).contains(&exemplar.value), "{exemplar:?}");
        return;
    };
    let upper = le.trim_end_matches("\"}").replace("+Inf", "inf").parse::<f64>().expect("a bound");
    let lower = BOUNDS.into_iter().rev().find(|bound| *bound < upper).unwrap_or(-1.0);
    assert!(lower < exemplar.value && exemplar.value <= upper, "{exemplar:?}");
}

/// Requires that Python reads the exposition, and the same exemplars in it.
fn check_with_python(text: &str, seen: usize) {
    let samples = python::parse(text, Format::OpenMetrics);
    let read = samples.iter().filter(|sample| sample.exemplar.is_some()).count();
    assert_eq!(read, seen);
    for sample in samples {
        let Some(exemplar) = sample.exemplar else { continue };
        assert!(exemplar.timestamp.is_some(), "{exemplar:?}");
        assert!(exemplar.labels.keys().eq(["span_id", "trace_id"]), "{exemplar:?}");
    }
}

#[test]
fn sixty_four_writers_in_spans_show_only_exemplars_that_lie_in_their_buckets() {
    run_alone(|| {
        let recorder = Recorder::builder().buckets("turn_seconds", &BOUNDS).build().expect("a builder");
        Tracing::sampled().install();
        let (done, start) = (AtomicBool::new(false), Barrier::new(THREADS as usize));
        thread::scope(|scope| {
            let writers: Vec<_> = (0..THREADS)
                .map(|number| {
                    let (recorder, start) = (&recorder, &start);
                    scope.spawn(move || {
                        start.wait();
                        metrics::with_local_recorder(recorder, || work(number));
                    })
                })
                .collect();
            let scraper = scope.spawn(|| {
                let mut scrapes = 0;
                while !done.load(Ordering::Acquire) || scrapes < 3 {
                    exemplars(&recorder).iter().for_each(check);
                    scrapes += 1;
                    // The pace of the scrapes is what is tested; nothing is waited for.
                    thread::sleep(Duration::from_millis(10));
                }
            });
            writers.into_iter().for_each(|writer| writer.join().expect("a writer does not panic"));
            done.store(true, Ordering::Release);
            scraper.join().expect("a scraper does not panic");
        });
        let all = exemplars(&recorder);
        all.iter().for_each(check);
        // Both series of each bucket, and the counter: every value occurred, and the first of each was stored.
        assert_eq!(all.len(), 2 * (BOUNDS.len() + 1) + 1, "{all:#?}");
        check_with_python(&recorder.render(Format::OpenMetrics), all.len());
    });
}
