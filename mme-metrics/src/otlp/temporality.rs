//! Totals or differences.

/// From when on counters and histograms are counted. Gauges have no such time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OtlpTemporality {
    /// From the start: totals, as Prometheus keeps them. The default.
    ///
    /// Nothing is lost or counted twice, whatever happens to a request, because the next total stands for all before it.
    #[default]
    Cumulative,
    /// From the last export that the receiver accepted: differences, for receivers that want no totals.
    ///
    /// What a receiver did not accept is part of the next difference. It counts twice if the receiver has accepted a request and its
    /// answer was lost. A series is sent when it is new, at zero if nothing was counted, and then when it has moved. The exporter
    /// keeps the last accepted value of each series.
    Delta,
}
