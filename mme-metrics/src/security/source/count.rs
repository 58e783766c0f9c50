//! Counts the failures and successes of a client, and reports those over a limit.

use super::{SecurityClient, SourceStanding};
use crate::security::AuditEvent;
use crate::security::label::{EventOutcome, EventType};
use crate::security::metrics::SECURITY;

impl SecurityClient {
    /// Returns the standing of the source. This counts nothing.
    pub fn standing(&self) -> SourceStanding {
        self.tracker.standing(self.source)
    }

    /// Counts a failure against the source, and against the account if there is one.
    ///
    /// An [`AuthAttempt`](crate::security::AuthAttempt) with [`by`](crate::security::AuthAttempt::by) does this itself.
    pub fn failure(&self) -> SourceStanding {
        let (standing, is_account_over) = self.tracker.failure(self.source, self.account);
        if standing.has_crossed_limit() {
            self.tell(EventType::SOURCE_OVER_LIMIT, EventOutcome::Failure);
        }
        if is_account_over {
            self.tell(EventType::ACCOUNT_OVER_LIMIT, EventOutcome::Failure);
        }
        standing
    }

    /// Reports a success. It does not cancel failures; otherwise a client with one account could try all others.
    ///
    /// The success of a source over a limit is a security event of type `suspicious`.
    pub fn success(&self) {
        if self.tracker.is_over_limit(self.source) {
            self.tell(EventType::SUSPICIOUS, EventOutcome::Success);
        }
    }

    /// Reports an event to the operator: as a security event, and in the audit trail with the address.
    #[cold]
    fn tell(&self, kind: EventType, outcome: EventOutcome) {
        SECURITY.events.increment((kind, outcome));
        AuditEvent::new(kind, outcome).by(self).record();
    }
}
