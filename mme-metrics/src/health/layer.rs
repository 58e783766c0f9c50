//! A dependency judged by the requests that the service sends it.

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderMap, Request, Response};
use http_body::Body;

use super::dependency::Dependency;
use crate::exchange::{End, ExchangeLayer, Observe, Watch};

/// Classifies a dependency by the requests that a client sends it, as a tower layer around that client.
///
/// An answer below 500 that does not break off says that it is up; of gRPC, a call that ends with a status which is not the server's
/// fault. All else is a failure, and the third in a row says that it is down: a connection that fails, a 5xx, a body that breaks off,
/// a call that ends with `UNAVAILABLE` or with no status. A request that is dropped before its answer says nothing.
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

/// Watches the requests to a dependency; made by [`dependency_layer`].
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

/// What the answer has said so far.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// There is none yet.
    None,
    /// It is good if it does not break off.
    Good,
    /// It is bad, and that was told.
    Bad,
    /// It answers a call, which is good or bad by its status: 200 says nothing.
    Call { is_good: bool },
}

impl Observe for DependencyExchange {
    // The status of a call is in them.
    const NEEDS_TRAILERS: bool = true;

    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.answer = if response.status().is_server_error() {
            self.dependency.failed();
            Answer::Bad
        } else if is_call(response.headers()) {
            Answer::Call { is_good: is_good(response.headers()) }
        } else {
            // After a failure its end decides: of bodies that break off, each has a good head.
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
            // What was told at the head is not told again.
            (Answer::Good, _) if !self.dependency.has_failed() => {}
            (_, End::Complete | End::Cancelled) => self.dependency.succeeded(),
        }
    }
}

/// Says whether an answer is one of gRPC.
fn is_call(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Says whether there is a status that is not the server's fault, as `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`,
/// `UNAVAILABLE` and `DATA_LOSS` are.
fn is_good(headers: &HeaderMap) -> bool {
    let status = headers.get("grpc-status").and_then(|status| status.to_str().ok()?.parse().ok());
    matches!(status, Some(0..=16_u8)) && !matches!(status, Some(2 | 4 | 12..=15))
}
