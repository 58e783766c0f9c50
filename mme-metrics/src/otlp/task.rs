//! The background task of an exporter.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::export::Export;
use super::handle::{OtlpExporter, RunningExporter};
use super::summary::ExportOutcome;

/// How many callers of `flush` may wait in the queue. The others wait for room in it.
const WAITING: usize = 16;

type Flushes = mpsc::Receiver<oneshot::Sender<ExportOutcome>>;

/// Starts the task.
pub(super) fn start(runtime: &Handle, export: Export, every: Duration) -> OtlpExporter {
    let (flushes, waiting) = mpsc::channel(WAITING);
    let stop = CancellationToken::new();
    let mut ticks = interval_at(Instant::now() + every, every);
    // An export that took longer than the interval is not followed by several at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let timeout = export.timeout();
    let task = AbortOnDropHandle::new(runtime.spawn(run(export, ticks, waiting, stop.clone())));
    OtlpExporter::running(RunningExporter { flushes, stop, task, timeout })
}

/// Exports at an interval and when it is asked to, until it is stopped, and then once more.
async fn run(mut export: Export, mut ticks: Interval, mut flushes: Flushes, stop: CancellationToken) -> ExportOutcome {
    loop {
        let mut waiting = Vec::new();
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(first) = flushes.recv() => {
                waiting.push(first);
                // One reading serves all that have asked before it begins.
                while let Ok(next) = flushes.try_recv() {
                    waiting.push(next);
                }
            }
            _ = ticks.tick() => {
                if export.is_held() {
                    continue;
                }
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            result = export.run() => {
                // A caller that is gone needs no answer.
                waiting.into_iter().for_each(|reply| _ = reply.send(result.clone()));
            }
        }
    }
    export.run().await
}
