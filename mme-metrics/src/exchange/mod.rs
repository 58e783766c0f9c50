//! One request watched from its head to its last byte.
//!
//! This module knows when an exchange begins and how it ends, and no metric. A family implements [`Watch`] and [`Observe`];
//! services, futures and bodies exist once, here.
//!
//! ```
//! use bytes::Buf;
//! use mme_metrics::exchange::{End, ExchangeLayer, Observe, Watch};
//!
//! #[derive(Clone, Debug)]
//! struct Log;
//!
//! impl Watch for Log {
//!     type Observer = Line;
//!
//!     fn begin<B: 'static>(&self, request: &mut http::Request<B>) -> Option<Line> {
//!         Some(Line { path: request.uri().path().to_owned(), bytes: 0 })
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
//! It begins when the service is called and ends exactly once, whatever happens and whether or not anything is polled:
//!
//! | what happens | [`End`] |
//! |---|---|
//! | the response has no body: it is empty, answers HEAD, or has a status that allows none | `Complete`, at the head |
//! | a 101, or a 2xx to CONNECT | `Complete`, at the head: the connection is no longer this exchange's |
//! | the body says that it is finished, its trailers came, or the announced length has passed | `Complete` |
//! | the service returns an error | `Error` |
//! | the body returns an error, or ends before the announced length | `BodyError` |
//! | the service, its future or the body panics, whoever catches it | `Panic` |
//! | future or body are dropped before any of these: the client left, a timeout fired | `Cancelled` |

mod body;
mod future;
mod guard;
mod layer;
mod service;

pub use self::body::ExchangeBody;
pub use self::future::ExchangeFuture;
pub use self::layer::ExchangeLayer;
pub use self::service::ExchangeService;

#[cfg(feature = "grpc")]
pub(crate) use self::guard::Bodies;

use ::http::{HeaderMap, Request, Response};
use bytes::Buf;
use http_body::Body;

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// The whole response went out.
    Complete,
    /// The service returned an error instead of a response.
    Error,
    /// The response began, and its body returned an error or ended before the announced length.
    BodyError,
    /// Somebody stopped it: the future or the body was dropped.
    Cancelled,
    /// The service or the body panicked.
    Panic,
}

/// Decides which requests are watched, and makes the observer of each.
pub trait Watch: Clone {
    /// What watches one exchange.
    type Observer: Observe;

    /// Begins an exchange, or returns nothing to let the request pass unwatched.
    ///
    /// It runs before the service sees the request, and may leave something in its extensions.
    fn begin<B: 'static>(&self, request: &mut Request<B>) -> Option<Self::Observer>;
}

/// Is told of one exchange, in this order: its head, its frames, its end.
///
/// Nothing here may panic.
pub trait Observe {
    /// Whether trailers can change what the exchange meant, so that it goes on until they came or cannot come any more.
    ///
    /// Otherwise it ends with the last announced byte, after which a server need not poll a body again.
    const NEEDS_TRAILERS: bool = false;

    /// The service has answered; nothing of the body was sent.
    fn head<B: Body>(&mut self, response: &Response<B>) {
        let _ = response;
    }

    /// A frame of data was handed over; whoever reads it takes nothing away.
    fn data<D: Buf>(&mut self, data: &D) {
        let _ = data;
    }

    /// The trailers were handed over.
    fn trailers(&mut self, trailers: &HeaderMap) {
        let _ = trailers;
    }

    /// The service or the body returned this error; the end comes next.
    fn error<E: 'static>(&mut self, error: &E) {
        let _ = error;
    }

    /// The exchange is over.
    fn end(self, end: End);
}
