//! The reasons for which the library refuses an observation, or a value of a label.

use super::labels;

labels! {
    /// The reason for which an observation or a value of a label was refused; the label `reason` of
    /// `mme_rejected_observations_total`.
    #[non_exhaustive]
    pub closed Refusal: "reason" {
        /// The value is NaN or infinite, or would make a gauge so.
        NotFinite = "not_finite",
        /// The value is negative, and the metric only grows.
        Negative = "negative",
        /// The total is smaller than the counter.
        Decreasing = "decreasing",
        /// The name belongs to a metric of another kind, or the text is the fallback of the label.
        Conflict = "conflict",
        /// The name of the metric cannot be exported.
        Name = "name",
        /// The series has more labels than can be exported.
        Labels = "labels",
        /// A budget is spent: of metrics without a catalogue entry, or of the values of a label.
        Budget = "budget",
        /// The counter would pass its largest number, or the amount of money is too large. Families count this reason too; only they
        /// count those below.
        Overflow = "overflow",
        /// The currency of the amount is unknown.
        Currency = "currency",
        /// The value lies outside the range of the metric.
        Range = "range",
        /// The value is not a number, or the text cannot be exported.
        Malformed = "malformed",
    }
}
