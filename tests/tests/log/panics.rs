//! The panic hook, each time in a process of its own.

use std::panic::{catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mme_metrics::{Format, Recorder, log};
use mme_metrics_tests::isolated_process::run_alone;

/// Calls of the hook that the service had set itself.
static SEEN: AtomicUsize = AtomicUsize::new(0);

fn assert_counts(recorder: &Recorder, expected: [(&str, u32); 4]) {
    let text = recorder.render(Format::Text);
    for (thread, count) in expected {
        let line = format!("panics_total{{thread=\"{thread}\"}} {count}\n");
        assert!(text.contains(&line), "{line} in\n{text}");
    }
}

#[test]
fn a_panic_counts_once_and_reaches_the_hook_of_the_service() {
    run_alone(|| {
        set_hook(Box::new(|_| {
            SEEN.fetch_add(1, Ordering::SeqCst);
        }));
        let recorder = Recorder::builder().install().expect("this process has no recorder yet");
        log::count_panics();
        log::count_panics();
        assert_counts(&recorder, [("worker", 0), ("blocking", 0), ("main", 0), ("other", 0)]);

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime is made");
        runtime.block_on(async {
            for _ in 0..3 {
                tokio::spawn(async { panic!("on a worker") }).await.expect_err("it panics");
            }
            tokio::task::spawn_blocking(|| panic!("beside them")).await.expect_err("it panics");
        });
        thread::spawn(|| panic!("elsewhere")).join().expect_err("it panics");
        // A name that is not that of the main thread: the test harness runs tests on threads of its own.
        catch_unwind(|| panic!("caught")).expect_err("it panics");
        assert_counts(&recorder, [("worker", 3), ("blocking", 1), ("main", 0), ("other", 2)]);
        assert_eq!(SEEN.load(Ordering::SeqCst), 6);
    });
}

#[test]
fn a_panic_before_the_recorder_is_installed_does_no_harm() {
    run_alone(|| {
        set_hook(Box::new(|_| ()));
        log::count_panics();
        catch_unwind(|| panic!("early")).expect_err("it panics");
        let recorder = Recorder::builder().install().expect("this process has no recorder yet");
        catch_unwind(|| panic!("late")).expect_err("it panics");
        assert_counts(&recorder, [("worker", 0), ("blocking", 0), ("main", 0), ("other", 1)]);
    });
}

#[test]
fn panics_on_many_threads_are_all_counted() {
    run_alone(|| {
        set_hook(Box::new(|_| ()));
        let recorder = Recorder::builder().install().expect("this process has no recorder yet");
        log::count_panics();
        let threads: Vec<_> = (0..16)
            .map(|_| {
                thread::spawn(|| {
                    for _ in 0..100 {
                        catch_unwind(|| panic!("again")).expect_err("it panics");
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("each panic is caught"));
        assert_counts(&recorder, [("worker", 0), ("blocking", 0), ("main", 0), ("other", 1600)]);
    });
}
