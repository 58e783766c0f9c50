//! Events of the audit trail.

use std::fmt;
use std::net::IpAddr;

use super::label::{EventOutcome, EventType};
use super::metrics::SECURITY;

#[cfg(feature = "security")]
use super::SecurityClient;

/// The `tracing` target of audit events.
#[cfg(feature = "tracing")]
const TARGET: &str = "mme::audit";

/// One event of the audit trail. One call counts it and emits it as a structured event.
///
/// ```
/// use mme_metrics::security::{AuditEvent, EventOutcome, EventType};
///
/// AuditEvent::new(EventType::new("document_signed"), EventOutcome::Success).record();
/// ```
///
/// With the feature `tracing`, the event goes to the target `mme::audit` at the level INFO, with the fields below and
/// no others. The spans around the event provide any other data.
///
/// | field | content |
/// |---|---|
/// | `event_type`, `outcome` | the labels of `audit_events_total` |
/// | `source_address` | the address, if [`source`](Self::source) or [`by`](Self::by) set it; it appears in this field only |
/// | `account` | the [`Pseudonym`] of the account, 16 hexadecimal digits |
/// | `trace_id`, `span_id` | the ids of the [trace](crate::trace) that the event belongs to, if there is one |
///
/// An event that no subscriber receives is lost. If no subscriber is interested in the target,
/// `audit_write_failures_total` counts the event. If you write your own trail, report the result of the write with
/// [`record_to`](Self::record_to).
#[derive(Clone, Copy)]
#[must_use = "an event is only recorded by `record`, `record_to` or `count`"]
pub struct AuditEvent {
    kind: EventType,
    outcome: EventOutcome,
    address: Option<IpAddr>,
    account: Option<u64>,
}

impl AuditEvent {
    /// Creates an event.
    pub const fn new(kind: EventType, outcome: EventOutcome) -> Self {
        Self { kind, outcome, address: None, account: None }
    }

    /// Sets the address that the event came from.
    pub const fn source(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Sets the client that caused the event: its address and account, as the tracker knows them.
    #[cfg(feature = "security")]
    pub fn by(self, client: &SecurityClient) -> Self {
        Self { address: Some(client.address()), account: client.account_hash().or(self.account), ..self }
    }

    /// Returns the type of the event.
    pub const fn event_type(&self) -> EventType {
        self.kind
    }

    /// Returns the outcome of the event.
    pub const fn outcome(&self) -> EventOutcome {
        self.outcome
    }

    /// Returns the address that the event came from.
    pub const fn source_address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the pseudonym of the account, which is a hash under the tracker's key.
    pub const fn account(&self) -> Option<Pseudonym> {
        match self.account {
            Some(hash) => Some(Pseudonym(hash)),
            None => None,
        }
    }

    /// Counts the event and emits it.
    pub fn record(self) {
        self.increment();
        if !self.emit() {
            SECURITY.audit_write_failures.increment(());
        }
    }

    /// Counts an event that other code emits under the target `mme::audit`, such as a breach that the
    /// [isolation sentinel](crate::isolation) found. It does not emit the event: the trail would contain it twice.
    pub fn count(self) {
        self.increment();
        if !Self::is_enabled() {
            SECURITY.audit_write_failures.increment(());
        }
    }

    /// Counts the event, emits it, and calls `write` to write it to your own trail. The result of `write` decides
    /// whether the event counts as written.
    ///
    /// # Errors
    ///
    /// When `write` fails, with its error. It counts as a write failure.
    ///
    /// # Panics
    ///
    /// When `write` panics. It counts as a write failure, too.
    pub fn record_to<E>(self, write: impl FnOnce(&Self) -> Result<(), E>) -> Result<(), E> {
        self.increment();
        self.emit();
        let mut failure = Failure { happened: true };
        let written = write(&self);
        failure.happened = written.is_err();
        written
    }

    fn increment(&self) {
        SECURITY.audit_events.increment((self.kind, self.outcome));
        SECURITY.audit_write_failures.touch(());
    }

    /// Returns whether a subscriber receives audit events. Without the feature `tracing`, it always returns `true`,
    /// because events are only counted then.
    fn is_enabled() -> bool {
        #[cfg(feature = "tracing")]
        return tracing::event_enabled!(target: TARGET, tracing::Level::INFO);
        #[cfg(not(feature = "tracing"))]
        true
    }

    /// Emits the event, and returns whether a subscriber receives it.
    #[cfg_attr(not(feature = "tracing"), allow(clippy::unused_self, reason = "without `tracing` nothing is emitted"))]
    fn emit(&self) -> bool {
        let is_enabled = Self::is_enabled();
        #[cfg(feature = "tracing")]
        if is_enabled {
            let trace = crate::trace::current();
            tracing::event!(
                target: TARGET,
                tracing::Level::INFO,
                event_type = self.kind.as_str(),
                outcome = self.outcome.as_str(),
                source_address = self.address.map(tracing::field::display),
                account = self.account().map(tracing::field::display),
                trace_id = trace.map(|trace| tracing::field::display(trace.trace_id())),
                span_id = trace.map(|trace| tracing::field::display(trace.span_id())),
            );
        }
        is_enabled
    }
}

// The output leaves out the address, which does not belong in a log.
impl fmt::Debug for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AuditEvent");
        shown.field("event_type", &self.kind.as_str()).field("outcome", &self.outcome.as_str()).finish_non_exhaustive()
    }
}

/// The pseudonym of an account: its hash under the key of a [`SourceTracker`](crate::security).
///
/// The same account has the same pseudonym. Without the key, the pseudonym does not reveal the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pseudonym(u64);

/// Writes sixteen hexadecimal digits.
impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Counts a write failure when it is dropped, unless the write succeeded. So a panic of the write counts, too.
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
