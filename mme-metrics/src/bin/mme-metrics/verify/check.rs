//! A check and how it ended.

use crate::address::clean;

/// Every check, in the order in which they run.
pub(super) const NAMES: [&str; 13] = [
    "prometheus",
    "clock",
    "targets",
    "metrics",
    "rules",
    "panels",
    "sentinel",
    "check_auth_failures",
    "check_rate_limiting",
    "alertmanager",
    "notifications",
    "grafana",
    "spikes",
];

/// What a check does.
pub(super) type Run<'r> = &'r dyn Fn() -> Result<State, String>;

/// A check that has run, or could not.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) state: State,
}

/// How a check ended.
#[derive(Debug)]
pub(super) enum State {
    /// All is well; with what was seen.
    Passed(String),
    /// What is wrong.
    Failed(Vec<String>),
    /// There is nothing to check; with the reason.
    Skipped(String),
}

impl State {
    pub(super) fn passed(seen: impl Into<String>) -> Self {
        Self::Passed(seen.into())
    }

    /// Passes if there are no problems.
    pub(super) fn of(problems: Vec<String>, seen: impl Into<String>) -> Self {
        if problems.is_empty() { Self::Passed(seen.into()) } else { Self::Failed(problems) }
    }
}

impl Check {
    /// Runs a check. An error is a problem.
    pub(super) fn new(name: &'static str, run: Run<'_>) -> Self {
        let state = match run().unwrap_or_else(|error| State::Failed(vec![error])) {
            State::Passed(seen) => State::Passed(clean(&seen)),
            State::Failed(problems) => State::Failed(problems.iter().map(|problem| clean(problem)).collect()),
            State::Skipped(reason) => State::Skipped(clean(&reason)),
        };
        Self { name, state }
    }

    /// Returns a check that was not run, with the reason.
    pub(super) fn skipped(name: &'static str, reason: &str) -> Self {
        Self { name, state: State::Skipped(reason.to_owned()) }
    }

    pub(super) fn is_passed(&self) -> bool {
        matches!(self.state, State::Passed(_))
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }
}
