//! `/metrics`.

/// Placeholder.
pub fn metrics_router() {}
