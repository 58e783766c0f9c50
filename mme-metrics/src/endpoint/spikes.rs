//! Spike traces as JSON, for those who may see them.

use std::fmt;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{HeaderValue, Method, StatusCode, header};

use super::auth::Credentials;
use super::service::{as_it_reads, with_slash};
use crate::spike::Spikes;

/// Serves what a sampler holds in memory, as JSON at `/spikes`; each trace as it is written to disk.
///
/// Unlike metrics, traces can name tenants and what else the service chose to add. So they are shown to nobody until a token
/// or a password is set.
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
    path: String,
    credentials: Credentials,
}

impl SpikeEndpoint {
    /// Serves what `spikes` holds.
    pub fn new(spikes: Spikes) -> Self {
        Self { spikes, path: "/spikes".to_owned(), credentials: Credentials::default() }
    }

    /// Sets the path; a leading slash is added if there is none.
    pub fn path(mut self, path: &str) -> Self {
        self.path = with_slash(path);
        self
    }

    /// Opens to `Authorization: Bearer` with this token. Several may be set; an empty one opens nothing.
    pub fn bearer(mut self, token: &str) -> Self {
        self.credentials.bearer(token);
        self
    }

    /// Opens to `Authorization: Basic` with this user and password. Several may be set; an empty password opens nothing.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.credentials.basic(user, password);
        self
    }

    /// Makes a router of it, with its path as the only route.
    ///
    /// Merge it before the layers that are to see every request, as [`metrics_router`](super::metrics_router) says.
    pub fn into_router(self) -> Router {
        let route = as_it_reads(&self.path);
        Router::new().without_v07_checks().route(&route, any(answer)).with_state(self)
    }
}

async fn answer(State(endpoint): State<SpikeEndpoint>, request: Request) -> Response {
    let mut response = endpoint.respond(&request);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Attributes may come from strangers; a browser must not take them for a page.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl SpikeEndpoint {
    fn respond(&self, request: &Request) -> Response {
        if self.credentials.is_empty() {
            let told = "spike traces are shown to nobody: set a token with `SpikeEndpoint::bearer`\n";
            return (StatusCode::FORBIDDEN, told).into_response();
        }
        if !self.credentials.admit(request.headers()) {
            let mut response = (StatusCode::UNAUTHORIZED, "credentials are missing or wrong\n").into_response();
            for challenge in self.credentials.challenges() {
                response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
            }
            return response;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let allowed = [(header::ALLOW, "GET, HEAD")];
            return (StatusCode::METHOD_NOT_ALLOWED, allowed, "spike traces are read with GET or HEAD\n")
                .into_response();
        }
        // Every key of it is a text, and every number finite.
        let text = serde_json::to_string(&self.spikes.view()).unwrap_or_default();
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    }
}

// Secrets stay out of logs; the credentials see to theirs.
impl fmt::Debug for SpikeEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, credentials, .. } = self;
        f.debug_struct("SpikeEndpoint").field("path", path).field("credentials", credentials).finish_non_exhaustive()
    }
}
