//! Panels that follow from a declaration alone.

use super::Row;
use super::panel::{DisplayUnit, Panel, legend};
use super::query::Series;
use crate::metric::{Family, Kind, Spec};

/// Most labels by which a panel draws its lines: the product of their values is the number of lines.
const MAX_GROUPING: usize = 2;

impl Row {
    /// Describes every metric of `family` that is on without being asked for.
    pub fn of(family: &'static dyn Family) -> Self {
        let specs = family.specs().into_iter().filter(|spec| !spec.optional);
        specs.map(Panel::of).fold(Self::new(family.help().trim_end_matches('.')), Self::panel)
    }
}

pub(super) fn panel(spec: &Spec) -> Panel {
    let by: Vec<_> = spec.labels.iter().map(|label| label.key).take(MAX_GROUPING).collect();
    let legend = if by.is_empty() { "{{instance}}".to_owned() } else { legend(&by) };
    let by = if by.is_empty() { vec!["instance"] } else { by };
    let series = Series::of(spec);
    let panel = |unit| Panel::new(spec.name, unit, spec.help);
    match spec.kind {
        Kind::Counter => panel(per_second(spec)).query(series.rate().sum_by(&by), &legend),
        Kind::Gauge if spec.name.ends_with("_timestamp_seconds") || spec.name.ends_with("start_time_seconds") => {
            let milliseconds = format!("1000 * {}", series.value().max_by(&by));
            panel(DisplayUnit::Since).query(milliseconds.as_str().into(), &legend)
        }
        Kind::Gauge => panel(spec.unit.into()).query(series.value().sum_by(&by), &legend),
        Kind::Histogram => panel(spec.unit.into()).quantiles(&Series::buckets(spec), &[]),
    }
}

/// Seconds a second are a number of cores or workers; everything else is events.
fn per_second(spec: &Spec) -> DisplayUnit {
    if spec.name.ends_with("_seconds_total") { DisplayUnit::Short } else { DisplayUnit::EventsPerSecond }
}
