//! The layer of a watch that has no builder of its own.

use tower_layer::Layer;

use super::{ExchangeService, Watch};

/// Watches every exchange of a service.
#[derive(Clone, Debug)]
pub struct ExchangeLayer<W>(W);

impl<W: Watch> ExchangeLayer<W> {
    /// Makes a layer whose exchanges `watch` begins.
    pub const fn new(watch: W) -> Self {
        Self(watch)
    }
}

impl<S, W: Watch> Layer<S> for ExchangeLayer<W> {
    type Service = ExchangeService<S, W>;

    fn layer(&self, inner: S) -> Self::Service {
        ExchangeService::new(inner, self.0.clone())
    }
}
