//! Spike traces: the slowest requests of each minute, and those that failed or were hung up on.
//!
//! In memory they are at `/spikes`, for whoever knows the admin token; with `TRUST_SPIKES` they are also written to a directory,
//! of which `mme-metrics report daily --dir …` makes a report.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use mme_metrics::endpoint::SpikeEndpoint;
use mme_metrics::spike::{Sampler, SpikeStartError, Spikes};

/// What is not even so slow is no spike.
const AT_LEAST: Duration = Duration::from_millis(5);

/// Longest time that stopping waits for the disk.
const PATIENCE: Duration = Duration::from_millis(500);

/// Starts to keep traces.
pub(crate) fn start(directory: Option<PathBuf>) -> Result<Spikes, SpikeStartError> {
    let sampler = Sampler::new().slowest(10).errors(20).cancels(10).at_least(AT_LEAST);
    match directory {
        Some(directory) => sampler.directory(directory).start(),
        None => sampler.start(),
    }
}

/// Shows them to whoever knows the token.
pub(crate) fn router(spikes: Spikes, token: &str) -> Router {
    SpikeEndpoint::new(spikes).bearer(token).into_router()
}

/// Writes what is left; the last minute of a service is often the one that matters.
pub(crate) async fn stop(spikes: Spikes) {
    // It waits for a disk, which a thread of requests must not.
    let is_written = tokio::task::spawn_blocking(move || spikes.flush(PATIENCE)).await;
    if !is_written.unwrap_or(false) {
        tracing::warn!("some spike traces were not written");
    }
}
