//! Which observations become exemplars, and how many did.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::trace::TraceContext;

/// Which observations a recorder keeps as exemplars: the ids of a trace beside one observation of a series.
///
/// A histogram keeps one exemplar for each bucket, and a counter keeps one. A newer observation replaces it, at most once a
/// second. `OpenMetrics` carries exemplars; the text format 0.0.4 cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExemplarFilter {
    /// Those of sampled traces. A tracing backend does not have the others.
    #[default]
    TraceBased,
    /// Those of every trace, for a backend that samples later by itself.
    AlwaysOn,
    /// None.
    AlwaysOff,
}

/// The filter of a recorder, and the count of its exemplars.
#[derive(Debug, Default)]
pub(super) struct ExemplarPolicy {
    filter: ExemplarFilter,
    stored: AtomicU64,
}

impl ExemplarPolicy {
    pub(super) const fn new(filter: ExemplarFilter) -> Self {
        Self { filter, stored: AtomicU64::new(0) }
    }

    pub(super) const fn allows(&self, trace: &TraceContext) -> bool {
        match self.filter {
            ExemplarFilter::TraceBased => trace.is_sampled(),
            ExemplarFilter::AlwaysOn => true,
            ExemplarFilter::AlwaysOff => false,
        }
    }

    /// Counts a stored exemplar.
    pub(super) fn count(&self) {
        // Relaxed, here and below: a count that orders nothing.
        self.stored.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many exemplars were stored.
    pub(super) fn stored(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }
}
