//! `/livez`, `/readyz` and `/startupz`, for Kubernetes and for load balancers.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::answer::sentence;
use super::gate::{Exposure, Gate};
use super::json::json;
use crate::health::{Readiness, ReadinessStatus};

/// Serves the three probes of Kubernetes: it is its own builder, a router and a [`Service`].
///
/// | path | 200 | 503 |
/// |---|---|---|
/// | `/livez` | always: the process answers | |
/// | `/readyz` | every check of the [`Readiness`] succeeds | a check fails, or the service drains |
/// | `/startupz` | from the first time that every check has succeeded | until then |
///
/// `/livez` runs no check, so a dependency that is down does not restart the service. The other two take at most the longest time limit of
/// a check. A success is reused for a second, and any number of requests shares one run of each check.
///
/// Every caller gets the status and one word. A caller with credentials also learns which check fails, and why:
///
/// ```json
/// {"status":"not_ready","checks":[{"name":"ledger","status":"down","reason":"timed out","seconds":5.0}]}
/// ```
///
/// ```
/// use mme_metrics::endpoint::ProbeEndpoint;
/// use mme_metrics::health::Readiness;
/// use mme_metrics::probe::ProbeFailure;
///
/// let readiness = Readiness::new().check("price_list", async || Ok(()));
/// let probes = ProbeEndpoint::new(&readiness).bearer("a long secret");
/// let app: axum::Router = axum::Router::new().merge(probes.into_router());
/// ```
///
/// [`endpoint`](super) lists the other answers.
#[derive(Clone, Debug)]
#[must_use = "an endpoint serves nothing until it is a router"]
pub struct ProbeEndpoint(Arc<Probes>);

#[derive(Clone, Debug)]
struct Probes {
    readiness: Readiness,
    gates: [(Probe, Gate); 3],
}

#[derive(Clone, Copy, Debug)]
enum Probe {
    Live,
    Ready,
    Startup,
}

impl ProbeEndpoint {
    /// Answers by `readiness`.
    pub fn new(readiness: &Readiness) -> Self {
        let gate = |path| Gate::new("probes", path, Exposure::Redacted);
        let gates =
            [(Probe::Live, gate("/livez")), (Probe::Ready, gate("/readyz")), (Probe::Startup, gate("/startupz"))];
        Self(Arc::new(Probes { readiness: readiness.clone(), gates }))
    }

    /// Serves the probes below `prefix`: with `/internal` at `/internal/livez`, `/internal/readyz` and `/internal/startupz`.
    pub fn prefix(self, prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        self.each(|gate| {
            let path = format!("{prefix}{}", gate.place());
            gate.path(&path)
        })
    }

    /// Shows the checks to callers with `Authorization: Bearer` and this token. Several may be set. No request matches an empty token.
    pub fn bearer(self, token: &str) -> Self {
        self.each(|gate| gate.bearer(token))
    }

    /// Shows the checks to callers with `Authorization: Basic` and this user and password. Several may be set. No request matches an
    /// empty password.
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.each(|gate| gate.basic(user, password))
    }

    /// Makes a router of it, with the three paths as its routes.
    ///
    /// Merge it after the layers that measure, so that probes do not count as requests of the service.
    pub fn into_router(self) -> Router {
        let routes = self.0.gates.iter().map(|(_, gate)| gate.route()).collect::<Vec<_>>();
        let routes = routes.iter();
        routes.fold(Router::new().without_v07_checks(), |router, route| router.route_service(route, self.clone()))
    }

    fn each(mut self, change: impl Fn(Gate) -> Gate) -> Self {
        let probes = Arc::make_mut(&mut self.0);
        probes.gates = probes.gates.clone().map(|(probe, gate)| (probe, change(gate)));
        self
    }
}

impl Probes {
    /// Returns the answer if no check has to run for it.
    fn answer_at_once(&self, probe: Probe, with_details: bool) -> Option<Response<Bytes>> {
        match probe {
            Probe::Live => Some(sentence(StatusCode::OK, "live\n")),
            Probe::Startup if self.readiness.is_started() => Some(sentence(StatusCode::OK, "started\n")),
            Probe::Ready if !with_details && self.readiness.is_known_ready() => Some(ready()),
            Probe::Ready | Probe::Startup => None,
        }
    }

    async fn answer(&self, with_details: bool) -> Response<Bytes> {
        let report = self.readiness.report().await;
        if with_details {
            let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            return json(status, &report);
        }
        let word = match report.status() {
            ReadinessStatus::Ready => return ready(),
            ReadinessStatus::Starting => "starting\n",
            ReadinessStatus::NotReady => "not ready\n",
            ReadinessStatus::Draining => "draining\n",
        };
        sentence(StatusCode::SERVICE_UNAVAILABLE, word)
    }
}

fn ready() -> Response<Bytes> {
    sentence(StatusCode::OK, "ready\n")
}

impl<B> Service<Request<B>> for ProbeEndpoint {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ProbeFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ProbeFuture {
        let path = request.uri().path();
        let Some((probe, gate)) = self.0.gates.iter().find(|(_, gate)| gate.place() == path) else {
            return ProbeFuture::ready(sentence(StatusCode::NOT_FOUND, "not found\n"));
        };
        if let Some(refusal) = gate.refuse(&request) {
            return ProbeFuture::ready(refusal);
        }
        let with_details = gate.shows_details(&request);
        if let Some(answer) = self.0.answer_at_once(*probe, with_details) {
            return ProbeFuture::ready(answer);
        }
        let probes = Arc::clone(&self.0);
        ProbeFuture(State::Waiting(Box::pin(async move { probes.answer(with_details).await })))
    }
}

/// The answer of a [`ProbeEndpoint`]. It is ready when it is polled first, unless a check has to run.
#[must_use = "a future does nothing until it is polled"]
pub struct ProbeFuture(State);

enum State {
    Ready(Option<Response<Bytes>>),
    Waiting(Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>),
}

impl ProbeFuture {
    fn ready(answer: Response<Bytes>) -> Self {
        Self(State::Ready(Some(answer)))
    }
}

impl Future for ProbeFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = match &mut self.0 {
            State::Ready(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            State::Waiting(answer) => answer.as_mut().poll(context),
        };
        answer.map(|answer| Ok(answer.map(Body::from)))
    }
}

impl fmt::Debug for ProbeFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProbeFuture").finish_non_exhaustive()
    }
}
