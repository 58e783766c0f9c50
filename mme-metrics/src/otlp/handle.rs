//! The handle of an exporter.

use std::fmt;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::error::OtlpExportError;
use super::summary::{ExportOutcome, OtlpExportSummary};

/// A running exporter; dropping it stops the exporter without a last export.
///
/// [`builder`](Self::builder) and [`from_env`](Self::from_env) set one up. Without a receiver it holds one request at most, and a
/// later export has everything that an earlier one could not send.
#[must_use = "dropping this stops the exporter"]
pub struct OtlpExporter(Option<RunningExporter>);

pub(super) struct RunningExporter {
    pub(super) flushes: mpsc::Sender<oneshot::Sender<ExportOutcome>>,
    pub(super) stop: CancellationToken,
    pub(super) task: AbortOnDropHandle<ExportOutcome>,
    /// How long a request may take, with its retries.
    pub(super) timeout: Duration,
}

impl OtlpExporter {
    pub(super) const fn disabled() -> Self {
        Self(None)
    }

    pub(super) const fn running(running: RunningExporter) -> Self {
        Self(Some(running))
    }

    /// Returns what is known of the exporter while it runs.
    pub(super) const fn if_running(&self) -> Option<&RunningExporter> {
        self.0.as_ref()
    }

    /// Returns whether the exporter was turned on, by the environment and the builder.
    pub const fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    /// Exports everything that was recorded before this call, and returns how that ended. It does not wait for the time that a
    /// receiver asked for in `Retry-After`.
    ///
    /// If an export is in progress, it ends first. An exporter that is off returns at once.
    ///
    /// # Errors
    ///
    /// When the receiver did not accept the metrics within the timeout of a request. A later export sends them again.
    ///
    /// # Cancellation
    ///
    /// The export goes on if this future is dropped.
    pub async fn flush(&self) -> Result<OtlpExportSummary, OtlpExportError> {
        let Some(running) = &self.0 else { return Ok(OtlpExportSummary::default()) };
        let (reply, result) = oneshot::channel();
        running.flushes.send(reply).await.map_err(|_| OtlpExportError::Stopped)?;
        result.await.map_err(|_| OtlpExportError::Stopped)?
    }

    /// Stops the exporter after a last export, which it starts at once: an export in progress is broken off, because the last one has
    /// all that it would have sent. Call it at the end of `main`, after the service has stopped serving.
    ///
    /// It takes at most as long as the collectors and a request may, unless the reading was split: then each part may take as long as a
    /// request.
    ///
    /// # Errors
    ///
    /// When the receiver did not accept the last export. What was recorded since the last success is then lost.
    ///
    /// # Cancellation
    ///
    /// The exporter stops without a last export if this future is dropped.
    pub async fn shutdown(self) -> Result<OtlpExportSummary, OtlpExportError> {
        let Some(RunningExporter { stop, task, .. }) = self.0 else { return Ok(OtlpExportSummary::default()) };
        stop.cancel();
        task.await.map_err(|_| OtlpExportError::Stopped)?
    }
}

impl fmt::Debug for OtlpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporter").field("is_enabled", &self.is_enabled()).finish_non_exhaustive()
    }
}
