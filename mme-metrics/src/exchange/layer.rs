//! The layer of a watch that has no builder of its own.

use tower_layer::Layer;

use super::ExchangeService;

/// Observes every exchange of a service.
#[derive(Clone, Debug)]
pub struct ExchangeLayer<W>(W);

impl<W: Clone> ExchangeLayer<W> {
    /// Makes a layer with this [`Watch`](super::Watch).
    pub const fn new(watch: W) -> Self {
        Self(watch)
    }
}

impl<S, W: Clone> Layer<S> for ExchangeLayer<W> {
    type Service = ExchangeService<S, W>;

    fn layer(&self, inner: S) -> Self::Service {
        ExchangeService::new(inner, self.0.clone())
    }
}
