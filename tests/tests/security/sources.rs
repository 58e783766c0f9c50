//! The source tracker finds brute-force sources among a million others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use http::HeaderMap;
use mme_metrics::label::CountryCode;
use mme_metrics::operation::Guard;
use mme_metrics::security::{
    AuthResult, FailureReason, SECURITY, SecurityClient, SourceStanding, SourceTracker, SourceTrackerBuilder,
    SourceTrackerError, Window,
};
use mme_metrics::testing::Emission;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::exposition::Samples;

use super::PASSWORD;

/// A clock that stands until it is moved, in milliseconds.
#[derive(Clone, Default)]
pub(super) struct Time(Arc<AtomicU64>);

impl Time {
    pub(super) fn tracker(&self, builder: SourceTrackerBuilder) -> SourceTracker {
        let now = self.0.clone();
        builder.clock(move || Duration::from_millis(now.load(Ordering::Relaxed))).build().expect("it is valid")
    }

    pub(super) fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, Ordering::Relaxed);
    }
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

pub(super) fn client(tracker: &SourceTracker, address: impl Into<IpAddr>) -> SecurityClient {
    tracker.client(address.into(), &HeaderMap::new())
}

/// An address of the network 20.0.0.0/6, so that no number of them meets those of others.
fn stranger(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x1400_0000 + number).into()
}

fn culprit(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0xc633_6400 + number).into()
}

/// Lets `times` failures happen at one moment, and returns how the source stands then.
fn fail(tracker: &SourceTracker, address: impl Into<IpAddr> + Copy, times: u32) -> SourceStanding {
    (0..times).map(|_| client(tracker, address).failure()).last().unwrap_or_else(|| client(tracker, address).standing())
}

/// The gauges of one window: the largest count, sources over the limit, distinct sources.
fn figures(emission: &Emission, tracker: &SourceTracker, window: &str) -> [u64; 3] {
    emission.record(|| tracker.report());
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    ["auth_source_failures_max", "auth_sources_over_limit", "auth_distinct_failing_sources"]
        .map(|name| samples.value(&format!("{name}{{window=\"{window}\"}}")) as u64)
}

/// What happens within an hour, as moment and number of the source, in order.
///
/// Of the numbers, those below 20 fail 60 times within one minute, those up to 25 fail 51 times in the hour, the others once.
fn hour_of(singles: u32, moment_of: impl Fn(u32) -> u64) -> Vec<(u64, u32)> {
    let mut all = Vec::new();
    for number in 0..20_u32 {
        let start = u64::from(number) * 2 * MINUTE + 500;
        all.extend((0..60).map(|at| (start + at * 1_000, number)));
    }
    for number in 20..25 {
        // 50 pauses of 71 s: the first and the last are 59 minutes and 10 s apart.
        all.extend((0..51).map(|at| (u64::from(number) * 100 + at * 71_000, number)));
    }
    all.extend((0..singles).map(|number| (moment_of(number), 100 + number)));
    all.sort_unstable();
    all
}

fn address_of(number: u32) -> IpAddr {
    if number < 25 { culprit(number) } else { stranger(number) }
}

/// Runs the hour, and returns when each culprit was found, after its first failure, and who else was accused.
fn run(events: &[(u64, u32)], tracker: &SourceTracker, time: &Time) -> (Vec<Option<u64>>, u32) {
    let (mut begun, mut found, mut accused) = ([None; 25], vec![None; 25], 0);
    for &(moment, number) in events {
        time.set(moment);
        let standing = client(tracker, address_of(number)).failure();
        match usize::try_from(number).ok().filter(|number| *number < 25) {
            Some(culprit) => {
                let begun = *begun[culprit].get_or_insert(moment);
                if standing.is_over_limit() && found[culprit].is_none() {
                    found[culprit] = Some(moment - begun);
                }
            }
            None => accused += u32::from(standing.is_over_limit()),
        }
    }
    (found, accused)
}

#[track_caller]
fn all_are_found_in_time(found: &[Option<u64>], accused: u32) {
    assert!(found[..20].iter().all(|after| after.is_some_and(|after| after <= MINUTE)), "{found:?}");
    assert!(found[20..].iter().all(|after| after.is_some_and(|after| after <= HOUR)), "{found:?}");
    assert!(accused <= 1, "{accused} were accused who had failed once");
}

#[test]
fn who_fails_too_often_is_found_among_a_million_spread_over_the_hour() {
    let (time, emission) = (Time::default(), Emission::new());
    let tracker = time.tracker(SourceTracker::builder());
    let mut events = hour_of(1_000_000, |number| u64::from(number) * HOUR / 1_000_000);
    let (found, accused) = emission.record(|| run(&events, &tracker, &time));
    all_are_found_in_time(&found, accused);

    // One account, from five hundred sources.
    emission.record(|| (0..500).for_each(|number| _ = client(&tracker, stranger(number)).account("alice").failure()));
    let [max, over, distinct] = figures(&emission, &tracker, "1h");
    assert!((60..=90).contains(&max) && (25..=26).contains(&over), "{max} {over}");
    assert_eq!(distinct, 131_072);
    let text = emission.recorder().render(Format::Text);
    assert!(text.contains("auth_accounts_over_limit 1\n"), "{text}");

    // In the exposition is nothing that a source or an account could be told from, and not much.
    let own = ["auth_source", "auth_distinct", "auth_accounts", "auth_failures", "security_events", "audit_"];
    let lines: Vec<_> =
        text.lines().filter(|line| own.iter().any(|name| line.split(' ').any(|word| word.starts_with(name)))).collect();
    assert!(lines.len() <= 96, "{}: {lines:#?}", lines.len());
    events.truncate(25);
    for needle in ["198.51.100.", "20.0.", "alice"] {
        assert!(!text.contains(needle), "{needle}");
    }
}

#[test]
fn who_fails_too_often_is_found_among_a_million_of_the_same_minute() {
    let time = Time::default();
    let tracker = time.tracker(SourceTracker::builder());
    // In the middle of the hour, when each of the five has begun and none is over its limit.
    let events = hour_of(1_000_000, |number| 30 * MINUTE + u64::from(number) * MINUTE / 1_000_000);
    let (found, accused) = Emission::new().record(|| run(&events, &tracker, &time));
    all_are_found_in_time(&found, accused);
}

#[test]
fn who_fails_too_often_is_found_though_a_million_come_at_once_after_the_first_failure() {
    let time = Time::default();
    let tracker = time.tracker(SourceTracker::builder());
    // Each of the five has failed once, and is one of a million who have.
    let events = hour_of(1_000_000, |_| 10_000);
    let (found, accused) = Emission::new().record(|| run(&events, &tracker, &time));
    all_are_found_in_time(&found, accused);
}

#[test]
fn two_million_who_fail_once_in_half_an_hour_are_not_accused() {
    let time = Time::default();
    let tracker = time.tracker(SourceTracker::builder());
    let accused = Emission::new().record(|| {
        let fails = |number: u32| {
            time.set(u64::from(number) * HOUR / 4_000_000);
            client(&tracker, stranger(number)).failure().is_over_limit()
        };
        (0..2_000_000).filter(|number| fails(*number)).count()
    });
    assert_eq!(accused, 0);
}

#[test]
fn the_limits_are_what_may_be_and_one_more_is_too_many() {
    let (time, emission) = (Time::default(), Emission::new());
    let tracker = time.tracker(SourceTracker::builder());
    emission.record(|| {
        let at_limit = fail(&tracker, culprit(1), 10);
        assert!(!at_limit.is_over_limit() && at_limit.minute() == 10);
        let crossing = fail(&tracker, culprit(1), 1);
        assert!(crossing.is_over_limit() && crossing.has_crossed_limit());
        let beyond = fail(&tracker, culprit(1), 1);
        assert!(beyond.is_over_limit() && !beyond.has_crossed_limit());
        // Over an hour, in which no minute has more than five.
        let standings: Vec<_> = (0..51)
            .map(|at| {
                time.set(at * MINUTE);
                fail(&tracker, culprit(2), 1)
            })
            .collect();
        assert!(standings[..50].iter().all(|standing| !standing.is_over_limit()));
        assert!(standings[50].is_over_limit() && standings[50].hour() == 51);
    });
}

#[test]
fn a_limit_of_ones_own_counts() {
    let emission = Emission::new();
    let tracker = Time::default().tracker(SourceTracker::builder().limits(3, 100));
    emission.record(|| {
        assert!(!fail(&tracker, culprit(1), 3).is_over_limit());
        assert!(fail(&tracker, culprit(1), 1).is_over_limit());
    });
}

#[test]
fn the_gauges_follow_the_windows() {
    let (time, emission) = (Time::default(), Emission::new());
    let tracker = time.tracker(SourceTracker::builder());
    let look = |at| {
        time.set(at);
        [figures(&emission, &tracker, "1m"), figures(&emission, &tracker, "1h")]
    };
    emission.record(|| {
        fail(&tracker, culprit(1), 60);
        fail(&tracker, culprit(2), 2);
    });
    assert_eq!(look(MINUTE), [[60, 1, 2]; 2]);
    assert_eq!(look(MINUTE + 10_000), [[0, 0, 0], [60, 1, 2]]);
    assert_eq!(look(HOUR), [[0, 0, 0], [60, 1, 2]]);
    assert_eq!(look(HOUR + 5 * MINUTE), [[0; 3]; 2]);
    // Days later it begins again.
    time.set(50 * 24 * HOUR);
    emission.record(|| fail(&tracker, culprit(2), 1));
    assert_eq!(look(50 * 24 * HOUR), [[1, 0, 1]; 2]);
}

#[test]
fn a_scrape_has_the_gauges_and_every_bucket_before_the_first_failure() {
    let tracker = SourceTracker::default();
    let recorder =
        Recorder::builder().process_metrics(false).collect(tracker.collector()).build().expect("it is valid");
    let text = recorder.render(Format::Text);
    let lines = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(lines("auth_failures_by_source_bucket_total{"), 64);
    assert!(text.contains("auth_failures_by_source_bucket_total{source_bucket=\"00\"} 0\n"));
    assert!(
        text.contains("auth_sources_over_limit{window=\"1m\"} 0\n") && text.contains("auth_accounts_over_limit 0\n")
    );
}

#[test]
fn buckets_are_those_of_every_replica_with_the_same_secret() {
    let buckets = |builder: SourceTrackerBuilder| {
        let emission = Emission::new();
        let tracker = builder.build().expect("it is valid");
        emission.record(|| (0..40).for_each(|number| _ = fail(&tracker, culprit(number), 1)));
        let text = emission.recorder().render(Format::Text);
        let lines = text.lines().filter(|line| line.starts_with("auth_failures_by_source_bucket_total"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let secret = |secret: &[u8]| buckets(SourceTracker::builder().shared_secret(secret));
    let shared = secret(b"sixteen bytes or more");
    assert_eq!(shared, secret(b"sixteen bytes or more"));
    assert_ne!(shared, secret(b"sixteen bytes of another"));
    assert_ne!(buckets(SourceTracker::builder()), buckets(SourceTracker::builder()));
}

#[test]
fn buckets_are_spread_evenly_and_count_every_failure() {
    let emission = Emission::new();
    let tracker = SourceTracker::default();
    emission.record(|| (0..64_000).for_each(|number| _ = fail(&tracker, stranger(number), 1)));
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let counts: Vec<_> = samples.of("auth_failures_by_source_bucket_total").map(|(_, count)| count as u64).collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (64, 64_000));
    // A thousand each, give or take five standard deviations.
    assert!(counts.iter().all(|count| (840..=1160).contains(count)), "{counts:?}");
}

#[test]
fn a_slash_64_is_one_source_and_a_mapped_address_the_ipv4_one() {
    let emission = Emission::new();
    let tracker = SourceTracker::default();
    let host = |low: u64| Ipv6Addr::from_bits(0x2001_0db8_0000_0001 << 64 | u128::from(low));
    emission.record(|| {
        let counts = (0..51_u64).map(|number| fail(&tracker, host(number * 0x1234_5678_9abc), 1).hour());
        assert!(counts.eq(1..=51));
        let neighbour = Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1);
        assert_eq!(fail(&tracker, neighbour, 1).hour(), 1);
        let mapped = Ipv4Addr::new(203, 0, 113, 7).to_ipv6_mapped();
        fail(&tracker, mapped, 3);
        assert_eq!(fail(&tracker, Ipv4Addr::new(203, 0, 113, 7), 1).hour(), 4);
    });
    assert_eq!(figures(&emission, &tracker, "1h"), [51, 1, 3]);
}

#[test]
fn a_success_forgives_nothing_and_is_told_of_if_the_source_is_over_a_limit() {
    use mme_metrics::security::{EventOutcome, EventType};
    let emission = Emission::new();
    let tracker = SourceTracker::default();
    emission.record(|| {
        fail(&tracker, culprit(1), 10);
        client(&tracker, culprit(1)).success();
        assert_eq!(client(&tracker, culprit(1)).standing().minute(), 10);
        fail(&tracker, culprit(1), 1);
        client(&tracker, culprit(1)).success();
        client(&tracker, culprit(2)).success();
    });
    let told = |kind, outcome| (kind, outcome);
    let expected = emission.expect();
    let expected = expected.counter(&SECURITY.events, told(EventType::SOURCE_OVER_LIMIT, EventOutcome::Failure), 1);
    expected.counter(&SECURITY.events, told(EventType::SUSPICIOUS, EventOutcome::Success), 1).among_others();
}

#[test]
fn an_attempt_tells_the_tracker_how_it_ended_and_from_where() {
    let resolver = |address: IpAddr| address.is_ipv4().then(|| CountryCode::find("de"));
    let tracker = SourceTracker::builder().country(resolver).build().expect("it is valid");
    let emission = Emission::new();
    emission.record(|| {
        let client = client(&tracker, culprit(1));
        Guard::start(PASSWORD.attempt().by(&client)).failure(FailureReason::CREDENTIALS);
        Guard::start(PASSWORD.attempt().by(&client)).success();
        drop(Guard::start(PASSWORD.attempt().by(&client)));
        // Only the refusal is held against the source.
        assert_eq!(client.standing().hour(), 1);
    });
    let country = |code, result| (CountryCode::find(code), result);
    let expected = emission.expect();
    let expected = expected.counter(&SECURITY.auth_by_country, country("DE", AuthResult::Failure), 1);
    let expected = expected.counter(&SECURITY.auth_by_country, country("DE", AuthResult::Success), 1);
    expected.counter(&SECURITY.auth_by_country, country("DE", AuthResult::Error), 1).among_others();
}

#[test]
fn a_country_that_nobody_knows_is_counted_as_such_and_a_resolver_may_panic() {
    let resolver = |address: IpAddr| -> Option<CountryCode> {
        assert!(address.is_ipv4(), "no database of these");
        None
    };
    let tracker = SourceTracker::builder().country(resolver).build().expect("it is valid");
    let emission = Emission::new();
    emission.record(|| {
        for address in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            Guard::start(PASSWORD.attempt().by(&client(&tracker, address))).success();
        }
    });
    let unknown = (CountryCode::UNKNOWN, AuthResult::Success);
    emission.expect().counter(&SECURITY.auth_by_country, unknown, 2).among_others();
}

#[test]
fn threads_count_every_failure() {
    let (time, emission) = (Time::default(), Emission::new());
    let tracker = time.tracker(SourceTracker::builder().limits(60_000, 60_000));
    thread::scope(|scope| {
        for part in 0..4_u32 {
            let (tracker, emission) = (&tracker, &emission);
            scope.spawn(move || {
                emission.record(|| {
                    for turn in 0..20_000 {
                        // One that all have in common, and many of their own.
                        fail(tracker, culprit(0), 1);
                        fail(tracker, stranger(part * 100_000 + turn), 1);
                        if turn % 1_000 == 0 {
                            tracker.report();
                        }
                    }
                });
            });
        }
    });
    // A frame stops at 65 535; the last failure of 80 000 is beyond that.
    assert_eq!(figures(&emission, &tracker, "1h"), [65_535, 1, 80_001]);
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    assert_eq!(samples.sum("auth_failures_by_source_bucket_total") as u64, 160_000);
    assert_eq!(Window::Hour.as_str(), "1h");
}

#[test]
fn what_cannot_be_told_or_trusted_is_refused_at_set_up_without_repeating_it() {
    let error = |builder: SourceTrackerBuilder| builder.build().expect_err("it is refused");
    let new = SourceTracker::builder;
    assert_eq!(error(new().limits(0, 50)), SourceTrackerError::Limit(65_534));
    assert_eq!(error(new().limits(10, 70_000)), SourceTrackerError::Limit(65_534));
    assert_eq!(error(new().account_limit(0)), SourceTrackerError::Limit(150));
    assert_eq!(error(new().shared_secret(b"too short")), SourceTrackerError::Secret);
    assert_eq!(error(new().forwarded(["10.0.0.0/8", "my proxy"])), SourceTrackerError::Network(2));
    for everybody in ["0.0.0.0/0", "::/0", "::ffff:0:0/96"] {
        assert_eq!(error(new().x_forwarded_for([everybody])), SourceTrackerError::Everybody(1));
    }
    let said = error(new().forwarded(["alice@example.com"])).to_string();
    assert!(said.contains("trusted proxy number 1") && !said.contains("alice"), "{said}");
}

#[test]
fn trackers_and_clients_go_between_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<SourceTracker>();
    is_shared::<SecurityClient>();
}
