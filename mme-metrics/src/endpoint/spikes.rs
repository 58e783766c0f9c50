//! Spike traces as JSON, for callers with credentials.

use std::fmt;

use axum::Router;
use http::StatusCode;

use super::admin;
use super::gate::{Exposure, Gate};
use super::json::json;
use crate::spike::Spikes;

/// Serves what a sampler holds in memory, as JSON at `/spikes`; each trace as it is written to disk.
///
/// Unlike metrics, traces can name tenants and other attributes of a request. Every request is refused until a token or a
/// password is set. [`endpoint`](super) lists the answers.
///
/// ```
/// use mme_metrics::endpoint::SpikeEndpoint;
/// use mme_metrics::spike::Sampler;
///
/// let spikes = Sampler::new().start()?;
/// let router = SpikeEndpoint::new(spikes).path("/admin/spikes").bearer("a long secret").into_router();
/// # let _: axum::Router = router;
/// # Ok::<(), mme_metrics::spike::SpikeStartError>(())
/// ```
#[derive(Clone)]
#[must_use = "an endpoint serves nothing until it is a router"]
pub struct SpikeEndpoint {
    spikes: Spikes,
    gate: Gate,
}

impl SpikeEndpoint {
    /// Serves what `spikes` holds.
    pub fn new(spikes: Spikes) -> Self {
        Self { spikes, gate: Gate::new("spike traces", "/spikes", Exposure::Private) }
    }

    /// Sets the path; a leading slash is added if there is none.
    pub fn path(mut self, path: &str) -> Self {
        self.gate = self.gate.path(path);
        self
    }

    /// Accepts `Authorization: Bearer` with this token. Several may be set. No request matches an empty token.
    pub fn bearer(mut self, token: &str) -> Self {
        self.gate = self.gate.bearer(token);
        self
    }

    /// Accepts `Authorization: Basic` with this user and password. Several may be set. No request matches an empty password.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.gate = self.gate.basic(user, password);
        self
    }

    /// Makes a router of it, with its path as the only route.
    ///
    /// Merge it before the layers that must see every request, as [`metrics_router`](super::metrics_router) says.
    pub fn into_router(self) -> Router {
        let Self { spikes, gate } = self;
        admin::router(gate, move |_| json(StatusCode::OK, &spikes.view()))
    }
}

impl fmt::Debug for SpikeEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpikeEndpoint").field("gate", &self.gate).finish_non_exhaustive()
    }
}
