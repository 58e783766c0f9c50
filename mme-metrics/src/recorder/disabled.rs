//! The families and metrics that an operator has disabled.

use std::collections::HashSet;

/// What is disabled, by name.
#[derive(Debug, Default)]
pub(super) struct DisabledMetrics {
    pub(super) families: HashSet<String>,
    /// The metrics, including those of the families.
    pub(super) metrics: HashSet<String>,
    /// Whether every metric without a catalogue entry is disabled.
    pub(super) foreign: bool,
}

impl DisabledMetrics {
    /// Returns whether a metric is disabled, by its exported name or another spelling. `is_declared` says whether the catalogue has it.
    pub(super) fn has(&self, name: &str, raw: &str, is_declared: bool) -> bool {
        self.metrics.contains(name) || self.metrics.contains(raw) || (!is_declared && self.foreign)
    }
}
