//! The layer that goes around somebody else's limit.

use ::http::{Request, Response, StatusCode};
use http_body::Body;
use tower_layer::Layer;

use super::RateLimit;
use crate::exchange::{End, ExchangeService, Observe, Watch};

/// Counts what a limit lets through and what it turns away, read from its answers: 429 and 503 are refusals.
///
/// Put it right around the layer that limits, so that an overloaded service behind does not look like a limit:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::Router;
/// use axum::http::StatusCode;
/// use axum::routing::post;
/// use mme_metrics::security::{PolicyName, RateLimit, RateLimitLayer};
///
/// static LOGINS: RateLimit = RateLimit::new(PolicyName::new("logins"));
///
/// let app: Router = Router::new()
///     .route("/login", post(|| async { StatusCode::TOO_MANY_REQUESTS }))
///     // .layer(… the limit …)
///     .layer(RateLimitLayer::new(&LOGINS));
/// # }
/// ```
///
/// tower's `LoadShed` fails instead of answering. In axum a `HandleErrorLayer` around it turns that into an answer, and this
/// layer goes around both; in plain tower say [`errors`](Self::errors). tower's `RateLimit` and `ConcurrencyLimit` do not turn
/// anybody away, they make requests wait; with `LoadShed` around them they do.
#[derive(Clone, Copy, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct RateLimitLayer(LimitWatch);

impl RateLimitLayer {
    /// Counts for `limit`.
    pub fn new(limit: &'static RateLimit) -> Self {
        Self(LimitWatch { limit, errors: false })
    }

    /// Takes an error of the service in place of an answer for a refusal, too.
    pub const fn errors(mut self, on: bool) -> Self {
        self.0.errors = on;
        self
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = ExchangeService<S, LimitWatch>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.limit.touch();
        ExchangeService::new(inner, self.0)
    }
}

/// What a [`RateLimitLayer`] was built to do.
#[derive(Clone, Copy, Debug)]
pub struct LimitWatch {
    limit: &'static RateLimit,
    errors: bool,
}

impl<B> Watch<B> for LimitWatch {
    type Observer = LimitExchange;
    type Body = B;

    fn begin(&self, _: &mut Request<B>) -> Option<LimitExchange> {
        Some(LimitExchange { watch: *self, is_counted: false })
    }

    fn request(_: Option<&LimitExchange>, request: Request<B>) -> Request<B> {
        request
    }
}

/// One request to a limit.
#[derive(Debug)]
pub struct LimitExchange {
    watch: LimitWatch,
    is_counted: bool,
}

impl Observe for LimitExchange {
    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.is_counted = true;
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => self.watch.limit.limited(),
            _ => self.watch.limit.allowed(),
        }
    }

    fn end(self, end: End) {
        match end {
            _ if self.is_counted => {}
            End::Error if self.watch.errors => self.watch.limit.limited(),
            // It had been let through, whatever became of it.
            _ => self.watch.limit.allowed(),
        }
    }
}
