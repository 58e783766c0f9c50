//! The tokio runtime, through the crate `tokio-metrics`.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio_metrics::{RuntimeMetricsReporter, RuntimeMetricsReporterBuilder, RuntimeMonitor};

/// Reads a tokio runtime before each exposition; pass it to [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
///
/// ```
/// use mme_metrics::{Format, Recorder, process};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let recorder = Recorder::builder().collect(process::tokio_runtime(&tokio::runtime::Handle::current())).build()?;
/// assert!(recorder.render(Format::Text).contains("tokio_workers_count 1\n"));
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// # }).unwrap();
/// ```
///
/// The figures and their names are those of `tokio-metrics`; counters get their `_total`:
///
/// | metric | meaning |
/// |---|---|
/// | `tokio_total_busy_duration_total` | **microseconds** that all workers were busy; `rate(…) / 1e6` is busy workers |
/// | `tokio_max_busy_duration_total`, `tokio_min_busy_duration_total` | the same of the busiest and idlest worker of each interval |
/// | `tokio_busy_ratio` | busy time of all workers over elapsed time, since the last exposition |
/// | `tokio_workers_count`, `tokio_live_tasks_count`, `tokio_global_queue_depth` | now |
/// | `tokio_total_park_count`, `tokio_max_park_count`, `tokio_min_park_count` | times that workers parked, since the last exposition |
///
/// Figures since the last exposition are shared by all scrapes, so use the counters if two Prometheus servers scrape one
/// service. A program compiled with `--cfg tokio_unstable` also gets the other figures of `tokio-metrics`.
pub fn tokio_runtime(runtime: &Handle) -> impl Fn() + Send + Sync + 'static {
    let runtime = runtime.clone();
    let reporter: Mutex<Option<RuntimeMetricsReporter>> = Mutex::new(None);
    move || {
        let mut reporter = reporter.lock().unwrap_or_else(PoisonError::into_inner);
        // Made by the first run, because it keeps the handles of the current recorder.
        let reporter = reporter.get_or_insert_with(|| {
            RuntimeMetricsReporterBuilder::default().describe().build_with_monitor(RuntimeMonitor::new(&runtime))
        });
        reporter.run_once();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Recorder};

    /// What `tokio-metrics` 0.5 has of a runtime without `tokio_unstable`.
    const NAMES: [&str; 10] = [
        "tokio_busy_ratio",
        "tokio_global_queue_depth",
        "tokio_live_tasks_count",
        "tokio_max_busy_duration_total",
        "tokio_max_park_count",
        "tokio_min_busy_duration_total",
        "tokio_min_park_count",
        "tokio_total_busy_duration_total",
        "tokio_total_park_count",
        "tokio_workers_count",
    ];

    #[tokio::test]
    async fn every_figure_is_admitted_and_described() {
        let recorder = Recorder::builder().collect(tokio_runtime(&Handle::current())).build().unwrap();
        let text = recorder.render(Format::Text);
        for name in NAMES {
            assert!(text.lines().any(|line| line.starts_with(&format!("{name} "))), "{name} in\n{text}");
            assert!(text.contains(&format!("# HELP {name} T")), "{name} is not described in\n{text}");
        }
        assert!(!text.contains("No description was given."), "{text}");
    }

    #[test]
    fn a_runtime_is_read_from_outside() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap();
        let recorder = Recorder::builder().collect(tokio_runtime(runtime.handle())).build().unwrap();
        assert!(recorder.render(Format::Text).contains("\ntokio_workers_count 3\n"));
    }
}
