//! A round of checks and its result.

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use super::label::Verdict;
use super::resource::{IsolationResource, TenantName};
use super::visibility::Finding;
use crate::calendar::rfc3339;
use crate::probe::ProbeFailure;

/// Upper bound of the breaches that a log line names, and of the unknown checks.
const NAMED: usize = 5;

/// One check: another tenant tries to read a tenant's resource.
///
/// Its `Display` text escapes the names, so it always fits on one line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IsolationCheck {
    /// The tenant that the resource belongs to.
    pub owner: TenantName,
    /// The resource.
    pub resource: Arc<str>,
    /// The tenant that tried to read it; empty if there is no other tenant.
    pub foreigner: TenantName,
}

impl IsolationCheck {
    pub(super) fn new(resource: &IsolationResource, foreigner: &TenantName) -> Self {
        let (owner, name) = (Arc::clone(resource.owner()), Arc::clone(resource.name()));
        Self { owner, resource: name, foreigner: Arc::clone(foreigner) }
    }
}

impl fmt::Display for IsolationCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, resource, foreigner } = self;
        let [owner, resource, foreigner] = [owner, resource, foreigner].map(|name| name.escape_debug());
        write!(f, "{resource} of {owner} tried by {foreigner}")
    }
}

/// The result of a round of checks. Its `Display` text is one line for a log, with the time.
#[derive(Clone, Debug)]
pub struct IsolationRound {
    ended: SystemTime,
    passed: usize,
    breaches: Vec<IsolationCheck>,
    unknown: Vec<(IsolationCheck, ProbeFailure)>,
    /// The reason why the round has no checks.
    unplanned: Option<ProbeFailure>,
}

impl IsolationRound {
    pub(super) const fn new() -> Self {
        Self {
            ended: SystemTime::UNIX_EPOCH,
            passed: 0,
            breaches: Vec::new(),
            unknown: Vec::new(),
            unplanned: Some(ProbeFailure::Other("there is nothing to check")),
        }
    }

    pub(super) const fn unplanned(&mut self, failure: ProbeFailure) {
        self.unplanned = Some(failure);
    }

    pub(super) fn add(&mut self, check: IsolationCheck, finding: Finding) {
        self.unplanned = None;
        match finding {
            Finding::Pass => self.passed += 1,
            Finding::Breach => self.breaches.push(check),
            Finding::Unknown(failure) => self.unknown.push((check, failure)),
        }
    }

    pub(super) const fn end(&mut self, ended: SystemTime) {
        self.ended = ended;
    }

    /// Returns the result of the round: a breach if a check found one, a pass if there are checks and all passed, else
    /// unknown.
    pub const fn verdict(&self) -> Verdict {
        if !self.breaches.is_empty() {
            Verdict::Breach
        } else if self.unknown.is_empty() && self.unplanned.is_none() && self.passed > 0 {
            Verdict::Pass
        } else {
            Verdict::Unknown
        }
    }

    /// Returns when the round ended.
    pub const fn ended(&self) -> SystemTime {
        self.ended
    }

    /// Returns how many checks passed.
    pub const fn passed(&self) -> usize {
        self.passed
    }

    /// Returns the checks in which a tenant could read another tenant's resource.
    pub fn breaches(&self) -> &[IsolationCheck] {
        &self.breaches
    }

    /// Returns the checks whose result is unknown, each with its reason.
    pub fn unknown(&self) -> &[(IsolationCheck, ProbeFailure)] {
        &self.unknown
    }

    /// Returns the exit code for a cron job: 0 for a pass, 1 for a breach, 2 for unknown.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.verdict() {
            Verdict::Pass => 0,
            Verdict::Breach => 1,
            Verdict::Unknown => 2,
        })
    }
}

impl fmt::Display for IsolationRound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict() {
            Verdict::Pass => "PASS",
            Verdict::Breach => "FAIL",
            Verdict::Unknown => "UNKNOWN",
        };
        let (passed, breaches, unknown) = (self.passed, self.breaches.len(), self.unknown.len());
        write!(f, "{} {word} {passed} passed, {breaches} breached, {unknown} unknown", rfc3339(self.ended))?;
        for check in self.breaches.iter().take(NAMED) {
            write!(f, "; breach: {check}")?;
        }
        for (check, failure) in self.unknown.iter().take(NAMED) {
            write!(f, "; unknown: {check}: {failure}")?;
        }
        match self.unplanned {
            Some(failure) => write!(f, "; {failure}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(owner: &str) -> IsolationCheck {
        IsolationCheck { owner: owner.into(), resource: "document 7".into(), foreigner: "globex".into() }
    }

    #[test]
    fn a_round_passes_only_if_every_check_did_and_there_was_one() {
        let mut round = IsolationRound::new();
        assert_eq!(round.verdict(), Verdict::Unknown);
        round.add(check("acme"), Finding::Pass);
        assert_eq!(round.verdict(), Verdict::Pass);
        round.add(check("acme"), Finding::Unknown(ProbeFailure::TimedOut));
        assert_eq!(round.verdict(), Verdict::Unknown);
        round.add(check("acme"), Finding::Breach);
        assert_eq!(round.verdict(), Verdict::Breach);
    }

    #[test]
    fn a_cron_job_fails_unless_the_round_passed() {
        let code = |finding| {
            let mut round = IsolationRound::new();
            round.add(check("acme"), finding);
            format!("{:?}", round.exit_code())
        };
        let expected = |code| format!("{:?}", ExitCode::from(code));
        assert_eq!(code(Finding::Pass), expected(0));
        assert_eq!(code(Finding::Breach), expected(1));
        assert_eq!(code(Finding::Unknown(ProbeFailure::TimedOut)), expected(2));
        assert_eq!(format!("{:?}", IsolationRound::new().exit_code()), expected(2));
    }

    #[test]
    fn a_line_has_its_time_its_word_and_no_line_breaks_of_others() {
        let mut round = IsolationRound::new();
        round.add(check("acme\n2026-01-01T00:00:00Z PASS"), Finding::Breach);
        round.add(check("acme"), Finding::Unknown(ProbeFailure::Status(429)));
        round.end(SystemTime::UNIX_EPOCH + Duration::from_mins(1));
        assert_eq!(
            round.to_string(),
            "1970-01-01T00:01:00Z FAIL 0 passed, 1 breached, 1 unknown; \
             breach: document 7 of acme\\n2026-01-01T00:00:00Z PASS tried by globex; \
             unknown: document 7 of acme tried by globex: status 429"
        );
    }
}
