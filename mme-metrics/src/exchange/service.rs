//! The service: an exchange begins when it is called.

use std::task::{Context, Poll};

use ::http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::future::BodyRule;
use super::{ExchangeBody, ExchangeFuture, Watch};

/// A service whose exchanges are observed.
///
/// An exchange begins with the call. An error of `poll_ready` comes before the call and ends no exchange.
#[derive(Clone, Debug)]
pub struct ExchangeService<S, W> {
    inner: S,
    watch: W,
}

impl<S, W> ExchangeService<S, W> {
    /// Wraps `inner`.
    pub const fn new(inner: S, watch: W) -> Self {
        Self { inner, watch }
    }
}

impl<S, W, B, R> Service<Request<B>> for ExchangeService<S, W>
where
    S: Service<Request<W::Body>, Response = Response<R>, Error: 'static>,
    W: Watch<B>,
    R: Body,
{
    type Response = Response<ExchangeBody<R, W::Observer>>;
    type Error = S::Error;
    type Future = ExchangeFuture<S::Future, W::Observer>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let rule = BodyRule::of(request.method());
        let observer = self.watch.begin(&mut request);
        let request = W::request(observer.as_ref(), request);
        ExchangeFuture::begin(observer, rule, || self.inner.call(request))
    }
}
