//! The audit trail: one call counts and logs an event, and lost events are counted.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};

use mme_metrics::security::{AuditEvent, EventOutcome, EventType, SECURITY, SourceTracker};
use mme_metrics::testing::{Emission, record};
use mme_metrics_tests::isolated_process::run_alone;

use super::sources::client;
use mme_metrics_tests::trail::Trail;

const SIGNED: EventType = EventType::new("document_signed");
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

fn signed() -> AuditEvent {
    AuditEvent::new(SIGNED, EventOutcome::Success)
}

#[track_caller]
fn counted(emission: &Emission, lost: u64) {
    let expected = emission.expect().counter(&SECURITY.audit_events, (SIGNED, EventOutcome::Success), 1);
    expected.counter(&SECURITY.audit_write_failures, (), lost).only();
}

#[test]
fn an_event_is_counted_and_told_with_its_fields_only() {
    run_alone(|| {
        let trail = Trail::default();
        let emission = record(|| trail.follow(|| signed().source(ADDRESS).record()));
        counted(&emission, 0);
        let told = "mme::audit INFO event_type=\"document_signed\" outcome=\"success\" source_address=203.0.113.7";
        assert_eq!(trail.told(), [told]);
    });
}

#[test]
fn an_event_without_an_address_has_none() {
    run_alone(|| {
        let trail = Trail::default();
        trail.follow(|| signed().record());
        assert_eq!(trail.told(), ["mme::audit INFO event_type=\"document_signed\" outcome=\"success\""]);
    });
}

#[test]
fn an_event_that_nobody_hears_is_lost() {
    counted(&record(|| signed().record()), 1);
}

#[test]
fn a_trail_of_ones_own_says_whether_an_event_was_written() {
    let written = record(|| assert_eq!(signed().record_to(|_| Ok::<_, ()>(())), Ok(())));
    counted(&written, 0);
    let lost = record(|| assert_eq!(signed().record_to(|_| Err("the disk is full")), Err("the disk is full")));
    counted(&lost, 1);
    let panics = || signed().record_to(|_| -> Result<(), ()> { panic!("no disk") });
    counted(&record(|| drop(catch_unwind(AssertUnwindSafe(panics)))), 1);
}

#[test]
fn an_account_reads_the_same_each_time_and_tells_nothing_of_its_name() {
    let tracker = SourceTracker::builder().shared_secret(b"a secret of the tests").build().expect("it is valid");
    let seen =
        |name: &str| signed().by(&client(&tracker, ADDRESS).account(name)).account().map(|name| name.to_string());
    assert_eq!(seen("alice@example.com"), seen("alice@example.com"));
    assert_ne!(seen("alice@example.com"), seen("bob@example.com"));
    assert!(seen("alice@example.com").is_some_and(|text| text.len() == 16 && u64::from_str_radix(&text, 16).is_ok()));
    let other = SourceTracker::default();
    let elsewhere = signed().by(&client(&other, ADDRESS).account("alice@example.com")).account();
    assert_ne!(elsewhere.map(|name| name.to_string()), seen("alice@example.com"));
}

#[test]
fn a_source_that_passes_a_limit_is_told_of_once_with_its_address() {
    run_alone(|| {
        let (trail, tracker) = (Trail::default(), SourceTracker::default());
        let _ = record(|| trail.follow(|| (0..30).for_each(|_| _ = client(&tracker, ADDRESS).failure())));
        let told = trail.told();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].contains("event_type=\"source_over_limit\" outcome=\"failure\" source_address=203.0.113.7"));
    });
}
