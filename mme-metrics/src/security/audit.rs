//! The audit trail.

use std::fmt;
use std::net::IpAddr;

use super::SECURITY;
use super::label::{EventOutcome, EventType};

#[cfg(feature = "security")]
use super::SecurityClient;

/// Where subscribers find the trail.
#[cfg(feature = "tracing")]
const TARGET: &str = "mme::audit";

/// One event of the audit trail: counted, and told as a structured event, in one call.
///
/// ```
/// use mme_metrics::security::{AuditEvent, EventOutcome, EventType};
///
/// AuditEvent::new(EventType::new("document_signed"), EventOutcome::Success).record();
/// ```
///
/// With the feature `tracing`, the event goes to the target `mme::audit` at the level INFO, with the fields below and no others.
/// What else belongs to it comes from the spans it happens in.
///
/// | field | what |
/// |---|---|
/// | `event_type`, `outcome` | the labels of `audit_events_total` |
/// | `source_address` | the address, if [`source`](Self::source) or [`by`](Self::by) told it: this field is the one place that has it |
/// | `account` | the account under the key of the tracker, 16 hexadecimal digits: the same account reads the same, and nobody without the key can tell which it is |
///
/// An event that nobody takes is lost. If no subscriber is interested in the target, that is counted in
/// `audit_write_failures_total`; a trail of your own hands over how its writing went with [`record_to`](Self::record_to).
#[derive(Clone, Copy)]
#[must_use = "an event is told by `record` or `record_to`"]
pub struct AuditEvent {
    kind: EventType,
    outcome: EventOutcome,
    address: Option<IpAddr>,
    account: Option<u64>,
}

impl AuditEvent {
    /// Describes an event.
    pub const fn new(kind: EventType, outcome: EventOutcome) -> Self {
        Self { kind, outcome, address: None, account: None }
    }

    /// Says which address it came from.
    pub const fn source(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Says who did it: address and account as the tracker knows them.
    #[cfg(feature = "security")]
    pub fn by(self, client: &SecurityClient) -> Self {
        Self { address: Some(client.address()), account: client.account_hash().or(self.account), ..self }
    }

    /// Returns what kind of event it is.
    pub const fn event_type(&self) -> EventType {
        self.kind
    }

    /// Returns how it went.
    pub const fn outcome(&self) -> EventOutcome {
        self.outcome
    }

    /// Returns the address it came from.
    pub const fn source_address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the account, under the key of the tracker.
    pub const fn account(&self) -> Option<Pseudonym> {
        match self.account {
            Some(hash) => Some(Pseudonym(hash)),
            None => None,
        }
    }

    /// Counts the event and tells it.
    pub fn record(self) {
        self.count();
        if !self.tell() {
            SECURITY.audit_write_failures.increment(());
        }
    }

    /// Counts an event that something else tells under the target `mme::audit`, such as a breach that the
    /// [isolation sentinel](crate::isolation) found: told once more, it would stand in the trail twice.
    pub fn record_told(self) {
        self.count();
        if !Self::is_heard() {
            SECURITY.audit_write_failures.increment(());
        }
    }

    /// Counts the event, tells it, and has `write` put it into a trail of the service's own, whose word it is whether it was
    /// written.
    ///
    /// # Errors
    ///
    /// When `write` fails, with its error; that is counted.
    ///
    /// # Panics
    ///
    /// When `write` does; that is counted as well.
    pub fn record_to<E>(self, write: impl FnOnce(&Self) -> Result<(), E>) -> Result<(), E> {
        self.count();
        self.tell();
        let mut failure = Failure { happened: true };
        let written = write(&self);
        failure.happened = written.is_err();
        written
    }

    fn count(&self) {
        SECURITY.audit_events.increment((self.kind, self.outcome));
        SECURITY.audit_write_failures.touch(());
    }

    /// Says whether somebody listens; without the feature, counting is all that was asked for.
    fn is_heard() -> bool {
        #[cfg(feature = "tracing")]
        return tracing::event_enabled!(target: TARGET, tracing::Level::INFO);
        #[cfg(not(feature = "tracing"))]
        true
    }

    /// Tells the event, and says whether somebody listens.
    #[cfg_attr(not(feature = "tracing"), allow(clippy::unused_self, reason = "it is what is told"))]
    fn tell(&self) -> bool {
        let is_heard = Self::is_heard();
        #[cfg(feature = "tracing")]
        if is_heard {
            tracing::event!(
                target: TARGET,
                tracing::Level::INFO,
                event_type = self.kind.as_str(),
                outcome = self.outcome.as_str(),
                source_address = self.address.map(tracing::field::display),
                account = self.account().map(tracing::field::display),
            );
        }
        is_heard
    }
}

// An address in a log is one too many.
impl fmt::Debug for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AuditEvent");
        shown.field("event_type", &self.kind.as_str()).field("outcome", &self.outcome.as_str()).finish_non_exhaustive()
    }
}

/// An account under the key of a [`SourceTracker`](crate::security): the same account reads the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pseudonym(u64);

/// Sixteen hexadecimal digits.
impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Counts a failure when it is dropped, unless there was none; so a panic in between counts.
struct Failure {
    happened: bool,
}

impl Drop for Failure {
    fn drop(&mut self) {
        if self.happened {
            SECURITY.audit_write_failures.increment(());
        }
    }
}
