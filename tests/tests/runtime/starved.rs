//! A runtime that is blocked on every worker, and a real Prometheus with every bundled rule and alert.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use mme_metrics::Recorder;
use mme_metrics::runtime::RuntimeMeter;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::scrape_target::ScrapeTarget;
use mme_metrics_tests::watched::{JOB, watching_target};
use tokio::runtime::Builder;

const WORKERS: usize = 2;

/// Keeps every worker of a runtime busy for two seconds.
pub(crate) fn block(runtime: &tokio::runtime::Runtime) {
    // Nobody begins before each has a worker.
    let all = Arc::new(Barrier::new(WORKERS));
    let tasks: Vec<_> = (0..WORKERS)
        .map(|_| {
            let all = Arc::clone(&all);
            runtime.spawn(async move {
                all.wait();
                let began = Instant::now();
                while began.elapsed() < Duration::from_secs(2) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| runtime.block_on(task).expect("the task ends"));
}

#[test]
fn a_runtime_blocked_for_two_seconds_raises_its_alert_and_no_other() {
    run_alone(|| {
        let recorder = Recorder::builder().install().expect("this process has no recorder yet");
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build().expect("a runtime");
        RuntimeMeter::new("main").start(runtime.handle());
        // Not served by the runtime, so that it is scraped while that is blocked.
        let target = ScrapeTarget::serve(recorder);
        let prometheus = watching_target(&target.address(), "/text").start();
        prometheus.wait_for("tokio_event_loop_delay_seconds_count > 0", |samples| !samples.is_empty());

        block(&runtime);

        let late =
            "tokio_event_loop_delay_seconds_count - ignoring (le) tokio_event_loop_delay_seconds_bucket{le='0.5'}";
        let late = prometheus.wait_for(late, |samples| samples.first().is_some_and(|sample| sample.value >= 1.0));
        assert_eq!(late[0].labels["runtime"], "main");
        prometheus.wait_for("tokio_event_loop_stalls_total >= 1", |samples| !samples.is_empty());
        let firing = "ALERTS{alertstate='firing', alertname!='Watchdog'}";
        let firing = prometheus.wait_for(firing, |samples| !samples.is_empty());
        let names: Vec<_> =
            firing.iter().map(|sample| (&*sample.labels["alertname"], &*sample.labels["job"])).collect();
        assert_eq!(names, [("MmeRuntimeStarved", JOB)]);
    });
}
