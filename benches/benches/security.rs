//! Measures what the tracker of failed logins costs, and what an attempt costs compared with bare handles of the facade.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench security` prints the figures.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};

use http::HeaderMap;
use mme_metrics::Recorder;
use mme_metrics::operation::Guard;
use mme_metrics::operation::{Operation as _, Outcome};
use mme_metrics::security::{
    AuthMethod, AuthResult, Authenticator, FailureReason, LimitResult, PolicyName, RateLimit, SECURITY, SecurityClient,
    SourceTracker,
};
use mme_metrics_benches::contest;
use mme_metrics_benches::event::{bare, beside_bare, times, total};
use mme_metrics_benches::table::Table;

/// Batches of each contestant.
const ROUNDS: usize = 201;

/// Longest time of a failure and of a success, in ns.
const FAILURE: f64 = 1_000.0;
const SUCCESS: f64 = 50.0;

/// More sources than the tracker has room for.
const MANY: u32 = 1_000_000;

static PASSWORD: Authenticator = Authenticator::new(AuthMethod::PASSWORD);
const LIMIT_NAME: PolicyName = PolicyName::new("logins");
static LIMIT: RateLimit = RateLimit::new(LIMIT_NAME);

fn main() {
    Recorder::builder().install().expect("no other recorder is installed in this process");
    println!("{}", failures());
    println!("{}", successes());
    println!("{}", limits());
    println!("{}", attempts());
}

fn client(tracker: &SourceTracker, number: u32) -> SecurityClient {
    let address = IpAddr::from(Ipv4Addr::from_bits(0x1400_0000 + number));
    tracker.client(black_box(address), &HeaderMap::new())
}

/// Returns who comes next, of so many that come in turn.
fn in_turn(of: u32) -> impl Fn() -> u32 + Send + Sync + 'static {
    let next = AtomicU32::new(0);
    // One thread, and only the number matters.
    move || next.fetch_add(1, Ordering::Relaxed) % of
}

/// Makes a tracker that so many sources have failed at.
fn tracker(sources: u32) -> SourceTracker {
    let tracker = SourceTracker::default();
    (0..sources).for_each(|number| _ = client(&tracker, number).failure());
    tracker
}

fn failures() -> Table {
    let counted = || total("auth_failures_by_source_bucket");
    let one = client(&tracker(1), 0);
    let account = client(&tracker(1), 0).account("alice");
    // All 100 000 are held; of a million, almost each takes the place of another.
    let (held, many) = (tracker(100_000), tracker(MANY));
    let (next_held, next_many, next_account) = (in_turn(100_000), in_turn(MANY), in_turn(MANY));
    let accounts = many.clone();
    let names: Vec<String> = (0..10_000).map(|number| format!("account {number}")).collect();
    let mut all = vec![
        times("one source", move || _ = one.failure(), counted()),
        times("one source and its account", move || _ = account.failure(), counted()),
        times("100 000 sources in turn, identified", move || _ = client(&held, next_held()).failure(), counted()),
        times("1 000 000 sources in turn, identified", move || _ = client(&many, next_many()).failure(), counted()),
        times(
            "as many, with 10 000 accounts",
            move || {
                let number = next_account();
                _ = client(&accounts, number).account(&names[number as usize % names.len()]).failure();
            },
            counted(),
        ),
    ];
    all.extend(bare());
    let (mut table, spreads) = contest::timed("A failure, reported to the source tracker, ns", &all, ROUNDS);
    for (contestant, spread) in all.iter().zip(&spreads).take(5) {
        table.bar(&format!("{}, ns", contestant.name), spread.median(), FAILURE);
    }
    table
}

fn successes() -> Table {
    let quiet = tracker(100_000);
    let known = client(&quiet, 7);
    let next = in_turn(100_000);
    // One who is over the limit makes everybody be looked up.
    let alarmed = tracker(100_000);
    (0..60).for_each(|_| _ = client(&alarmed, 1_000_000).failure());
    let (neighbour, looked_up) = (client(&alarmed, 7), client(&alarmed, 7));
    let mut all = vec![
        times("no source is over a limit", move || known.success(), || 0),
        times("no source is over a limit, client identified", move || client(&quiet, next()).success(), || 0),
        times("another source is over a limit", move || neighbour.success(), || 0),
        times("the standing of a source", move || _ = black_box(looked_up.standing()), || 0),
    ];
    all.extend(bare());
    let (mut table, spreads) = contest::timed("A success, reported to the source tracker, ns", &all, ROUNDS);
    for (contestant, spread) in all.iter().zip(&spreads).take(2) {
        table.bar(&format!("{}, ns", contestant.name), spread.median(), SUCCESS);
    }
    table
}

fn limits() -> Table {
    let facade = SECURITY.rate_limited.with((PolicyName::new("others"), LimitResult::Allowed)).current();
    let mut all = vec![
        times("bare facade handle", move || facade.increment(black_box(1)), total("rate_limit_requests")),
        times("RateLimit::allowed", || LIMIT.allowed(), total("rate_limit_requests")),
    ];
    all.extend(bare());
    beside_bare("A request that a limit lets through, ns", &all, ROUNDS, 1)
}

fn attempts() -> Table {
    let method = AuthMethod::TOKEN;
    let count = SECURITY.auth_requests.with((method, AuthResult::Success)).current();
    let duration = SECURITY.auth_duration.with((method,)).current();
    let facade = move || {
        count.increment(1);
        duration.record(black_box(0.003));
    };
    let failing = client(&tracker(1), 0);
    let told = move || Guard::start(PASSWORD.attempt().by(&failing)).failure(FailureReason::CREDENTIALS);
    let mut all = vec![
        times("bare facade handles", facade, total("auth_requests_total")),
        times("attempt", || PASSWORD.attempt().end(Outcome::Ok, black_box(0.003)), total("auth_requests_total")),
        times(
            "attempt under a guard, with its clock",
            || Guard::start(PASSWORD.attempt()).success(),
            total("auth_requests_total"),
        ),
        times("attempt under a guard that fails, with its source", told, total("auth_requests_total")),
    ];
    all.extend(bare());
    beside_bare("An attempt to authenticate that has ended, ns", &all, ROUNDS, 1)
}
