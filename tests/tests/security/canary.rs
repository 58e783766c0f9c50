//! Secrets of six kinds go through every input and are exported nowhere.

use std::fmt::Debug;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::{HeaderMap, HeaderValue, Request};
use mme_metrics::Format;
use mme_metrics::label::CountryCode;
use mme_metrics::operation::Guard;
use mme_metrics::operation::Outcome;
use mme_metrics::security::{
    AuditEvent, AuthMethod, AuthResult, Authenticator, BlockReason, Control, Decision, EventOutcome, EventType,
    FailureReason, Feed, Framework, JwtReason, JwtValidation, MfaFactor, MfaMethod, Policy, PolicyName, RateLimit,
    RateLimitLayer, SECURITY, SessionGuard, SourceTracker, ThreatCategory, TokenType,
};
use mme_metrics::testing::Emission;
use mme_metrics_tests::isolated_process::run_alone;

use mme_metrics_tests::trail::Trail;

const CANARIES: [&str; 8] = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlb2ZhbGljZQ",
    "alice.liddell@wonderland.example",
    "203.0.113.77",
    "2001:db8:dead:beef::77",
    "4111111111111111",
    "4111 1111 1111 1111",
    "card_4111_1111_1111_1111",
    "Tr0ub4dor&3-horse",
];

/// Parts that a canary may be cut into on its way.
const PARTS: [&str; 9] =
    ["eyJhbGci", "alice", "wonderland", "203.0.113", "dead:beef", "41111111", "4111 1111", "4111_1111", "Tr0ub4dor"];

#[track_caller]
fn is_clean(what: &str, text: &str) {
    for canary in CANARIES.iter().chain(&PARTS) {
        assert!(!text.contains(canary), "{what} has {canary}: {text}");
    }
}

/// What was shown by `Debug`.
#[derive(Default)]
struct DebugOutput(String);

impl DebugOutput {
    fn show<T: Debug>(&mut self, value: T) -> T {
        self.0 += &format!("{value:?} {value:#?}\n");
        value
    }
}

/// Puts a canary into everything that takes words.
fn words(canary: &'static str, shown: &mut DebugOutput) {
    let method: &'static Authenticator = Box::leak(Box::new(Authenticator::new(AuthMethod::new(canary))));
    Guard::start(shown.show(method.attempt())).failure(FailureReason::new(canary));
    let guard = Guard::start(method.attempt().country(CountryCode::find(canary)));
    shown.show(&guard);
    guard.end(Outcome::Error(""));
    let factor: &'static MfaFactor = Box::leak(Box::new(MfaFactor::new(MfaMethod::new(canary))));
    Guard::start(shown.show(factor.challenge())).failure(());
    let policy: &'static Policy = Box::leak(Box::new(Policy::new(PolicyName::new(canary))));
    Guard::start(shown.show(policy.evaluation())).decided(Decision::Deny);
    policy.cache_hit();
    let limit: &'static RateLimit = Box::leak(Box::new(RateLimit::new(PolicyName::new(canary))));
    limit.limited();
    let _ = shown.show(RateLimitLayer::new(limit));
    Guard::start(shown.show(JwtValidation::new())).failure(JwtReason::Signature);
    drop(shown.show(SessionGuard::open()));
    SECURITY.jwt_issued.increment((shown.show(TokenType::new(canary)),));
    SECURITY.events.increment((shown.show(EventType::new(canary)), EventOutcome::Unknown));
    SECURITY.blocks.increment((shown.show(BlockReason::new(canary)),));
    SECURITY.threats.increment((shown.show(Feed::new(canary)), shown.show(ThreatCategory::new(canary))));
    SECURITY.violations.increment((shown.show(Framework::new(canary)), shown.show(Control::new(canary))));
    SECURITY.auth_by_country.increment((CountryCode::find(canary), AuthResult::Success));
    shown.show(AuditEvent::new(EventType::new(canary), EventOutcome::Failure)).record();
}

/// Puts a canary into everything that a request brings.
fn requests(canary: &'static str, shown: &mut DebugOutput) {
    let mut headers = HeaderMap::new();
    for name in ["x-forwarded-for", "forwarded", "authorization", "cookie", "user-agent"] {
        headers.insert(name, HeaderValue::from_static(canary));
    }
    for builder in [
        SourceTracker::builder(),
        SourceTracker::builder().x_forwarded_for(["10.0.0.0/8", canary]),
        SourceTracker::builder().forwarded(["10.0.0.0/8"]).country(move |_| Some(CountryCode::find(canary))),
        SourceTracker::builder().shared_secret(canary.as_bytes()),
    ] {
        shown.show(&builder);
        match builder.build() {
            Err(error) => {
                shown.0 += &error.to_string();
                // What whoever unwraps it would see.
                shown.show(
                    catch_unwind(AssertUnwindSafe(|| Err::<(), _>(&error).map_err(|e| format!("{e:?}")))).is_ok(),
                );
                shown.show(error);
            }
            Ok(tracker) => {
                shown.show(&tracker);
                for peer in [IpAddr::from([10, 0, 0, 1]), canary.parse().unwrap_or(IpAddr::from([10, 0, 0, 2]))] {
                    let client = shown.show(tracker.client(peer, &headers).account(canary));
                    (0..60).for_each(|_| _ = shown_once(shown, client.failure()));
                    client.success();
                    static LOGIN: Authenticator = Authenticator::new(AuthMethod::PASSWORD);
                    Guard::start(shown.show(LOGIN.attempt().by(&client))).failure(FailureReason::new(canary));
                    shown.show(AuditEvent::new(EventType::LOGIN, EventOutcome::Failure).by(&client)).record();
                }
                tracker.report();
            }
        }
    }
    let request = Request::builder().uri("/").header("cookie", canary).body(());
    assert!(request.is_ok());
}

fn shown_once<T: Debug>(shown: &mut DebugOutput, value: T) -> T {
    if shown.0.len() < 1 << 20 { shown.show(value) } else { value }
}

#[test]
fn a_canary_comes_out_nowhere_but_in_the_address_of_an_audit_event() {
    run_alone(|| {
        let (emission, trail, mut shown) = (Emission::new(), Trail::default(), DebugOutput::default());
        emission.record(|| {
            trail.follow(|| {
                for canary in CANARIES {
                    words(canary, &mut shown);
                    requests(canary, &mut shown);
                }
            });
        });
        for format in [Format::Text, Format::OpenMetrics] {
            is_clean("the exposition", &emission.recorder().render(format));
        }
        is_clean("Debug or an error", &shown.0);
        let told = trail.told();
        assert!(told.iter().any(|event| event.contains("source_address=203.0.113.77")), "{told:#?}");
        for event in told {
            let other: Vec<_> = event.split(' ').filter(|field| !field.starts_with("source_address=")).collect();
            is_clean("an event", &other.join(" "));
        }
    });
}

#[test]
fn nobody_can_tell_a_source_from_its_bucket_without_the_key() {
    // With no key, the bucket of an address would be the same in every process.
    let bucket = || {
        let emission = Emission::new();
        let tracker = SourceTracker::default();
        emission.record(|| _ = tracker.client(IpAddr::from([203, 0, 113, 77]), &HeaderMap::new()).failure());
        let text = emission.recorder().render(Format::Text);
        text.lines().find(|line| line.starts_with("auth_failures_by_source_bucket")).map(str::to_owned)
    };
    let seen: std::collections::HashSet<_> = (0..40).map(|_| bucket()).collect();
    assert!(seen.len() > 10, "{seen:?}");
}
