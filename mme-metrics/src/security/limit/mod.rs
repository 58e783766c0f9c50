//! Rate limits: allowed and rejected requests.

#[cfg(feature = "http")]
mod layer;

#[cfg(feature = "http")]
pub use self::layer::{LimitExchange, LimitWatch, RateLimitLayer};

use metrics::Key;

use super::label::{LimitResult, PolicyName};
use super::metrics::SECURITY;
use crate::metric::{KeptSeries, SeriesKeys};

/// A rate limit. Declare it as a `static`, so that it keeps its series.
///
/// If your code applies the limit, call [`allowed`](Self::allowed) and [`limited`](Self::limited). If a tower layer
/// applies it, put a [`RateLimitLayer`](crate::security::RateLimitLayer) around that layer.
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
    /// Creates a limit with this name.
    pub const fn new(name: PolicyName) -> Self {
        Self { name, series: KeptSeries::new() }
    }

    /// Counts an allowed request.
    #[inline]
    pub fn allowed(&self) {
        self.count(LimitResult::Allowed);
    }

    /// Counts a rejected request.
    #[inline]
    pub fn limited(&self) {
        self.count(LimitResult::Limited);
    }

    /// Makes both series exist at zero.
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
