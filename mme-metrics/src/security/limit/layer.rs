//! A tower layer around a rate limit of another crate.

use ::http::{Request, Response, StatusCode};
use http_body::Body;
use tower_layer::Layer;

use super::RateLimit;
use crate::exchange::{End, ExchangeService, Observe, Watch};

/// Counts the requests that a rate limit allows and rejects. Responses with status 429 or 503 are rejections, and so are gRPC
/// responses whose head has the status `RESOURCE_EXHAUSTED` or `UNAVAILABLE`.
///
/// Put it directly around the limiting layer. Otherwise a 503 of the service behind it counts as a rejection.
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
/// tower's `LoadShed` returns an error instead of a response. In axum, a `HandleErrorLayer` around it turns the error
/// into a response; put this layer around both. In plain tower, set [`errors`](Self::errors). tower's `RateLimit` and
/// `ConcurrencyLimit` make requests wait; they reject only with `LoadShed` around them.
#[derive(Clone, Copy, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct RateLimitLayer(LimitWatch);

impl RateLimitLayer {
    /// Creates a layer that counts for `limit`.
    pub fn new(limit: &'static RateLimit) -> Self {
        Self(LimitWatch { limit, errors: false })
    }

    /// Counts an error of the service as a rejection. Off by default.
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

/// Starts the measurement of a request; part of [`RateLimitLayer`].
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

/// Returns whether the head of a response rejects the request. A gRPC server rejects a call in the head, with HTTP status 200.
fn is_rejection<B>(response: &Response<B>) -> bool {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        // RESOURCE_EXHAUSTED and UNAVAILABLE.
        _ => response.headers().get("grpc-status").is_some_and(|status| matches!(status.as_bytes(), b"8" | b"14")),
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
        if is_rejection(response) { self.watch.limit.limited() } else { self.watch.limit.allowed() }
    }

    fn end(self, end: End) {
        match end {
            _ if self.is_counted => {}
            End::Error if self.watch.errors => self.watch.limit.limited(),
            // The limit allowed the request, so its outcome does not matter.
            _ => self.watch.limit.allowed(),
        }
    }
}
