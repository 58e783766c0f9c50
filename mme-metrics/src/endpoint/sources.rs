//! Who fails to authenticate, for those who may know.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};

use super::auth::Credentials;
use super::service::{as_it_reads, with_slash};
use crate::security::SourceTracker;

/// Sources that are listed.
const MOST: usize = 100;

/// Serves the sources with the most failures within an hour, with their addresses, to whoever has the token.
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
/// An IPv6 source is a network, such as `2001:db8:1:2::/64`. `seconds_ago` is how long ago the last failure was, up to 10 s too
/// many. Without the token the answer is 401; there is no way to serve it without one.
#[derive(Clone, Debug)]
#[must_use = "an endpoint does nothing until its router is served"]
pub struct SourcesEndpoint {
    tracker: SourceTracker,
    path: String,
    credentials: Credentials,
}

impl SourcesEndpoint {
    /// Serves what `tracker` knows, to whoever has `token`. An empty token opens nothing.
    pub fn new(tracker: &SourceTracker, token: &str) -> Self {
        let (tracker, path) = (tracker.clone(), "/metrics/security/sources".to_owned());
        Self { tracker, path, credentials: Credentials::default() }.bearer(token)
    }

    /// Takes another token, too, so that one can replace the other.
    pub fn bearer(mut self, token: &str) -> Self {
        self.credentials.bearer(token);
        self
    }

    /// Sets the path; a leading slash is added if there is none.
    pub fn path(mut self, path: &str) -> Self {
        self.path = with_slash(path);
        self
    }

    /// Makes a router of it, with its path as the only route.
    ///
    /// Merge it before the layers that are to see every request, as [`metrics_router`](super::metrics_router) says.
    pub fn into_router(self) -> Router {
        let route = as_it_reads(&self.path);
        let this = Arc::new(self);
        Router::new().without_v07_checks().route(&route, get(async move |headers: HeaderMap| this.answer(&headers)))
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        // Nothing between here and whoever asks may keep it, and a browser must not take it for a page.
        let never = [(header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        if !self.credentials.admit(headers) {
            let mut response = (StatusCode::UNAUTHORIZED, never, "credentials are missing or wrong\n").into_response();
            for challenge in self.credentials.challenges() {
                response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
            }
            return response;
        }
        (never, [(header::CONTENT_TYPE, "application/json")], self.json()).into_response()
    }

    fn json(&self) -> String {
        let mut json = String::from("{\"sources\":[");
        for (at, report) in self.tracker.worst(MOST).into_iter().enumerate() {
            // Numbers and addresses need no escapes; writing to a string cannot fail.
            let comma = if at == 0 { "" } else { "," };
            let bits = if report.bits == 32 { String::new() } else { format!("/{}", report.bits) };
            let _ = write!(
                json,
                "{comma}{{\"source\":\"{}{bits}\",\"minute\":{},\"hour\":{},\"seconds_ago\":{},\"over_limit\":{}}}",
                report.address, report.minute, report.hour, report.seconds_ago, report.over_limit
            );
        }
        json + "]}\n"
    }
}
