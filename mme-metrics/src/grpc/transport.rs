//! The channel inside a client layer, with the errors that tonic reports to callers.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::Request;
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// A channel whose errors are the [`Status`] that tonic makes of them, with the channel's own error as the source.
///
/// So a measured call ends with the code that its caller sees.
#[derive(Clone, Debug)]
pub struct GrpcTransport<S>(S);

impl<S> GrpcTransport<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S> Service<Request<Body>> for GrpcTransport<S>
where
    S: Service<Request<Body>, Error: Into<BoxError>>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = GrpcTransportFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        GrpcTransportFuture { inner: self.0.call(request) }
    }
}

pin_project! {
    /// The response future of a [`GrpcTransport`].
    pub struct GrpcTransportFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, T, E> Future for GrpcTransportFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(context).map_err(|error| Status::from_error(error.into()).into())
    }
}

impl<F> fmt::Debug for GrpcTransportFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcTransportFuture").finish_non_exhaustive()
    }
}
