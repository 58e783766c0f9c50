//! A dependency judged by the requests that the service sends it.

use ::http::{Request, Response};
use http_body::Body;

use super::dependency::Dependency;
use crate::exchange::{End, ExchangeLayer, Observe, Watch};

/// Judges a dependency by the requests that a client sends it, as a tower layer around that client.
///
/// An answer below 500 says that it is up. A 5xx, a connection that fails and a body that breaks off are failures, and the third
/// in a row says that it is down. A request that is dropped says nothing.
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

impl Watch for DependencyWatch {
    type Observer = DependencyExchange;

    fn begin<B: 'static>(&self, _: &mut Request<B>) -> Option<DependencyExchange> {
        Some(DependencyExchange(self.0.clone()))
    }
}

/// One request to a dependency.
#[derive(Debug)]
pub struct DependencyExchange(Dependency);

impl Observe for DependencyExchange {
    fn head<B: Body>(&mut self, response: &Response<B>) {
        if response.status().is_server_error() {
            self.0.failed();
        } else {
            self.0.succeeded();
        }
    }

    fn end(self, end: End) {
        if matches!(end, End::Error | End::BodyError) {
            self.0.failed();
        }
    }
}
