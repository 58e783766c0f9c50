//! The live page as a builder and a router.

use std::fmt;

use axum::Router;
use bytes::Bytes;
use http::{Response, StatusCode};

use super::document::Document;
use super::sampler::LiveSampler;
use super::slow::SlowRequests;
use super::view::Answer;
use crate::endpoint::{Exposure, Gate, admin_router, answer, json};
use crate::recorder::Recorder;

/// Serves a page at `/live` that shows the last 15 minutes of this process.
///
/// Every request is refused until a token or a password is set: a page that names routes, tenants of labels and certificates is not
/// for everyone. Browsers ask for a user and a password, so set [`basic`](Self::basic) to look at it with one.
/// [`endpoint`](crate::endpoint) lists the answers.
///
/// ```
/// use mme_metrics::live::LivePage;
///
/// let recorder = mme_metrics::Recorder::builder().build()?;
/// let admin: axum::Router = LivePage::new(recorder).basic("admin", "a long secret").into_router();
/// # let _ = admin;
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
#[derive(Clone)]
#[must_use = "a page does nothing until its router is served"]
pub struct LivePage {
    recorder: Recorder,
    gate: Gate,
    slow: SlowRequests,
}

impl LivePage {
    /// Shows `recorder`. Nothing is sampled until [`into_router`](Self::into_router).
    pub fn new(recorder: Recorder) -> Self {
        let gate = Gate::new("live figures", "/live", Exposure::Private);
        Self { recorder, gate, slow: SlowRequests::default() }
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

    /// Accepts `Authorization: Basic` with this user and password, for which a browser asks. Several may be set. No request matches an
    /// empty password.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.gate = self.gate.basic(user, password);
        self
    }

    /// Also shows the slowest and the failed requests that a sampler holds, with the ids of their traces. Their attributes are not
    /// shown.
    #[cfg(feature = "spike")]
    #[cfg_attr(docsrs, doc(cfg(feature = "spike")))]
    pub fn spikes(mut self, spikes: crate::spike::Spikes) -> Self {
        self.slow = SlowRequests::new(spikes);
        self
    }

    /// Makes a router of it, with its path as the only route, and starts to take samples.
    ///
    /// The task that takes them runs on the runtime of the caller, which needs its timer, and ends with the last clone of the router.
    /// Called outside a runtime, the task starts with the first request.
    ///
    /// Merge it before the layers that must see every request, as [`metrics_router`](crate::metrics_router) says.
    pub fn into_router(self) -> Router {
        let Self { recorder, gate, slow } = self;
        let sampler = LiveSampler::new(recorder);
        sampler.start();
        let service = PageService { sampler, slow, document: Document::new() };
        admin_router(gate, move |request| service.respond(request))
    }
}

impl fmt::Debug for LivePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivePage").field("gate", &self.gate).finish_non_exhaustive()
    }
}

/// The service behind the route of a page.
struct PageService {
    sampler: LiveSampler,
    slow: SlowRequests,
    document: Document,
}

impl PageService {
    fn respond<B>(&self, request: &http::Request<B>) -> Response<Bytes> {
        self.sampler.start();
        // axum sends no body for HEAD.
        let mut response = match request.uri().query().and_then(Since::read) {
            Some(since) => self.samples(&since),
            None => answer(StatusCode::OK, "text/html; charset=utf-8", self.document.html.clone()),
        };
        let headers = self.document.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        response.headers_mut().extend(headers);
        // A page that is open asks every few seconds.
        #[cfg(any(feature = "grpc", feature = "http"))]
        response.extensions_mut().insert(crate::trace::TraceOptOut);
        response
    }

    fn samples(&self, since: &Since<'_>) -> Response<Bytes> {
        let slow = self.slow.tables();
        let history = self.sampler.history();
        let sample = if since.instance == history.instance { since.sample } else { 0 };
        json(StatusCode::OK, &Answer::new(&history, sample, slow))
    }
}

/// Which samples a page has: `since=7&instance=1f…`.
#[derive(Debug, PartialEq)]
struct Since<'a> {
    sample: u64,
    instance: &'a str,
}

impl<'a> Since<'a> {
    /// Reads a query. It is one for samples if it has `since`, whatever its value.
    fn read(query: &'a str) -> Option<Self> {
        let find = |key: &str| query.split('&').find_map(|part| part.split_once('=').filter(|(name, _)| *name == key));
        let sample = find("since")?.1.parse().unwrap_or(0);
        Some(Self { sample, instance: find("instance").map_or("", |(_, value)| value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_samples_and_a_wrong_one_for_all_of_them() {
        let since = |sample, instance| Some(Since { sample, instance });
        assert_eq!(Since::read("since=7&instance=ab"), since(7, "ab"));
        assert_eq!(Since::read("instance=ab&since=-1"), since(0, "ab"));
        assert_eq!(Since::read("since="), since(0, ""));
        assert_eq!((Since::read(""), Since::read("route=/a")), (None, None));
    }
}
