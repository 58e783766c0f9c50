//! Records a breach between tenants as a security incident and as a breached compliance control.

use mme_metrics::isolation::IsolationCheck;
use mme_metrics::security::{AuditEvent, Control, EventOutcome, EventType, Framework, SECURITY};

/// The framework that requires the control: article 32 of the General Data Protection Regulation, security of
/// processing.
const GDPR: Framework = Framework::new("gdpr");
const SEPARATION: Control = Control::new("art_32_separation");

/// Creates the zero series of the events that should never happen.
pub(super) fn set_up() {
    SECURITY.events.touch((EventType::INCIDENT, EventOutcome::Success));
    SECURITY.audit_events.touch((EventType::CROSS_TENANT_ACCESS, EventOutcome::Success));
    SECURITY.violations.touch((GDPR, SEPARATION));
}

/// Records a breach in the audit trail and in the metrics.
pub(super) fn found(_: &IsolationCheck) {
    // The sentinel has already logged the event, with the owner and the reader of the document.
    AuditEvent::new(EventType::CROSS_TENANT_ACCESS, EventOutcome::Success).count();
    SECURITY.events.increment((EventType::INCIDENT, EventOutcome::Success));
    SECURITY.violations.increment((GDPR, SEPARATION));
}

#[cfg(test)]
mod tests {
    use mme_metrics::isolation::{IsolationResource, IsolationSentinel, Visibility};
    use mme_metrics::testing::Emission;

    use super::*;

    #[tokio::test]
    async fn each_breach_is_an_audit_event_an_incident_and_a_violation() {
        let anybody = |_| async { Visibility::Seen };
        let resources = ["acme", "globex"].map(|owner| IsolationResource::new(owner, "a document", anybody));
        let emission = Emission::new();
        let sentinel = IsolationSentinel::new(resources.to_vec()).on_breach(found);
        let round = emission.record_async(sentinel.run_once()).await;
        assert_eq!(round.breaches().len(), 2);
        let audited = (EventType::CROSS_TENANT_ACCESS, EventOutcome::Success);
        emission
            .expect()
            .counter(&SECURITY.audit_events, audited, 2)
            .counter(&SECURITY.events, (EventType::INCIDENT, EventOutcome::Success), 2)
            .counter(&SECURITY.violations, (GDPR, SEPARATION), 2)
            .among_others();
    }
}
