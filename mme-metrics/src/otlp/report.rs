//! What an exporter says about itself: metrics, and an event of `tracing` when it begins to fail and when it works again.

use std::time::{Duration, SystemTime};

use super::summary::ExportOutcome;
use crate::clock::unix_seconds;
use crate::process::{MME, OtlpExportResult};
use crate::recorder::Recorder;
use crate::trace::TraceScope;

/// The most bytes of a receiver's message that are logged.
const MESSAGE: usize = 256;

#[derive(Debug)]
pub(super) struct Report {
    recorder: Recorder,
    /// Whether the last export failed.
    failing: bool,
    /// The receiver's last message. One that stays the same is logged once.
    message: String,
}

impl Report {
    pub(super) fn new(recorder: Recorder) -> Self {
        let report = Self { recorder, failing: false, message: String::new() };
        report.emit(|| {
            MME.otlp_exports.touch_all();
            MME.otlp_rejected_data_points.touch(());
        });
        report
    }

    /// Reports the end of an export.
    pub(super) fn exported(&mut self, result: &ExportOutcome, took: Duration) {
        let (outcome, rejected) = match result {
            Ok(exported) if exported.rejected_data_points() == 0 => (OtlpExportResult::Success, 0),
            Ok(exported) => (OtlpExportResult::Partial, exported.rejected_data_points()),
            Err(_) => (OtlpExportResult::Failure, 0),
        };
        self.emit(|| {
            MME.otlp_exports.increment((outcome,));
            MME.otlp_rejected_data_points.add((), rejected);
            MME.otlp_export_duration.set((), took.as_secs_f64());
            if result.is_ok() {
                MME.otlp_last_success.set((), unix_seconds(SystemTime::now()));
            }
        });
        match result {
            Err(error) if !self.failing => {
                tracing::warn!(target: "mme_metrics::otlp", %error, "metrics could not be exported by OTLP");
            }
            Ok(_) if self.failing => tracing::info!(target: "mme_metrics::otlp", "metrics are exported by OTLP again"),
            _ => {}
        }
        self.failing = result.is_err();
    }

    /// Reports what the receiver says about a request that it accepted.
    pub(super) fn answered(&mut self, message: &str) {
        let message = &message[..message.floor_char_boundary(MESSAGE)];
        if message != self.message {
            message.clone_into(&mut self.message);
            if !message.is_empty() {
                // As `Debug`, because the text is a stranger's.
                tracing::warn!(target: "mme_metrics::otlp", ?message, "the OTLP receiver has a message");
            }
        }
    }

    /// Emits into the recorder that is exported, outside of any trace.
    fn emit(&self, emit: impl FnOnce()) {
        TraceScope::Closed.run(|| metrics::with_local_recorder(&self.recorder, emit));
    }
}
