//! Authentication methods and attempts.

use std::fmt;

use metrics::Key;

use super::label::{AuthMethod, AuthResult, FailureReason};
use super::metrics::SECURITY;
use super::proof::{Proof, sealed};
use crate::label::CountryCode;
use crate::metric::{KeptSeries, SeriesKeys};
use crate::operation::{Operation, Outcome};

#[cfg(feature = "security")]
use super::SecurityClient;

/// A way to authenticate callers. Declare it as a `static`, so that it keeps the series of its attempts.
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
    /// Creates an authenticator for this method.
    pub const fn new(method: AuthMethod) -> Self {
        Self { method, reasons: &[FailureReason::CREDENTIALS], series: KeptSeries::new() }
    }

    /// Sets the reasons why attempts can be refused, only [`FailureReason::CREDENTIALS`] by default. The series of each
    /// reason exists at zero from the first attempt on.
    pub const fn reasons(mut self, reasons: &'static [FailureReason]) -> Self {
        self.reasons = reasons;
        self
    }

    /// Creates one attempt. Measure it with a guard of [`operation`](crate::operation) or with
    /// `#[instrument_metrics(record = …)]`.
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

/// One attempt to authenticate with an [`Authenticator`].
#[must_use = "an attempt is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct AuthAttempt {
    authenticator: &'static Authenticator,
    country: Option<CountryCode>,
    refused: Option<FailureReason>,
    #[cfg(feature = "security")]
    client: Option<SecurityClient>,
}

impl AuthAttempt {
    /// Sets the country that the attempt comes from, for `auth_requests_by_country_total`.
    pub const fn country(mut self, country: CountryCode) -> Self {
        self.country = Some(country);
        self
    }

    /// Sets the client that makes the attempt. A failure then counts against its source, and against no other.
    ///
    /// The country comes from the tracker's resolver, unless [`country`](Self::country) sets another.
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
                // The caller was not refused, so no failure counts against its source.
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

// The output leaves out the client, which does not belong in a log.
impl fmt::Debug for AuthAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthAttempt").field("method", &self.authenticator.method).finish_non_exhaustive()
    }
}
