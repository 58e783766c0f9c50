//! A breach is one audit event with names, and a round is one line with its time.

use mme_metrics::isolation::{ISOLATION, IsolationResource, IsolationSentinel, TenantName, Verdict, Visibility};
use mme_metrics::probe::ProbeFailure;
use mme_metrics::security::{AuditEvent, EventOutcome, EventType, SECURITY};
use mme_metrics::testing::Emission;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::trail::Trail;

/// Runs one round over a document of acme of which globex sees this, and returns what the trail was told.
fn told(foreigner: Visibility, change: impl FnOnce(IsolationSentinel) -> IsolationSentinel) -> (Vec<String>, Emission) {
    let read = move |tenant: TenantName| async move { if &*tenant == "acme" { Visibility::Seen } else { foreigner } };
    let sentinel = IsolationSentinel::new(vec![IsolationResource::new("acme", "document 7", read)]).tenant("globex");
    let (sentinel, trail, emission) = (change(sentinel), Trail::default(), Emission::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    trail.follow(|| runtime.block_on(emission.record_async(sentinel.run_once())));
    (trail.told(), emission)
}

/// The event of a breach, as subscribers get it.
const BREACH: &str = "mme::audit ERROR message=a tenant can read what is another one's \
                      event_type=\"cross_tenant_access\" outcome=\"breach\" owner=\"acme\" resource=\"document 7\" foreigner=\"globex\"";

#[test]
fn each_end_of_a_round_is_a_line_and_only_a_breach_is_an_audit_event() {
    run_alone(|| {
        for (sight, level, line) in [
            (Visibility::Denied, "INFO", "PASS 1 passed, 0 breached, 0 unknown"),
            (
                Visibility::Unclear(ProbeFailure::Status(429)),
                "WARN",
                "UNKNOWN 0 passed, 0 breached, 1 unknown; unknown: ",
            ),
            (
                Visibility::Seen,
                "ERROR",
                "FAIL 0 passed, 1 breached, 0 unknown; breach: document 7 of acme tried by globex",
            ),
        ] {
            let (told, _) = told(sight, |sentinel| sentinel);
            let (round, audited) = told.split_last().expect("a round is told");
            let rest = round.strip_prefix(&format!("mme::isolation {level} message=")).expect("this is its level");
            let (time, rest) = rest.split_once(' ').expect("a line begins with its time");
            assert!(time.len() == 20 && time.starts_with("20") && time.ends_with('Z'), "{round}");
            assert!(rest.starts_with(line), "{round}");
            let expected: &[&str] = if sight == Visibility::Seen { &[BREACH] } else { &[] };
            assert_eq!(audited, expected);
        }
    });
}

/// What the page of the sentinel says to do.
fn counting(sentinel: IsolationSentinel) -> IsolationSentinel {
    sentinel.on_breach(|_| AuditEvent::new(EventType::CROSS_TENANT_ACCESS, EventOutcome::Success).count())
}

#[test]
fn a_breach_that_is_counted_as_an_audit_event_is_told_once_all_the_same() {
    run_alone(|| {
        let (told, emission) = told(Visibility::Seen, counting);
        assert_eq!(told.iter().filter(|line| line.starts_with("mme::audit ")).collect::<Vec<_>>(), [BREACH]);
        let audited = (EventType::CROSS_TENANT_ACCESS, EventOutcome::Success);
        let expect = emission.expect().counter(&SECURITY.audit_events, audited, 1);
        let expect = expect.counter(&SECURITY.audit_write_failures, (), 0);
        expect.counter(&ISOLATION.checks, (Verdict::Breach,), 1).among_others();
    });
}

#[test]
fn a_breach_that_nobody_hears_of_is_an_audit_event_that_was_lost() {
    let emission = Emission::new();
    let told = || AuditEvent::new(EventType::CROSS_TENANT_ACCESS, EventOutcome::Success).count();
    emission.record(told);
    let audited = (EventType::CROSS_TENANT_ACCESS, EventOutcome::Success);
    let expect = emission.expect().counter(&SECURITY.audit_events, audited, 1);
    expect.counter(&SECURITY.audit_write_failures, (), 1).only();
}
