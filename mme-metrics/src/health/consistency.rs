//! Checks that data is consistent.

use super::label::{CheckName, CheckResult};
use super::metrics::HEALTH;
use crate::label::RegisterError;

/// A consistency check, by its name.
///
/// ```
/// use mme_metrics::health::{CheckResult, ConsistencyCheck};
///
/// # fn count_orphans() -> std::io::Result<u64> { Ok(0) }
/// let orphans = ConsistencyCheck::register("documents_without_tenant")?;
/// orphans.record(CheckResult::of(&count_orphans()));
/// # Ok::<(), mme_metrics::label::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsistencyCheck(CheckName);

impl ConsistencyCheck {
    /// Registers a check; at most 200.
    ///
    /// The series of its results exist at zero from then on. Call this after the recorder is installed.
    ///
    /// # Errors
    ///
    /// When the name cannot be exported, or there are too many checks.
    pub fn register(name: &str) -> Result<Self, RegisterError> {
        let check = Self(CheckName::register(name)?);
        check.touch();
        Ok(check)
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.0.as_str()
    }

    /// Counts a result.
    pub fn record(&self, result: CheckResult) {
        HEALTH.consistency_checks.increment((self.0, result));
    }

    /// Makes its series exist at zero.
    pub(super) fn touch(&self) {
        for result in [CheckResult::Pass, CheckResult::Fail, CheckResult::Unknown] {
            HEALTH.consistency_checks.touch((self.0, result));
        }
    }
}

impl CheckResult {
    /// Classifies the number of inconsistencies found; an error is unknown.
    pub const fn of<E>(found: &Result<u64, E>) -> Self {
        match found {
            Ok(0) => Self::Pass,
            Ok(_) => Self::Fail,
            Err(_) => Self::Unknown,
        }
    }
}
