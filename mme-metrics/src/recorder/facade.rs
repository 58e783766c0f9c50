//! The recorder as the facade sees it.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use super::Recorder;
use super::cell::{CounterCell, GaugeCell, HistogramCell};
use super::overflow::Source;
use super::registry::Admitted;
use crate::metric::Kind;

macro_rules! register {
    ($method:ident, $handle:ident, $cell:ident) => {
        fn $method(&self, key: &Key, metadata: &Metadata<'_>) -> $handle {
            match self.0.registry.register::<$cell>(key, Source::of(metadata)) {
                Admitted::Series(series) => $handle::from_arc(series),
                Admitted::Folded(folded) => $handle::from_arc(folded),
                Admitted::Refused(refused) => $handle::from_arc(refused),
            }
        }
    };
}

impl metrics::Recorder for Recorder {
    // The facade's unit says nothing that the name may be changed for, so it is not exported.
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
