//! Checks of JSON Web Tokens.

use metrics::Key;

use super::label::{AuthResult, JwtReason};
use super::metrics::SECURITY;
use super::proof::{Proof, sealed};
use crate::metric::{KeptSeries, SeriesKeys};
use crate::operation::{Operation, Outcome};

/// One check of a JSON Web Token (RFC 7519).
///
/// ```
/// use mme_metrics::operation::Guard;
/// use mme_metrics::security::{JwtReason, JwtValidation, SECURITY};
///
/// let emission = mme_metrics::testing::record(|| {
///     let validation = Guard::start(JwtValidation::new());
///     validation.failure(JwtReason::Expired);
/// });
/// let labels = (mme_metrics::security::AuthResult::Failure, JwtReason::Expired);
/// emission.expect().counter(&SECURITY.jwt_validations, labels, 1).only();
/// ```
///
/// To count an issued token, call `SECURITY.jwt_issued.increment((TokenType::ACCESS,))`.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a check is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct JwtValidation {
    refused: Option<JwtReason>,
}

impl JwtValidation {
    /// Creates a check that has not started yet.
    pub const fn new() -> Self {
        Self { refused: None }
    }
}

/// Every combination of labels that occurs: accepted, error, and refused for each reason.
struct Results;

static SERIES: KeptSeries<{ 2 + JwtReason::ALL.len() }> = KeptSeries::new();

impl SeriesKeys<12> for Results {
    fn counters(&self) -> [Key; 12] {
        std::array::from_fn(|at| {
            let labels = match at {
                0 => (AuthResult::Success, JwtReason::None),
                1 => (AuthResult::Error, JwtReason::None),
                _ => (AuthResult::Failure, JwtReason::ALL[at - 2]),
            };
            SECURITY.jwt_validations.key_with(&labels, &[])
        })
    }
}

impl Operation for JwtValidation {
    #[inline]
    fn start(&mut self, _: &'static [&'static str]) {
        SERIES.touch(&Results);
    }

    #[inline]
    fn end(self, outcome: Outcome, _seconds: f64) {
        let at = match AuthResult::of(outcome) {
            AuthResult::Success => 0,
            AuthResult::Error => 1,
            AuthResult::Failure => 2 + self.refused.unwrap_or(JwtReason::None) as usize,
        };
        SERIES.record(&Results, &[at], None);
    }
}

impl sealed::Sealed for JwtValidation {}

impl Proof for JwtValidation {
    type Why = JwtReason;

    fn refuse(&mut self, why: JwtReason) {
        self.refused = Some(why);
    }
}
