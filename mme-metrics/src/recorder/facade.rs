//! Implements the recorder trait of the [`metrics`] facade.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use super::admission::Source;
use super::cell::{CounterCell, GaugeCell, HistogramCell};
use super::handle::Recorder;
use super::registry::Admission;
use crate::metric::Kind;

macro_rules! register {
    ($method:ident, $handle:ident, $cell:ident) => {
        fn $method(&self, key: &Key, metadata: &Metadata<'_>) -> $handle {
            match self.0.registry.register::<$cell>(key, Source::of(metadata)) {
                Admission::Series(series) => $handle::from_arc(series),
                Admission::Overflow(handle) => $handle::from_arc(handle),
                Admission::Refusal(handle) => $handle::from_arc(handle),
                Admission::Disabled => $handle::noop(),
            }
        }
    };
}

impl metrics::Recorder for Recorder {
    // The unit is ignored. To export it, the name would have to change.
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.0.registry.describe(Kind::Counter, name.as_str(), &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.0.registry.describe(Kind::Gauge, name.as_str(), &help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.0.registry.describe(Kind::Histogram, name.as_str(), &help);
    }

    register!(register_counter, Counter, CounterCell);
    register!(register_gauge, Gauge, GaugeCell);
    register!(register_histogram, Histogram, HistogramCell);
}
