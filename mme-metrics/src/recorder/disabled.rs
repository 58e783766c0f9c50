//! The families and metrics that an operator has disabled.

use std::collections::HashSet;

use crate::catalog::OTHER;

/// What is disabled, by name.
#[derive(Debug, Default)]
pub(super) struct DisabledMetrics {
    pub(super) families: HashSet<String>,
    /// The metrics, including those of the families.
    pub(super) metrics: HashSet<String>,
}

impl DisabledMetrics {
    /// Returns whether a metric is disabled, by its exported name or another spelling. `is_declared` says whether the catalogue has it.
    pub(super) fn has(&self, name: &str, raw: &str, is_declared: bool) -> bool {
        let is_foreign = !is_declared && self.families.contains(OTHER);
        self.metrics.contains(name) || self.metrics.contains(raw) || is_foreign
    }
}
