//! The process, and the library itself.
//!
//! A recorder reads the process before each exposition; there is nothing to start.
//!
//! ```
//! let recorder = mme_metrics::Recorder::builder().build()?;
//! let text = recorder.render(mme_metrics::Format::Text);
//! # #[cfg(all(feature = "process", target_os = "linux"))]
//! assert!(text.contains("process_cpu_seconds_total "));
//! assert!(text.contains("mme_rejected_observations_total{reason=\"negative\"} 0"));
//! # Ok::<(), mme_metrics::recorder::BuildError>(())
//! ```
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `process_*` | at each exposition, from `/proc`: feature `process`, Linux only |
//! | `build_info` | never: it is 1, with the labels of [`RecorderBuilder::build_info`](crate::RecorderBuilder::build_info) |
//! | `mme_series` | at each exposition: the series each family holds |
//! | `mme_series_overflow_total` | with each observation that went to an overflow series |
//! | `mme_rejected_observations_total` | with each observation that was refused |
//! | `mme_exemplars_total` | with each exemplar that was kept |
//! | `mme_cpu_cores` | at each exposition: the cores that affinity and the container's quota allow |
//! | `mme_render_duration_seconds` | after each exposition; absent from the first one |
//! | `mme_collector_age_seconds` | at each exposition: the time since the collector last ended without a panic |
//! | `mme_collector_duration_seconds` | when a run of the collector has ended, also by a panic |
//! | `mme_collect_timeouts_total` | with each exposition that went on while the collector was running |
//! | `mme_otlp_exports_total`, `mme_otlp_export_duration_seconds` | at the end of each export by OTLP |
//! | `mme_otlp_rejected_data_points_total` | with each data point that a receiver refused |
//! | `mme_otlp_last_success_timestamp_seconds` | with each export that a receiver accepted |
//! | `mme_pushgateway_pushes_total` | at the end of each push to a Pushgateway |
//!
//! `mme_collector_*` and `mme_collect_timeouts_total` exist for the collectors of [`RecorderBuilder::collect`](crate::RecorderBuilder::collect) only.
//!
//! # Cost
//!
//! 9 series for the process, 2 for each family, 14 for the library, 3 for each collector, 6 for an exporter of OTLP, and 2 for a
//! Pushgateway. Reading `/proc` takes about 100 µs for each exposition.

#[cfg(all(feature = "process", target_os = "linux"))]
mod linux;
mod metrics;

pub use self::metrics::{BUILD, BuildMetrics, MME, MmeMetrics, OtlpExportResult, PROCESS, ProcessMetrics, PushResult};

pub(crate) use self::metrics::{COLLECTORS, CollectorName};

/// Reads the process, and how much CPU it may use, which turns its CPU time into a share.
fn collect() {
    #[cfg(all(feature = "process", target_os = "linux"))]
    linux::collect();
    if let Ok(cores) = std::thread::available_parallelism() {
        MME.cpu_cores.set((), cores.get() as f64);
    }
}

/// Sets `build_info`.
pub(crate) fn report_build(version: &str, revision: &str) {
    let labels = (
        self::metrics::Version::new(version.to_owned()),
        self::metrics::Revision::new(revision.to_owned()),
        self::metrics::Rustc::new(env!("MME_RUSTC")),
    );
    BUILD.info.set(labels, 1.0);
}
