//! A tower layer that judges a dependency by the requests sent to it.

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderMap, Request, Response};
use http_body::Body;

use super::dependency::Dependency;
use crate::exchange::{End, ExchangeLayer, Observe, Watch};

/// Creates a tower layer for a client that judges a dependency by the client's requests.
///
/// The dependency is up after a complete response with a status below 500, or a gRPC status that is not a server error.
/// Anything else is a failure: a failed connection, a 5xx, an incomplete body, a gRPC call that ends with `UNAVAILABLE`
/// or without a status. From the third failure in a row the dependency is down. A request dropped before its response
/// changes nothing.
///
/// ```
/// use mme_metrics::health::{Dependency, DependencyKind, dependency_layer};
/// use tower_layer::Layer;
///
/// # fn connect() -> impl Sized {}
/// let ledger = Dependency::register("ledger", DependencyKind::Http)?;
/// let client = dependency_layer(ledger).layer(connect());
/// # Ok::<(), mme_metrics::label::RegisterError>(())
/// ```
pub fn dependency_layer(dependency: Dependency) -> ExchangeLayer<DependencyWatch> {
    ExchangeLayer::new(DependencyWatch(dependency))
}

/// Starts the measurement of a request; part of [`dependency_layer`].
#[derive(Clone, Debug)]
pub struct DependencyWatch(Dependency);

impl<B> Watch<B> for DependencyWatch {
    type Observer = DependencyExchange;
    type Body = B;

    fn begin(&self, _: &mut Request<B>) -> Option<DependencyExchange> {
        Some(DependencyExchange { dependency: self.0.clone(), answer: Answer::None })
    }

    fn request(_: Option<&DependencyExchange>, request: Request<B>) -> Request<B> {
        request
    }
}

/// One request to a dependency.
#[derive(Debug)]
pub struct DependencyExchange {
    dependency: Dependency,
    answer: Answer,
}

/// What is known of the response so far.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// Nothing yet.
    None,
    /// A good response if its body is complete.
    Good,
    /// A bad response, whose failure was reported.
    Bad,
    /// A gRPC response: its gRPC status decides, not its HTTP status.
    Call { is_good: bool },
}

impl Observe for DependencyExchange {
    // The trailers contain the gRPC status.
    const NEEDS_TRAILERS: bool = true;

    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.answer = if response.status().is_server_error() {
            self.dependency.failed();
            Answer::Bad
        } else if is_call(response.headers()) {
            Answer::Call { is_good: is_good(response.headers()) }
        } else {
            // After a failure the end of the body decides, because a response that is cut off has a good head, too.
            if !self.dependency.has_failed() {
                self.dependency.succeeded();
            }
            Answer::Good
        };
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        if let Answer::Call { is_good } = &mut self.answer {
            *is_good = self::is_good(trailers);
        }
    }

    fn end(self, end: End) {
        match (self.answer, end) {
            (Answer::Bad, _) | (_, End::Panic) | (Answer::None | Answer::Call { .. }, End::Cancelled) => {}
            (_, End::Error | End::BodyError) | (Answer::Call { is_good: false }, End::Complete) => {
                self.dependency.failed();
            }
            // `head` has already reported this success.
            (Answer::Good, _) if !self.dependency.has_failed() => {}
            (_, End::Complete | End::Cancelled) => self.dependency.succeeded(),
        }
    }
}

/// Returns whether a response is a gRPC response.
fn is_call(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Returns whether the headers contain a gRPC status that is not a server error. Server errors are `UNKNOWN`,
/// `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`.
fn is_good(headers: &HeaderMap) -> bool {
    let status = headers.get("grpc-status").and_then(|status| status.to_str().ok()?.parse().ok());
    matches!(status, Some(0..=16_u8)) && !matches!(status, Some(2 | 4 | 12..=15))
}
