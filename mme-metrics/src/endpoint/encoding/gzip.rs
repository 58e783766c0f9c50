//! Compression of expositions, for callers that accept gzip.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::{Compression, CompressionBody, ResponseFuture};
use tower_service::Service;

use crate::endpoint::accept;
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

/// Sends `response`, the answer to `request`. An exposition is compressed if the request accepts gzip.
pub(in crate::endpoint) fn encode<B>(mut request: Request<B>, response: Response<Content>) -> EncodedFuture {
    let coding = accept::coding(request.headers());
    if !coding.identity {
        // What is refused keeps its status. The compression would turn each into 406.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
        if coding.gzip {
            request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    // The other codings come with features that any crate of the tree may turn on.
    let service = Compression::new(EchoService).no_br().no_deflate().no_zstd().quality(CompressionLevel::Fastest);
    service.compress_when::<Predicate>(is_exposition).call(request.map(|_| response))
}

/// Says which answers are compressed: a sentence would grow.
fn is_exposition(status: StatusCode, _: Version, _: &HeaderMap, _: &Extensions) -> bool {
    status == StatusCode::OK
}

/// The service that the compression wraps. The body of a request is its response.
struct EchoService;

impl Service<Request<Response<Content>>> for EchoService {
    type Response = Response<Content>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Content>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Response<Content>>) -> Self::Future {
        ready(Ok(request.into_body()))
    }
}
