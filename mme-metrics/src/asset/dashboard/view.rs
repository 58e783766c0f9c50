//! Ways to show series.

/// The way in which a panel shows its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum View {
    /// Lines over time.
    Timeseries,
    /// Bars over time: each is what came since the bar before, as [`Series::counts`](super::Series::counts) has it.
    Counts,
    /// The last value, large.
    Stat,
    /// The last value of each series, one row each.
    Table,
    /// The labels of each series, one row each, without the value.
    Labels,
    /// Alerts, one row each, coloured by severity, each with a link to its runbook.
    Alerts,
    /// States over time, one band for each series.
    StateTimeline,
    /// The last value on a dial from 0 to 1.
    Gauge,
    /// The last value of each series as a bar.
    Bars,
    /// The last value of each series as its share of all.
    Pie,
    /// Values over time as colours, one band for each series.
    Heatmap,
    /// The last value of each country, which the label `geo_country_iso_code` names, on a map.
    Map,
}

impl View {
    /// Says whether labels are columns of rows instead of parts of a legend.
    pub(super) const fn has_columns(self) -> bool {
        matches!(self, Self::Table | Self::Labels | Self::Alerts | Self::Map)
    }

    /// Says whether only the last value is asked for.
    pub(super) const fn is_instant(self) -> bool {
        !matches!(self, Self::Timeseries | Self::Counts | Self::StateTimeline | Self::Heatmap)
    }

    /// Says whether values stand over an axis of time.
    pub(super) const fn has_axis(self) -> bool {
        matches!(self, Self::Timeseries | Self::Counts)
    }
}
