//! Spike traces: records of the slowest requests of each minute, and of failed and cancelled requests.
//!
//! `/spikes` serves the traces in memory and requires the admin token. With `TRUST_SPIKES` they are also written to a
//! directory, from which `mme-metrics report daily --dir …` makes a report.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use mme_metrics::endpoint::SpikeEndpoint;
use mme_metrics::spike::{Sampler, SpikeStartError, Spikes};

/// A request that is faster than this is not a spike.
const AT_LEAST: Duration = Duration::from_millis(5);

/// Longest time that the shutdown waits for the disk.
const PATIENCE: Duration = Duration::from_millis(500);

/// Starts to record traces.
pub(crate) fn start(directory: Option<PathBuf>) -> Result<Spikes, SpikeStartError> {
    let sampler = Sampler::new().slowest(10).errors(20).cancels(10).at_least(AT_LEAST);
    match directory {
        Some(directory) => sampler.directory(directory).start(),
        None => sampler.start(),
    }
}

/// Returns the routes that serve the traces. They require the token.
pub(crate) fn router(spikes: Spikes, token: &str) -> Router {
    SpikeEndpoint::new(spikes).bearer(token).into_router()
}

/// Writes the remaining traces, because the last minute of a service is often the most important.
pub(crate) async fn stop(spikes: Spikes) {
    // Flushing blocks on the disk, so it must not run on a thread of the async runtime.
    let is_written = tokio::task::spawn_blocking(move || spikes.flush(PATIENCE)).await;
    if !is_written.unwrap_or(false) {
        tracing::warn!("some spike traces were not written");
    }
}
