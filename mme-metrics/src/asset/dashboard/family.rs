//! Generates rows and panels from the declarations of metrics.

use super::panel::Panel;
use super::query::Series;
use super::unit::DisplayUnit;
use super::{Row, View};
use crate::metric::{Family, Kind, Spec};

/// Largest number of labels by which a panel is split. The number of lines is the product of the numbers of their
/// values.
const MAX_GROUPING: usize = 2;

impl Row {
    /// Creates a row with a panel for every metric of `family` that is not optional.
    pub fn of(family: &'static dyn Family) -> Self {
        let specs = family.specs().into_iter().filter(|spec| !spec.optional);
        specs.map(Panel::of).fold(Self::new(family.help().trim_end_matches('.')), Self::panel)
    }
}

impl Panel {
    /// Creates a panel from the declaration of a metric: the rate of a counter, the value of a gauge, the quantiles of
    /// a histogram.
    pub fn of(spec: &Spec) -> Self {
        let keys: Vec<_> = spec.labels.iter().map(|label| label.key).take(MAX_GROUPING).collect();
        let series = Series::of(spec);
        let panel = |unit| Self::new(spec.name, unit, spec.help);
        match spec.kind {
            Kind::Counter => panel(per_second(spec)).sum(&series.rate(), &keys),
            Kind::Gauge if spec.name.ends_with("_timestamp_seconds") || spec.name.ends_with("start_time_seconds") => {
                panel(DisplayUnit::Since).view(View::Stat).max(&series.value().times(1000), &keys)
            }
            Kind::Gauge => panel(spec.unit.into()).sum(&series.value(), &keys),
            Kind::Histogram => panel(spec.unit.into()).quantiles(&Series::buckets(spec), &[]),
        }
    }
}

/// Returns the unit of a rate. Seconds per second are a number of cores or workers; all other rates are events per
/// second.
fn per_second(spec: &Spec) -> DisplayUnit {
    if spec.name.ends_with("_seconds_total") { DisplayUnit::Short } else { DisplayUnit::EventsPerSecond }
}
