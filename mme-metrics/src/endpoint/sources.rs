//! Sources that fail to authenticate, as JSON, for callers with credentials.

use axum::Router;
use http::StatusCode;
use serde::Serialize;

use super::admin;
use super::gate::{Exposure, Gate};
use super::json::json;
use crate::security::SourceTracker;

/// How many sources are listed.
const MOST: usize = 100;

/// Serves the sources with the most failures within an hour, with their addresses, to callers with the token.
///
/// ```
/// use mme_metrics::endpoint::SourcesEndpoint;
/// use mme_metrics::security::SourceTracker;
///
/// let tracker = SourceTracker::default();
/// let admin: axum::Router = SourcesEndpoint::new(&tracker, "a long secret").into_router();
/// # let _ = admin;
/// ```
///
/// `GET /metrics/security/sources` with `Authorization: Bearer` and the token answers JSON, the worst source first:
///
/// ```json
/// {"sources":[{"source":"203.0.113.7","minute":12,"hour":61,"seconds_ago":3,"over_limit":true}]}
/// ```
///
/// An IPv6 source is a network, such as `2001:db8:1:2::/64`. `seconds_ago` is the age of the last failure, rounded up by at most
/// 10 s. The sources cannot be served without credentials. [`endpoint`](super) lists the answers.
#[derive(Clone, Debug)]
#[must_use = "an endpoint does nothing until its router is served"]
pub struct SourcesEndpoint {
    tracker: SourceTracker,
    gate: Gate,
}

impl SourcesEndpoint {
    /// Serves the sources of `tracker` to callers with `token`. No request matches an empty token.
    pub fn new(tracker: &SourceTracker, token: &str) -> Self {
        let gate = Gate::new("sources", "/metrics/security/sources", Exposure::Private).bearer(token);
        Self { tracker: tracker.clone(), gate }
    }

    /// Accepts `Authorization: Bearer` with this token too, so that one token can replace another.
    pub fn bearer(mut self, token: &str) -> Self {
        self.gate = self.gate.bearer(token);
        self
    }

    /// Accepts `Authorization: Basic` with this user and password too. No request matches an empty password.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.gate = self.gate.basic(user, password);
        self
    }

    /// Sets the path; a leading slash is added if there is none.
    pub fn path(mut self, path: &str) -> Self {
        self.gate = self.gate.path(path);
        self
    }

    /// Makes a router of it, with its path as the only route.
    ///
    /// Merge it before the layers that must see every request, as [`metrics_router`](super::metrics_router) says.
    pub fn into_router(self) -> Router {
        let Self { tracker, gate } = self;
        admin::router(gate, move |_| json(StatusCode::OK, &SourceList::of(&tracker)))
    }
}

/// The answer.
#[derive(Debug, Serialize)]
struct SourceList {
    sources: Vec<Row>,
}

/// One source, as the answer shows it.
#[derive(Debug, Serialize)]
struct Row {
    source: String,
    minute: u32,
    hour: u32,
    seconds_ago: u64,
    over_limit: bool,
}

impl SourceList {
    fn of(tracker: &SourceTracker) -> Self {
        let sources = tracker.worst(MOST).into_iter().map(|report| Row {
            // An IPv4 source is one address, which has 32 bits.
            source: if report.bits == 32 {
                report.address.to_string()
            } else {
                format!("{}/{}", report.address, report.bits)
            },
            minute: report.minute,
            hour: report.hour,
            seconds_ago: report.seconds_ago,
            over_limit: report.over_limit,
        });
        Self { sources: sources.collect() }
    }
}
