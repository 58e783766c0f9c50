//! Counts the observations that the recorder refused, by reason.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::label::Refusal;

/// The number of refused observations, by reason.
#[derive(Debug, Default)]
pub(super) struct Rejections([AtomicU64; Refusal::ALL.len()]);

impl Rejections {
    #[cold]
    pub(super) fn count(&self, reason: Refusal, observations: u64) {
        // Relaxed: no other memory access depends on this count.
        self.0[reason as usize].fetch_add(observations, Ordering::Relaxed);
    }

    /// Returns the counts since the last call for every reason, and resets them.
    pub(super) fn drain(&self) -> impl Iterator<Item = (&'static str, u64)> {
        // Relaxed: no other memory access depends on this count, and an atomic swap loses none of it.
        Refusal::ALL.iter().zip(&self.0).map(|(reason, count)| (reason.as_str(), count.swap(0, Ordering::Relaxed)))
    }
}
