//! No encoding: the body is sent as it is written.

use std::convert::Infallible;
use std::future::{Ready, ready};

use http::{Request, Response};

use crate::endpoint::content::Content;

/// The body of an answer.
pub(in crate::endpoint) type EncodedBody = Content;

/// An answer that is ready.
pub(in crate::endpoint) type EncodedFuture = Ready<Result<Response<EncodedBody>, Infallible>>;

/// Whether an exposition can be compressed.
pub(in crate::endpoint) const CAN_GZIP: bool = false;

/// The headers of a request that change an exposition.
pub(in crate::endpoint) const VARY: &str = "accept, accept-encoding";

/// Sends `response`, the answer to a request.
pub(in crate::endpoint) fn encode<B>(_: Request<B>, response: Response<Content>) -> EncodedFuture {
    ready(Ok(response))
}
