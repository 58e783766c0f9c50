//! The service: where an exchange begins.

use std::task::{Context, Poll};

use ::http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::guard::Bodies;
use super::{ExchangeBody, ExchangeFuture, Watch};

/// A service whose exchanges are watched.
///
/// An exchange begins with the call. A service that is not ready has not been called, so its readiness error is nobody's end.
#[derive(Clone, Debug)]
pub struct ExchangeService<S, W> {
    inner: S,
    watch: W,
}

impl<S, W: Watch> ExchangeService<S, W> {
    /// Wraps `inner`.
    pub const fn new(inner: S, watch: W) -> Self {
        Self { inner, watch }
    }
}

impl<S, W, B, R> Service<Request<B>> for ExchangeService<S, W>
where
    S: Service<Request<B>, Response = Response<R>, Error: 'static>,
    W: Watch,
    B: 'static,
    R: Body,
{
    type Response = Response<ExchangeBody<R, W::Observer>>;
    type Error = S::Error;
    type Future = ExchangeFuture<S::Future, W::Observer>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let bodies = Bodies::of(request.method());
        let observer = self.watch.begin(&mut request);
        ExchangeFuture::begin(observer, bodies, || self.inner.call(request))
    }
}
