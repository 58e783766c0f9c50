//! The views of panels: lines, bars, tables and others.

/// The way in which a panel shows its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum View {
    /// Lines over time.
    Timeseries,
    /// Bars over time. Each shows the events since the previous bar, as in [`Series::counts`](super::Series::counts).
    Counts,
    /// The last value, as a large number.
    Stat,
    /// A table of the last value of each series, one row each.
    Table,
    /// A table of the labels of each series, one row each, without the value.
    Labels,
    /// A table of alerts, coloured by severity. Each row has a link to the runbook.
    Alerts,
    /// States over time, one band for each series.
    StateTimeline,
    /// The last value on a dial from 0 to 1.
    Gauge,
    /// The last value of each series as a bar.
    Bars,
    /// The last value of each series as its share of the total.
    Pie,
    /// Values over time as colours, one band for each series.
    Heatmap,
    /// The last value of each country on a map. The label `geo_country_iso_code` names the country.
    Map,
    /// Lines of a log, from the Loki data source that the variable `logs` names. See [`Panel::logs`](super::Panel::logs).
    Logs,
}

impl View {
    /// Returns whether labels are columns of a table instead of parts of a legend.
    pub(super) const fn has_columns(self) -> bool {
        matches!(self, Self::Table | Self::Labels | Self::Alerts | Self::Map)
    }

    /// Returns whether the view needs only the last value.
    pub(super) const fn is_instant(self) -> bool {
        !matches!(self, Self::Timeseries | Self::Counts | Self::StateTimeline | Self::Heatmap | Self::Logs)
    }

    /// Returns whether the view has a time axis.
    pub(super) const fn has_axis(self) -> bool {
        matches!(self, Self::Timeseries | Self::Counts)
    }
}
