//! Second factors of authentication.

use metrics::Key;

use super::label::{AuthResult, MfaMethod};
use super::metrics::SECURITY;
use super::proof::{Proof, sealed};
use crate::metric::{KeptSeries, SeriesKeys};
use crate::operation::{Operation, Outcome};

/// A second factor of authentication. Declare it as a `static`, so that it keeps the series of its challenges.
///
/// ```
/// use mme_metrics::operation::Guard;
/// use mme_metrics::security::{MfaFactor, MfaMethod};
///
/// static CODE: MfaFactor = MfaFactor::new(MfaMethod::TOTP);
///
/// let challenge = Guard::start(CODE.challenge());
/// challenge.failure(());
/// ```
#[derive(Debug)]
pub struct MfaFactor {
    method: MfaMethod,
    series: KeptSeries<3>,
}

impl MfaFactor {
    /// Creates a second factor of this kind.
    pub const fn new(method: MfaMethod) -> Self {
        Self { method, series: KeptSeries::new() }
    }

    /// Creates one challenge. Measure it with a guard of [`operation`](crate::operation) or with
    /// `#[instrument_metrics(record = …)]`.
    pub const fn challenge(&'static self) -> MfaChallenge {
        MfaChallenge { factor: self }
    }
}

impl SeriesKeys<3> for MfaFactor {
    fn counters(&self) -> [Key; 3] {
        AuthResult::ALL.map(|result| SECURITY.mfa_challenges.key_with(&(self.method, result), &[]))
    }
}

/// One challenge for a second factor.
#[derive(Clone, Copy, Debug)]
#[must_use = "a challenge is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct MfaChallenge {
    factor: &'static MfaFactor,
}

impl Operation for MfaChallenge {
    #[inline]
    fn start(&mut self, _: &'static [&'static str]) {
        self.factor.series.touch(self.factor);
    }

    #[inline]
    fn end(self, outcome: Outcome, _seconds: f64) {
        self.factor.series.record(self.factor, &[AuthResult::of(outcome) as usize], None);
    }
}

impl sealed::Sealed for MfaChallenge {}

impl Proof for MfaChallenge {
    type Why = ();

    fn refuse(&mut self, (): ()) {}
}
