//! What a measured runtime costs, and that one which is not measured costs nothing.

use std::time::Duration;

use mme_metrics::runtime::RuntimeMeter;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone;
use tokio::runtime::Builder;
use tokio::time::advance;

/// Counts the allocations of a runtime with paused time in which a minute passes.
fn allocations_of_a_minute(measured: bool) -> u64 {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    if measured {
        RuntimeMeter::new("main").start(runtime.handle());
    }
    runtime.block_on(async {
        // The first round registers the series.
        advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    });
    let minute = || {
        runtime.block_on(async {
            for _ in 0..1200 {
                advance(Duration::from_millis(50)).await;
                tokio::task::yield_now().await;
            }
        });
    };
    allocation_counter::measure(minute).count_total
}

#[test]
fn the_canary_allocates_nothing() {
    run_alone(|| {
        let recorder = Recorder::builder().install().expect("this process has no recorder yet");
        let without = allocations_of_a_minute(false);
        assert_eq!(allocations_of_a_minute(true), without);
        let text = recorder.render(Format::Text);
        let count = "tokio_event_loop_delay_seconds_count{runtime=\"main\"} ";
        let count = text.lines().find_map(|line| line.strip_prefix(count)).expect("the canary sang");
        assert!(count.parse::<u32>().is_ok_and(|count| count >= 1200), "{count}");
    });
}

#[test]
fn a_service_that_measures_no_runtime_has_no_task_no_thread_and_no_series() {
    run_alone(|| {
        let threads = || std::fs::read_dir("/proc/self/task").expect("a process has threads").count();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (recorder, before) = runtime.block_on(async {
            let before = threads();
            let recorder = Recorder::builder().install().expect("this process has no recorder yet");
            tokio::task::yield_now().await;
            (recorder, before)
        });
        let text = recorder.render(Format::Text);
        assert!(!text.contains("\ntokio_"), "{text}");
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
        // A thread that was waited for stays in the list until the kernel has cleaned it up.
        let is_back = || {
            std::thread::yield_now();
            threads() == before
        };
        assert!((0..100_000).any(|_| is_back()), "{} threads instead of {before}", threads());
    });
}
