//! Compression of expositions, for callers that accept gzip.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, Request, Response, StatusCode, Version};
use tower_http::CompressionLevel;
use tower_http::compression::{Compression, CompressionBody, ResponseFuture};
use tower_service::Service;

use crate::endpoint::content::Content;

/// The body of an answer.
pub(in crate::endpoint) type EncodedBody = CompressionBody<Content>;

/// An answer that is ready as soon as it is polled.
pub(in crate::endpoint) type EncodedFuture = ResponseFuture<Ready<Result<Response<Content>, Infallible>>, Predicate>;

type Predicate = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Whether an exposition can be compressed.
pub(in crate::endpoint) const CAN_GZIP: bool = true;

/// The headers of a request that change an exposition.
pub(in crate::endpoint) const VARY: &str = "accept, accept-encoding";

/// Answers `request`, and compresses an exposition if the request accepts gzip.
pub(in crate::endpoint) fn encode<B>(
    request: Request<B>,
    answer: impl Fn(&Request<B>) -> Response<Content>,
) -> EncodedFuture {
    // The other codings come with features that any crate of the tree may turn on.
    let service = Compression::new(Plain(answer)).no_br().no_deflate().no_zstd().quality(CompressionLevel::Fastest);
    service.compress_when::<Predicate>(is_exposition).call(request)
}

/// Says which answers are compressed: a sentence would grow.
fn is_exposition(status: StatusCode, _: Version, _: &HeaderMap, _: &Extensions) -> bool {
    status == StatusCode::OK
}

/// A function as the service that the compression wraps.
struct Plain<F>(F);

impl<B, F: Fn(&Request<B>) -> Response<Content>> Service<Request<B>> for Plain<F> {
    type Response = Response<Content>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Content>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok((self.0)(&request)))
    }
}
