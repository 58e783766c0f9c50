//! The declarations of all metrics of tenant isolation.

use super::label::Verdict;
use crate::buckets;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};

family! {
    /// The separation of tenants.
    pub static ISOLATION: IsolationMetrics {
        /// Whether the last complete round of checks passed; 0 from a breach on until a later complete round passes.
        sentinel: Gauge<()> = Gauge::new("mme_isolation_sentinel", Unit::None);
        /// Checks that a tenant cannot read what is another one's, by what they found.
        checks: Counter<(Verdict,)> = Counter::new("mme_isolation_checks_total", Unit::None);
        /// Unix time at which the last round of checks ended.
        last_check: Gauge<()> = Gauge::new("mme_isolation_last_check_timestamp_seconds", Unit::Seconds);
        /// Unix time at which the last complete round ended in which every check passed.
        last_pass: Gauge<()> = Gauge::new("mme_isolation_last_pass_timestamp_seconds", Unit::Seconds);
        /// Time that a check took, both of its reads together.
        check_duration: Histogram<()> =
            Histogram::new("mme_isolation_check_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Time from the start of a round to the start of the next, which says when the figures above are stale.
        interval: Gauge<()> = Gauge::new("mme_isolation_interval_seconds", Unit::Seconds);
    }
}
