//! The forms of histograms, as set in the builder of a recorder.

use std::collections::HashMap;

use crate::metric::HistogramForm;

#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    /// The form of every metric that has none of its own here.
    pub(super) all: Option<HistogramForm>,
    pub(super) by_metric: HashMap<String, HistogramForm>,
}

impl Forms {
    /// Returns the form of a metric by its exported name or another spelling; `declared` is that of the catalogue.
    pub(super) fn of(&self, name: &str, raw: &str, declared: HistogramForm) -> HistogramForm {
        let own = self.by_metric.get(name).or_else(|| self.by_metric.get(raw)).copied();
        own.or(self.all).unwrap_or(declared)
    }
}
