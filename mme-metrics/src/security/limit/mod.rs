//! Rate limits: who was let through, and who was turned away.

#[cfg(feature = "http")]
mod layer;

#[cfg(feature = "http")]
pub use self::layer::{LimitExchange, LimitWatch, RateLimitLayer};

use metrics::Key;

use super::SECURITY;
use super::label::{LimitResult, PolicyName};
use crate::metric::{KeptSeries, SeriesKeys};

/// A rate limit. Make it a `static`: it keeps its series.
///
/// Where the limit is code, call [`allowed`](Self::allowed) and [`limited`](Self::limited); where it is a tower layer, a
/// [`RateLimitLayer`](crate::security::RateLimitLayer) around it counts.
///
/// ```
/// use mme_metrics::security::{PolicyName, RateLimit};
///
/// static LOGINS: RateLimit = RateLimit::new(PolicyName::new("logins"));
///
/// # let tokens_left = 0;
/// if tokens_left > 0 { LOGINS.allowed() } else { LOGINS.limited() }
/// ```
#[derive(Debug)]
pub struct RateLimit {
    name: PolicyName,
    series: KeptSeries<2>,
}

impl RateLimit {
    /// Names the limit.
    pub const fn new(name: PolicyName) -> Self {
        Self { name, series: KeptSeries::new() }
    }

    /// Counts a request that was let through.
    #[inline]
    pub fn allowed(&self) {
        self.count(LimitResult::Allowed);
    }

    /// Counts a request that was turned away.
    #[inline]
    pub fn limited(&self) {
        self.count(LimitResult::Limited);
    }

    /// Makes both series exist, so that the first request turned away is an increase.
    pub fn touch(&self) {
        self.series.touch(self);
    }

    #[inline]
    fn count(&self, result: LimitResult) {
        self.series.record(self, &[result as usize], None);
    }
}

impl SeriesKeys<2> for RateLimit {
    fn counters(&self) -> [Key; 2] {
        LimitResult::ALL.map(|result| SECURITY.rate_limited.key_with(&(self.name, result), &[]))
    }
}
