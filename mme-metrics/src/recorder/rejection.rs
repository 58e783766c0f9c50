//! How many observations were refused, by reason.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::label::Refusal;

/// How many observations were refused, by reason.
#[derive(Debug, Default)]
pub(super) struct Rejections([AtomicU64; Refusal::ALL.len()]);

impl Rejections {
    #[cold]
    pub(super) fn count(&self, reason: Refusal) {
        self.count_many(reason, 1);
    }

    pub(super) fn count_many(&self, reason: Refusal, observations: u64) {
        // Relaxed: a count that orders nothing.
        self.0[reason as usize].fetch_add(observations, Ordering::Relaxed);
    }

    /// Takes what was counted since the last call, for every reason.
    pub(super) fn drain(&self) -> impl Iterator<Item = (&'static str, u64)> {
        // Relaxed: a count that orders nothing, and the exchange loses none.
        Refusal::ALL.iter().zip(&self.0).map(|(reason, count)| (reason.as_str(), count.swap(0, Ordering::Relaxed)))
    }
}
