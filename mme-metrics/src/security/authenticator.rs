//! Attempts to authenticate.

use std::fmt;

use metrics::Key;

use super::SECURITY;
use super::label::{AuthMethod, AuthResult, FailureReason};
use super::proof::{Proof, sealed};
use crate::label::CountryCode;
use crate::metric::{KeptSeries, SeriesKeys};
use crate::operation::{Operation, Outcome};

#[cfg(feature = "security")]
use super::SecurityClient;

/// A way to authenticate. Make it a `static`: it keeps the series of its attempts.
///
/// ```
/// use mme_metrics::operation::Guard;
/// use mme_metrics::security::{AuthMethod, Authenticator, FailureReason};
///
/// static PASSWORD: Authenticator = Authenticator::new(AuthMethod::PASSWORD);
///
/// fn log_in(password: &str) -> bool {
///     let attempt = Guard::start(PASSWORD.attempt());
///     // Left here by `return`, `?` or a panic it would count as an error.
///     if password == "open sesame" {
///         attempt.success();
///         true
///     } else {
///         attempt.failure(FailureReason::CREDENTIALS);
///         false
///     }
/// }
/// # assert!(log_in("open sesame") && !log_in("open barley"));
/// ```
#[derive(Debug)]
pub struct Authenticator {
    method: AuthMethod,
    reasons: &'static [FailureReason],
    series: KeptSeries<3>,
}

impl Authenticator {
    /// Names the method.
    pub const fn new(method: AuthMethod) -> Self {
        Self { method, reasons: &[FailureReason::CREDENTIALS], series: KeptSeries::new() }
    }

    /// Says why attempts can be refused, so that the series of each reason exist at zero from the first attempt on. Unless it
    /// is called, [`FailureReason::CREDENTIALS`] is the one.
    pub const fn reasons(mut self, reasons: &'static [FailureReason]) -> Self {
        self.reasons = reasons;
        self
    }

    /// Returns one attempt, to be measured by [`guard`](crate::operation) or by `#[instrument_metrics(record = …)]`.
    pub const fn attempt(&'static self) -> AuthAttempt {
        AuthAttempt {
            authenticator: self,
            country: None,
            refused: None,
            #[cfg(feature = "security")]
            client: None,
        }
    }
}

impl SeriesKeys<3> for Authenticator {
    fn counters(&self) -> [Key; 3] {
        AuthResult::ALL.map(|result| SECURITY.auth_requests.key_with(&(self.method, result), &[]))
    }

    fn duration(&self) -> Option<Key> {
        Some(SECURITY.auth_duration.key_with(&(self.method,), &[]))
    }
}

/// One attempt at an [`Authenticator`].
#[must_use = "an attempt is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct AuthAttempt {
    authenticator: &'static Authenticator,
    country: Option<CountryCode>,
    refused: Option<FailureReason>,
    #[cfg(feature = "security")]
    client: Option<SecurityClient>,
}

impl AuthAttempt {
    /// Says from which country it comes, for `auth_requests_by_country_total`.
    pub const fn country(mut self, country: CountryCode) -> Self {
        self.country = Some(country);
        self
    }

    /// Says who tries, so that a failure is held against its source, and against nobody else.
    ///
    /// The country is that of the tracker's resolver, unless [`country`](Self::country) says another.
    #[cfg(feature = "security")]
    pub fn by(mut self, client: &SecurityClient) -> Self {
        self.country = self.country.or(client.country());
        self.client = Some(client.clone());
        self
    }
}

impl Operation for AuthAttempt {
    #[inline]
    fn start(&mut self, _: &'static [&'static str]) {
        if self.authenticator.series.touch(self.authenticator) {
            self.authenticator.reasons.iter().for_each(|reason| SECURITY.failed_logins.touch((*reason,)));
        }
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        let result = AuthResult::of(outcome);
        self.authenticator.series.record(self.authenticator, &[result as usize], Some(seconds));
        if let Some(country) = self.country {
            SECURITY.auth_by_country.increment((country, result));
        }
        if let (AuthResult::Failure, Some(reason)) = (result, self.refused) {
            SECURITY.failed_logins.increment((reason,));
        }
        #[cfg(feature = "security")]
        if let Some(client) = self.client {
            match result {
                AuthResult::Success => client.success(),
                AuthResult::Failure => _ = client.failure(),
                // Nobody was refused, so nothing is held against anybody.
                AuthResult::Error => {}
            }
        }
    }
}

impl sealed::Sealed for AuthAttempt {}

impl Proof for AuthAttempt {
    type Why = FailureReason;

    fn refuse(&mut self, why: FailureReason) {
        self.refused = Some(why);
    }
}

// Who tries is nobody's business in a log.
impl fmt::Debug for AuthAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthAttempt").field("method", &self.authenticator.method).finish_non_exhaustive()
    }
}
