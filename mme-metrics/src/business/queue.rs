//! The length of business queues.

use std::fmt;
use std::sync::OnceLock;

use super::label::QueueName;
use super::metrics::BUSINESS;
use crate::metric::{GaugeHandle, InFlight};

/// A named queue of items that wait for the business, such as documents to approve. Make it a `static`.
///
/// Either count each item with the guard of [`enter`](Self::enter), or set the length with [`set`](Self::set), but not
/// both.
///
/// ```
/// use mme_metrics::business::BusinessQueue;
///
/// static APPROVALS: BusinessQueue = BusinessQueue::new("approvals");
///
/// let item = APPROVALS.enter();
/// // Keep the guard together with the item. The item counts until its guard is dropped.
/// drop(item);
/// ```
pub struct BusinessQueue {
    name: &'static str,
    gauge: OnceLock<GaugeHandle>,
}

impl BusinessQueue {
    /// Makes a queue with this name, the value of the label `queue`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, gauge: OnceLock::new() }
    }

    /// Counts one item until the returned guard is dropped.
    pub fn enter(&'static self) -> InFlight {
        self.gauge().track()
    }

    /// Sets the number of items, for a queue that is stored elsewhere.
    pub fn set(&self, items: u64) {
        self.gauge().set(items as f64);
    }

    fn gauge(&self) -> &GaugeHandle {
        self.gauge.get_or_init(|| BUSINESS.queue_items.with((QueueName::admit(self.name),)))
    }
}

impl fmt::Debug for BusinessQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BusinessQueue").field(&self.name).finish()
    }
}
