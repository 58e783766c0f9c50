//! Layers that record nothing: what axum itself takes for a layer, and for one with a body of its own.

use std::task::{Context, Poll};

use ::http::{Request, Response};
use tower::Service;
use tower::layer::layer_fn;

use super::{NOOP, WRAPPING, app};
use crate::contest::Contestant;
use crate::passthrough::Passthrough;

pub(super) fn contestant() -> Contestant {
    super::contestant(NOOP, app().layer(layer_fn(Plain)), || 0)
}

pub(super) fn wrapping() -> Contestant {
    super::contestant(WRAPPING, app().layer(layer_fn(NoopService)), || 0)
}

#[derive(Clone)]
struct Plain<S>(S);

impl<S: Service<R>, R> Service<R> for Plain<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}

#[derive(Clone)]
struct NoopService<S>(S);

impl<S, B, R> Service<Request<B>> for NoopService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<Passthrough<R>>;
    type Error = S::Error;
    type Future = Passthrough<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Passthrough { inner: self.0.call(request) }
    }
}
