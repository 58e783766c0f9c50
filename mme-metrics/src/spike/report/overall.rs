//! Latency quantiles of all events, from histograms.

use std::collections::BTreeMap;

/// The median and the 95th percentile of the durations of all events, in seconds.
///
/// Traces cover the slowest events only, so their quantiles say nothing about the others. These come from histograms of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OverallLatency {
    /// The median.
    pub p50: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
}

impl OverallLatency {
    /// Takes quantiles from elsewhere, for instance from Prometheus.
    pub const fn new(p50: Option<f64>, p95: Option<f64>) -> Self {
        Self { p50, p95 }
    }

    /// Reads them from a text exposition, over all series of the histogram `name` since the start of the process. They are
    /// computed like Prometheus' `histogram_quantile`.
    ///
    /// ```
    /// use mme_metrics::http::HTTP;
    /// use mme_metrics::spike::OverallLatency;
    ///
    /// # let recorder = mme_metrics::Recorder::builder().build()?;
    /// let text = recorder.render(mme_metrics::Format::Text);
    /// let overall = OverallLatency::from_exposition(&text, HTTP.server_duration.spec().name);
    /// assert_eq!(overall.p95, None);
    /// # Ok::<(), mme_metrics::recorder::BuildError>(())
    /// ```
    pub fn from_exposition(text: &str, name: &str) -> Self {
        let mut buckets = BTreeMap::<Bound, f64>::new();
        for line in text.lines() {
            let Some((bound, count)) = bucket(line, name) else { continue };
            *buckets.entry(bound).or_default() += count;
        }
        let buckets: Vec<_> = buckets.into_iter().map(|(Bound(bound), count)| (bound, count)).collect();
        Self { p50: quantile(0.5, &buckets), p95: quantile(0.95, &buckets) }
    }
}

/// The upper bound of a bucket, which orders.
#[derive(PartialEq)]
struct Bound(f64);

impl Eq for Bound {}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Reads a line such as `name_bucket{a="b",le="0.5"} 3`.
fn bucket(line: &str, name: &str) -> Option<(Bound, f64)> {
    let rest = line.strip_prefix(name)?.strip_prefix("_bucket{")?;
    let (labels, count) = rest.rsplit_once("} ")?;
    // The first key of the labels, or one after a comma. Within a value the quote would be escaped.
    let at = if labels.starts_with("le=\"") { 0 } else { labels.find(",le=\"")? + 1 };
    let bound = labels[at + "le=\"".len()..].split('"').next()?.parse().ok()?;
    Some((Bound(bound), count.trim().parse().ok()?))
}

/// Computes a quantile of cumulative buckets by linear interpolation.
fn quantile(q: f64, buckets: &[(f64, f64)]) -> Option<f64> {
    let all = buckets.last().filter(|(bound, _)| bound.is_infinite())?.1;
    if all <= 0.0 {
        return None;
    }
    let rank = q * all;
    let at = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (low, below) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
    let (high, count) = buckets[at];
    if high.is_infinite() {
        // The true value is at least the last finite bound.
        return Some(low);
    }
    if count <= below {
        return Some(high);
    }
    Some(low + (high - low) * (rank - below) / (count - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_over_all_series() {
        let text = "\
# TYPE a_seconds histogram
a_seconds_bucket{route=\"x,le=\\\"9\\\"\",le=\"0.1\"} 5
a_seconds_bucket{route=\"x,le=\\\"9\\\"\",le=\"1.0\"} 10
a_seconds_bucket{route=\"x,le=\\\"9\\\"\",le=\"+Inf\"} 10
a_seconds_bucket{le=\"0.1\",route=\"y\"} 5
a_seconds_bucket{le=\"1\",route=\"y\"} 10
a_seconds_bucket{le=\"+Inf\",route=\"y\"} 10
a_seconds_bucket_other{le=\"0.1\"} 99
a_seconds_sum 7
";
        let overall = OverallLatency::from_exposition(text, "a_seconds");
        assert_eq!(overall.p50, Some(0.1));
        assert!((overall.p95.unwrap() - 0.91).abs() < 1e-9, "{overall:?}");
        assert_eq!(OverallLatency::from_exposition(text, "b_seconds"), OverallLatency::default());
    }

    #[test]
    fn what_lies_above_every_bound_is_at_least_the_last_one() {
        let text = "a_bucket{le=\"0.1\"} 0\na_bucket{le=\"+Inf\"} 4\n";
        assert_eq!(OverallLatency::from_exposition(text, "a").p50, Some(0.1));
        assert_eq!(OverallLatency::from_exposition("a_bucket{le=\"+Inf\"} 0\n", "a").p50, None);
    }
}
