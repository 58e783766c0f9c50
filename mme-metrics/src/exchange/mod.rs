//! Middleware that follows one request from its head to the last byte of the response.
//!
//! This module decides when an exchange begins and how it ends; it has no metrics. A family implements [`Watch`] and [`Observe`].
//! The service, the future and the body exist once, here, for HTTP and for gRPC.
//!
//! ```
//! use bytes::Buf;
//! use http::Request;
//! use mme_metrics::exchange::{End, ExchangeLayer, Observe, Watch};
//!
//! #[derive(Clone, Debug)]
//! struct Log;
//!
//! impl<B> Watch<B> for Log {
//!     type Observer = Line;
//!     type Body = B;
//!
//!     fn begin(&self, request: &mut Request<B>) -> Option<Line> {
//!         Some(Line { path: request.uri().path().to_owned(), bytes: 0 })
//!     }
//!
//!     fn request(_: Option<&Line>, request: Request<B>) -> Request<B> {
//!         request
//!     }
//! }
//!
//! struct Line {
//!     path: String,
//!     bytes: usize,
//! }
//!
//! impl Observe for Line {
//!     fn data<D: Buf>(&mut self, data: &D) {
//!         self.bytes += data.remaining();
//!     }
//!
//!     fn end(self, end: End) {
//!         println!("{} sent {} bytes: {end:?}", self.path, self.bytes);
//!     }
//! }
//!
//! # #[cfg(feature = "axum")]
//! let app = axum::Router::<()>::new().layer(ExchangeLayer::new(Log));
//! ```
//!
//! # How an exchange ends
//!
//! An exchange begins when the service is called. It ends exactly once, even if nothing is ever polled:
//!
//! | event | [`End`] |
//! |---|---|
//! | a response without a body: an empty one, the response to HEAD, or a status that allows no body | `Complete`, at the head |
//! | a 101, or a 2xx to CONNECT | `Complete`, at the head: from there on the connection carries another protocol |
//! | the body reports its end or its trailers came; it is dropped after the announced length has passed | `Complete` |
//! | the service returns an error | `Error` |
//! | the body returns an error, ends before the announced length, or returns more bytes than that | `BodyError` |
//! | the service, its future or the body panics | `Panic` |
//! | the future or the body is dropped before any of these: the client left, a timeout fired | `Cancelled` |
//!
//! The announced length is that of `Content-Length`, or else the exact size that the body reports. A server over HTTP/1 does not
//! ask for more after it, so more data in a later frame is not seen.

mod body;
mod future;
mod guard;
mod layer;
mod service;

pub use self::body::ExchangeBody;
pub use self::future::ExchangeFuture;
pub use self::layer::ExchangeLayer;
pub use self::service::ExchangeService;

use ::http::{HeaderMap, Request, Response};
use bytes::Buf;
use http_body::Body;

use crate::trace::TraceContext;

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// The whole response was handed over.
    Complete,
    /// The service returned an error instead of a response.
    Error,
    /// The body of the response returned an error, or was shorter or longer than the announced length.
    BodyError,
    /// The future or the body was dropped before its end.
    Cancelled,
    /// The service or the body panicked.
    Panic,
}

/// Decides which requests with a body of type `B` are observed, and makes the observer of each.
pub trait Watch<B>: Clone {
    /// The observer of one exchange.
    type Observer: Observe;

    /// The body of the request that the service receives: `B`, or an [`ExchangeBody`] around it.
    type Body;

    /// Begins an exchange. Returns `None` for a request that is not to be observed.
    ///
    /// It runs before the service sees the request, and may add to the request's extensions.
    fn begin(&self, request: &mut Request<B>) -> Option<Self::Observer>;

    /// Returns the request as the service receives it; `observer` is what [`begin`](Self::begin) returned for it.
    fn request(observer: Option<&Self::Observer>, request: Request<B>) -> Request<Self::Body>;
}

/// Observes one exchange. The methods are called in this order: head, frames, end.
///
/// None of them may panic.
pub trait Observe {
    /// Whether trailers belong to the result, so that the exchange lasts until they came or cannot come any more.
    ///
    /// Otherwise the drop of the body after the last announced byte completes the exchange, because a server need not poll the
    /// body again.
    const NEEDS_TRAILERS: bool = false;

    /// Whether [`end`](Self::end) does anything.
    ///
    /// An observer that only reads data sets this to `false`: the body is then not asked after every frame whether it was the
    /// last one, which takes a lock in HTTP/2.
    const NEEDS_END: bool = true;

    /// Returns the trace of the request. Code that the service runs meanwhile falls back to it; see [`trace`](crate::trace).
    fn trace(&self) -> Option<TraceContext> {
        None
    }

    /// The service returned a response; nothing of its body was read yet.
    fn head<B: Body>(&mut self, response: &Response<B>) {
        let _ = response;
    }

    /// The body returned a frame of data. Reading from `data` does not consume it.
    fn data<D: Buf>(&mut self, data: &D) {
        let _ = data;
    }

    /// The body returned its trailers.
    fn trailers(&mut self, trailers: &HeaderMap) {
        let _ = trailers;
    }

    /// Whether the exchange ends with data after which the body reports its end. Otherwise it lasts until the body is asked again,
    /// or dropped.
    fn ends_with_data(&self) -> bool {
        true
    }

    /// The body has no frame yet, and its reader waits.
    fn pending(&mut self) {}

    /// The body ended without trailers. The end follows.
    ///
    /// A body of HTTP/2 also ends so if the other side resets the stream with `CANCEL`. Then it does not report the end of the
    /// stream.
    fn ended<B: Body>(&mut self, body: &B) {
        let _ = body;
    }

    /// The service or the body returned this error. The end follows. Returns the error for the caller: the same one, or one
    /// that has it as its source.
    fn error<E: 'static>(&mut self, error: E) -> E {
        error
    }

    /// The exchange is over.
    fn end(self, end: End);
}

#[cfg(test)]
mod tests;
