//! The exporter as the receiver of a job's metrics.

use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::error::OtlpExportError;
use super::handle::{OtlpExporter, RunningExporter};
use super::summary::ExportOutcome;
use crate::job::{BatchFlush, FlushError, Job, sealed};

const RECEIVER: &str = "the OTLP receiver";

/// How often a thread that blocks looks for the end of an export.
const GLANCE: Duration = Duration::from_millis(5);

/// What an export may take besides its request: the collectors, and the thread for blocking work.
const READING: Duration = Duration::from_secs(2);

impl sealed::Sealed for OtlpExporter {}

/// Exports at the end of a run. The export has the metrics of the whole process, as any other.
impl BatchFlush for OtlpExporter {
    async fn flush_run(&self, _: Job) -> Result<(), FlushError> {
        self.flush().await.map(drop).map_err(|error| FlushError::new(RECEIVER, error))
    }

    /// Blocks at most as long as two requests may take: one that is in progress, and its own. The exporter works on the runtime that it was
    /// started on, so on a thread of a runtime that has only this one, nothing is sent until the thread is free again.
    fn flush_run_blocking(&self, _: Job) -> Result<(), FlushError> {
        let Some(running) = self.if_running() else { return Ok(()) };
        // On another thread, because a task that is woken by a thread of its runtime may wait for this very thread.
        let flushed = thread::scope(|scope| {
            let thread = thread::Builder::new().spawn_scoped(scope, || flush_blocking(running));
            thread.ok().and_then(|thread| thread.join().ok())
        });
        let flushed = flushed.unwrap_or(Err(OtlpExportError::Stopped));
        flushed.map(drop).map_err(|error| FlushError::new(RECEIVER, error))
    }

    fn flush_dropped_run(&self, job: Job) {
        let Some(running) = self.if_running() else { return };
        if Handle::try_current().is_ok() {
            // If the queue is full, an export that begins later has this run too.
            let _ = running.flushes.try_send(oneshot::channel().0);
        } else {
            // The exporter has reported an error, and a drop has nobody to return it to.
            let _ = self.flush_run_blocking(job);
        }
    }
}

fn flush_blocking(running: &RunningExporter) -> ExportOutcome {
    let until = Instant::now() + running.timeout.saturating_mul(2).saturating_add(READING);
    let (mut reply, mut result) = oneshot::channel();
    while let Err(refused) = running.flushes.try_send(reply) {
        reply = match refused {
            TrySendError::Full(reply) if Instant::now() < until => reply,
            TrySendError::Full(_) => return Err(OtlpExportError::TimedOut),
            TrySendError::Closed(_) => return Err(OtlpExportError::Stopped),
        };
        thread::sleep(GLANCE);
    }
    loop {
        match result.try_recv() {
            Ok(exported) => return exported,
            Err(TryRecvError::Closed) => return Err(OtlpExportError::Stopped),
            Err(TryRecvError::Empty) if Instant::now() < until => thread::sleep(GLANCE),
            Err(TryRecvError::Empty) => return Err(OtlpExportError::TimedOut),
        }
    }
}
