//! Queues of the business.

use std::fmt;
use std::sync::OnceLock;

use super::BUSINESS;
use super::label::QueueName;
use crate::metric::{GaugeHandle, InFlight};

/// Things that wait for the business to do something with them, by the queue's name. Make it a `static`.
///
/// Either each item is counted by a guard, or the length is told: not both.
///
/// ```
/// use mme_metrics::business::BusinessQueue;
///
/// static APPROVALS: BusinessQueue = BusinessQueue::new("approvals");
///
/// let item = APPROVALS.enter();
/// // Dropped with the last thing that knows of it, whatever becomes of that.
/// drop(item);
/// ```
pub struct BusinessQueue {
    name: &'static str,
    gauge: OnceLock<GaugeHandle>,
}

impl BusinessQueue {
    /// Names a queue, as it stands in the label.
    pub const fn new(name: &'static str) -> Self {
        Self { name, gauge: OnceLock::new() }
    }

    /// Counts one item until what is returned is dropped.
    pub fn enter(&'static self) -> InFlight {
        self.gauge().track()
    }

    /// Tells how many items there are, for a queue that is kept elsewhere.
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
