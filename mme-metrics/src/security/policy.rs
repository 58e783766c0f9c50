//! Policy decisions and their evaluation.

use metrics::Key;

use super::label::{Decision, PolicyCacheResult, PolicyName};
use super::metrics::SECURITY;
use crate::metric::{KeptSeries, SeriesKeys};
use crate::operation::Guard;
use crate::operation::{ClassifyReturn, ErrorType, Operation, Outcome, ResultLabel};

/// A policy that decides who may do what. Declare it as a `static`, so that it keeps the series of its decisions.
///
/// ```
/// use mme_metrics::operation::{Guard, measure};
/// use mme_metrics::operation::ByOperation;
/// use mme_metrics::security::{Decision, Policy, PolicyName};
///
/// static SHARE: Policy = Policy::new(PolicyName::new("share"));
///
/// // The decision is read from what the code returns: a `Decision`, a `bool`, or either in a `Result`.
/// let may = measure(SHARE.evaluation(), ByOperation, || Decision::Deny);
///
/// // Or the guard is given the decision.
/// Guard::start(SHARE.evaluation()).decided(Decision::Allow);
///
/// // A decision that needed no evaluation:
/// SHARE.cache_hit();
/// SHARE.decided(Decision::Allow);
/// ```
#[derive(Debug)]
pub struct Policy {
    name: PolicyName,
    series: KeptSeries<8>,
    /// Whether the series of errors exist. Evaluations know the kinds of errors, lookups in a cache do not.
    errors: KeptSeries<0>,
}

/// Positions of the counters among the kept series. The results of evaluations come first, by their ordinal.
const DECISIONS: usize = 3;
const HITS: usize = 5;
const REQUESTS: usize = 6;

impl Policy {
    /// Creates a policy with this name.
    pub const fn new(name: PolicyName) -> Self {
        Self { name, series: KeptSeries::new(), errors: KeptSeries::new() }
    }

    /// Creates one evaluation. Measure it with a guard of [`operation`](crate::operation) or with
    /// `#[instrument_metrics(record = …)]`.
    pub const fn evaluation(&'static self) -> PolicyEvaluation {
        PolicyEvaluation { policy: self, decision: None }
    }

    /// Counts a decision that needed no evaluation.
    #[inline]
    pub fn decided(&self, decision: Decision) {
        self.series.record(self, &[DECISIONS + decision as usize], None);
    }

    /// Counts a decision that was found in a cache.
    #[inline]
    pub fn cache_hit(&self) {
        self.series.record(self, &[HITS, REQUESTS + PolicyCacheResult::Hit as usize], None);
    }

    /// Counts a decision that was not found in a cache.
    #[inline]
    pub fn cache_miss(&self) {
        self.series.record(self, &[REQUESTS + PolicyCacheResult::Miss as usize], None);
    }
}

impl SeriesKeys<8> for Policy {
    fn counters(&self) -> [Key; 8] {
        let ended = |ended| SECURITY.evaluations.key_with(&(self.name, ended), &[]);
        let decided = |decision| SECURITY.decisions.key_with(&(self.name, decision), &[]);
        let asked = |result| SECURITY.cache_requests.key_with(&(self.name, result), &[]);
        [
            ended(ResultLabel::Ok),
            ended(ResultLabel::Error),
            ended(ResultLabel::Cancelled),
            decided(Decision::Allow),
            decided(Decision::Deny),
            SECURITY.cache_hits.key_with(&(self.name,), &[]),
            asked(PolicyCacheResult::Hit),
            asked(PolicyCacheResult::Miss),
        ]
    }

    fn duration(&self) -> Option<Key> {
        Some(SECURITY.evaluation_duration.key_with(&(self.name,), &[]))
    }
}

impl SeriesKeys<0> for Policy {
    fn counters(&self) -> [Key; 0] {
        []
    }
}

/// One evaluation of a [`Policy`].
#[derive(Clone, Copy, Debug)]
#[must_use = "an evaluation is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct PolicyEvaluation {
    policy: &'static Policy,
    decision: Option<Decision>,
}

impl Guard<PolicyEvaluation> {
    /// Ends the evaluation with its decision.
    pub fn decided(mut self, decision: Decision) {
        if let Some(evaluation) = self.operation() {
            evaluation.decision = Some(decision);
        }
        self.end(Outcome::Ok);
    }
}

impl Operation for PolicyEvaluation {
    #[inline]
    fn start(&mut self, error_types: &'static [&'static str]) {
        self.policy.series.touch(self.policy);
        if self.policy.errors.touch(self.policy) {
            let errors = error_types.iter().map(|word| Outcome::Error(word)).chain([Outcome::Panic]);
            errors.for_each(|error| SECURITY.policy_errors.touch((self.policy.name, error.error_word())));
        }
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        let ended = outcome.result_label() as usize;
        // A decision counts only if the evaluation succeeded.
        let decision = self.decision.filter(|_| outcome == Outcome::Ok).map(|decision| DECISIONS + decision as usize);
        let counters = [ended, decision.unwrap_or(ended)];
        self.policy.series.record(self.policy, &counters[..=usize::from(decision.is_some())], Some(seconds));
        if matches!(outcome, Outcome::Error(_) | Outcome::Panic) {
            SECURITY.policy_errors.increment((self.policy.name, outcome.error_word()));
        }
    }
}

impl ClassifyReturn<Decision> for PolicyEvaluation {
    fn classify(&mut self, returned: &Decision) -> Outcome {
        self.decision = Some(*returned);
        Outcome::Ok
    }
}

/// Reads `true` as [`Decision::Allow`].
impl ClassifyReturn<bool> for PolicyEvaluation {
    fn classify(&mut self, returned: &bool) -> Outcome {
        self.classify(&if *returned { Decision::Allow } else { Decision::Deny })
    }
}

impl<E: ErrorType> ClassifyReturn<Result<Decision, E>> for PolicyEvaluation {
    const ERROR_TYPES: &'static [&'static str] = E::ERROR_TYPES;

    fn classify(&mut self, returned: &Result<Decision, E>) -> Outcome {
        match returned {
            Ok(decision) => self.classify(decision),
            Err(error) => Outcome::Error(error.error_type()),
        }
    }
}

/// Reads `true` as [`Decision::Allow`].
impl<E: ErrorType> ClassifyReturn<Result<bool, E>> for PolicyEvaluation {
    const ERROR_TYPES: &'static [&'static str] = E::ERROR_TYPES;

    fn classify(&mut self, returned: &Result<bool, E>) -> Outcome {
        match returned {
            Ok(may) => self.classify(may),
            Err(error) => Outcome::Error(error.error_type()),
        }
    }
}
