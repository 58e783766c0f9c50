//! Tiers that can answer a request: a service asks them one after the other until one answers.

use std::fmt;

use metrics::Key;

use super::label::TierName;
use super::metrics::BUSINESS;
use crate::operation::Guard;
use crate::operation::{Operation, Outcome, OutcomeKeys, OutcomeSeries, Preregister};

/// The tier that has the exact answer.
pub static DIRECT: Tier = Tier::new("direct");

/// The tier that answers with something similar to the request.
pub static NEIGHBORS: Tier = Tier::new("neighbors");

/// The tier that answers with recent items, independently of the request.
pub static RECENT: Tier = Tier::new("recent");

/// A named tier, one of several that can answer a request. Make it a `static`: it keeps its series.
///
/// ```
/// use mme_metrics::business::tier::{self, Tier};
///
/// static ARCHIVE: Tier = Tier::new("archive");
///
/// fn ask(tier: &Tier) -> Result<Option<String>, std::io::Error> {
///     # let _ = tier;
///     Ok(None)
/// }
///
/// fn answer() -> Result<String, std::io::Error> {
///     let mut request = tier::DIRECT.start_request();
///     for tier in [&tier::DIRECT, &ARCHIVE] {
///         // An early return counts for this tier. A return by `?` drops the guard and counts as cancelled, so end
///         // the request explicitly before.
///         request.pass_to(tier);
///         match ask(tier) {
///             Ok(None) => {}
///             answered => {
///                 request.end_with(&answered);
///                 return answered.map(Option::unwrap_or_default);
///             }
///         }
///     }
///     request.end(mme_metrics::operation::Outcome::OTHER);
///     Err(std::io::ErrorKind::NotFound.into())
/// }
/// # assert!(answer().is_err());
/// ```
pub struct Tier {
    name: &'static str,
    series: OutcomeSeries,
}

impl Tier {
    /// Makes a tier with this name, the value of the label `tier`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, series: OutcomeSeries::new() }
    }

    /// Starts a request that asks this tier first. The request counts once, for the tier that it ends in.
    pub fn start_request(&'static self) -> Guard<TierRequest> {
        Guard::start(TierRequest { tier: self })
    }

    /// Creates the zero series of the tier, so that its first request is an increase.
    pub fn touch(&self) {
        self.series.touch(self, &[]);
    }
}

impl OutcomeKeys for Tier {
    const PREREGISTER: Preregister = Preregister::All;

    fn end(&self, outcome: Outcome) -> Key {
        BUSINESS.tier_requests.key_with(&(TierName::admit(self.name), outcome.result_label()), &[])
    }

    fn duration(&self) -> Key {
        BUSINESS.tier_request_duration.key_with(&(TierName::admit(self.name),), &[])
    }
}

impl fmt::Debug for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tier").field(&self.name).finish()
    }
}

/// A request that goes from tier to tier until one answers.
#[derive(Clone, Copy, Debug)]
#[must_use = "a request is recorded by a `Guard`: `Tier::start_request` makes one"]
pub struct TierRequest {
    tier: &'static Tier,
}

/// Methods of requests that [`Tier::start_request`] starts.
impl Guard<TierRequest> {
    /// Passes the request on to another tier. The request counts for it if it answers or is the last tier.
    pub fn pass_to(&mut self, tier: &'static Tier) {
        if let Some(request) = self.operation() {
            request.tier = tier;
        }
    }
}

impl Operation for TierRequest {
    #[inline]
    fn start(&mut self, _: &'static [&'static str]) {
        self.tier.touch();
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        // The label `result` has one value for all errors.
        let outcome = if let Outcome::Error(_) = outcome { Outcome::OTHER } else { outcome };
        self.tier.series.record(self.tier, outcome, seconds);
    }
}
