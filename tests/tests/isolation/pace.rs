//! The isolation sentinel over time: alarms that latch, rounds that do not overlap, stopping, and its heartbeat.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use mme_metrics::isolation::{ISOLATION, IsolationResource, IsolationSentinel, TenantName, Verdict, Visibility};
use mme_metrics::probe::ProbeFailure;
use mme_metrics::testing::Emission;
use mme_metrics_tests::figure::{figure, time_since};
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);
const SENTINEL: &str = "mme_isolation_sentinel";

/// A resource that the owner sees, and of which `foreigner` says what others see.
fn resource(owner: &str, foreigner: impl Fn() -> Visibility + Send + Sync + 'static) -> IsolationResource {
    let name: TenantName = owner.into();
    IsolationResource::new(owner, "document", move |tenant: TenantName| {
        let sight = if tenant == name { Visibility::Seen } else { foreigner() };
        async move { sight }
    })
}

#[tokio::test(start_paused = true)]
async fn a_breach_latches_until_a_later_complete_round_passes() {
    let seen = Arc::new(Mutex::new(Visibility::Denied));
    let shown = Arc::clone(&seen);
    let sentinel =
        IsolationSentinel::new(vec![resource("acme", move || *shown.lock().unwrap())]).tenant("globex").every(SECOND);
    let emission = Emission::new();
    let mut figures = vec![figure(&emission, SENTINEL)];
    let unclear = Visibility::Unclear(ProbeFailure::TimedOut);
    for sight in
        [unclear, Visibility::Denied, unclear, Visibility::Seen, unclear, Visibility::Leaked, Visibility::Denied]
    {
        *seen.lock().unwrap() = sight;
        emission.record_async(sentinel.run_once()).await;
        figures.push(figure(&emission, SENTINEL));
    }
    let [none, pass, breach] = [None, Some(1.0), Some(0.0)];
    assert_eq!(figures, [none, none, pass, pass, breach, breach, breach, pass]);
}

#[tokio::test]
async fn each_breach_is_told_once_and_a_hook_that_panics_changes_nothing() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let resources = vec![resource("acme", || Visibility::Seen), resource("globex", || Visibility::Denied)];
    let sentinel = IsolationSentinel::new(resources)
        .on_breach(|_| panic!("on purpose"))
        .on_breach(move |check| telling.lock().unwrap().push(check.to_string()));
    let started = SystemTime::now();
    let emission = Emission::new();
    let round = emission.record_async(sentinel.run_once()).await;
    assert_eq!(*told.lock().unwrap(), ["document of acme tried by globex"]);
    assert_eq!((round.passed(), round.breaches().len(), round.verdict()), (1, 1, Verdict::Breach));
    let last = time_since(&emission, &ISOLATION.last_check, (), started);
    emission
        .expect()
        .counter(&ISOLATION.checks, (Verdict::Pass,), 1)
        .counter(&ISOLATION.checks, (Verdict::Breach,), 1)
        .histogram(&ISOLATION.check_duration, (), 2)
        .gauge(&ISOLATION.interval, (), 300.0)
        .gauge(&ISOLATION.last_check, (), last)
        .only();
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tenants_at_a_second_never_overlap_and_keep_within_their_places() {
    #[derive(Default)]
    struct Tally {
        rounds: AtomicUsize,
        now: AtomicUsize,
        most: AtomicUsize,
        reads: AtomicUsize,
    }
    let watched = Arc::new(Tally::default());
    let watching = Arc::clone(&watched);
    let plan = move || {
        // A round asks for its plan when the one before is over: nothing of that runs any more.
        assert_eq!(watching.now.load(SeqCst), 0, "two rounds overlap");
        watching.rounds.fetch_add(1, SeqCst);
        let read = |owner: TenantName, watched: Arc<Tally>| {
            move |tenant: TenantName| {
                let (owner, watched) = (owner.clone(), Arc::clone(&watched));
                async move {
                    watched.most.fetch_max(watched.now.fetch_add(1, SeqCst) + 1, SeqCst);
                    sleep(Duration::from_millis(4)).await;
                    watched.now.fetch_sub(1, SeqCst);
                    watched.reads.fetch_add(1, SeqCst);
                    if tenant == owner { Visibility::Seen } else { Visibility::Denied }
                }
            }
        };
        let resources = (0..1_000).map(|number| {
            let owner: TenantName = format!("tenant {number}").into();
            IsolationResource::new(owner.clone(), "document", read(owner, Arc::clone(&watching)))
        });
        let resources: Vec<_> = resources.collect();
        async move { Ok(resources) }
    };
    let emission = Emission::new();
    let sentinel = IsolationSentinel::planned(plan).every(SECOND).at_once(true).bounds(16, SECOND / 4);
    let running = emission.record_async(sentinel.run());
    assert!(timeout((SECOND * 10).checked_sub(SECOND / 4).unwrap(), running).await.is_err());
    assert_eq!(watched.rounds.load(SeqCst), 10);
    assert_eq!(watched.most.load(SeqCst), 16);
    assert_eq!(watched.reads.load(SeqCst), 20_000);
    assert_eq!(figure(&emission, "mme_isolation_checks_total{result=\"pass\"}"), Some(10_000.0));
    assert_eq!(figure(&emission, SENTINEL), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_round_that_has_too_much_to_do_ends_in_time_and_says_what_it_did_not_reach() {
    let slow = |number: usize| {
        IsolationResource::new(format!("tenant {number}"), "document", |_: TenantName| async {
            sleep(SECOND / 10).await;
            Visibility::Denied
        })
    };
    let every = SECOND + SECOND / 20;
    let sentinel = IsolationSentinel::new((0..100).map(slow).collect()).every(every).bounds(2, SECOND);
    let begun = Instant::now();
    let round = sentinel.run_once().await;
    assert!(begun.elapsed() <= every + Duration::from_millis(10));
    let unreached = round.unknown().iter().filter(|(_, failure)| *failure == ProbeFailure::TimedOut).count();
    assert_eq!((round.unknown().len(), unreached, round.verdict()), (100, 90, Verdict::Unknown));
}

#[tokio::test(start_paused = true)]
async fn it_stops_within_a_second_whatever_it_is_doing() {
    let hanging = |number: usize| {
        IsolationResource::new(format!("tenant {number}"), "document", |_: TenantName| pending::<Visibility>())
    };
    let sentinel =
        IsolationSentinel::new((0..1_000).map(hanging).collect()).every(SECOND).at_once(true).bounds(64, SECOND * 9);
    let supervised = sentinel.start();
    sleep(SECOND * 3).await;
    let told = Instant::now();
    supervised.stop().await;
    assert!(told.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_fails_hangs_panics_or_is_empty_is_unknown_and_counted() {
    type Plan = fn() -> Result<Vec<IsolationResource>, ProbeFailure>;
    let plans: [(Plan, ProbeFailure); 3] = [
        (|| Err(ProbeFailure::Other("no session")), ProbeFailure::Other("no session")),
        (|| panic!("on purpose"), ProbeFailure::Panicked),
        (|| Ok(Vec::new()), ProbeFailure::Other("there is nothing to check")),
    ];
    for (plan, failure) in plans {
        assert_unplanned(IsolationSentinel::planned(move || async move { plan() }), &failure.to_string()).await;
    }
    let hangs = IsolationSentinel::planned(pending::<Result<Vec<IsolationResource>, ProbeFailure>>);
    assert_unplanned(hangs, &ProbeFailure::TimedOut.to_string()).await;
    let alone = IsolationSentinel::new(vec![resource("acme", || Visibility::Denied)]).run_once().await;
    assert!(alone.to_string().ends_with("there is no other tenant"), "{alone}");
}

async fn assert_unplanned(sentinel: IsolationSentinel, failure: &str) {
    let (started, emission) = (SystemTime::now(), Emission::new());
    let round = emission.record_async(sentinel.run_once()).await;
    assert_eq!(round.verdict(), Verdict::Unknown);
    assert!(round.to_string().ends_with(failure), "{round}");
    let last = time_since(&emission, &ISOLATION.last_check, (), started);
    emission
        .expect()
        .counter(&ISOLATION.checks, (Verdict::Unknown,), 1)
        .gauge(&ISOLATION.interval, (), 300.0)
        .gauge(&ISOLATION.last_check, (), last)
        .only();
}

#[tokio::test(start_paused = true)]
async fn a_sentinel_that_hangs_has_no_pass_and_one_that_was_killed_no_round_within_two_intervals() {
    let last = |emission: &Emission, what| figure(emission, &format!("mme_isolation_last_{what}_timestamp_seconds"));
    // Its reads never end: rounds do, and say that they found nothing out.
    let hangs = IsolationResource::new("acme", "document", |_: TenantName| pending::<Visibility>());
    let sentinel = IsolationSentinel::new(vec![hangs]).tenant("globex").every(SECOND * 300).at_once(true);
    let emission = Emission::new();
    assert!(timeout(SECOND * 600, emission.record_async(sentinel.run())).await.is_err());
    assert_eq!(last(&emission, "pass"), None);
    assert_eq!(figure(&emission, "mme_isolation_checks_total{result=\"unknown\"}"), Some(2.0));
    // It is gone: the time of its last round stands still, beside the interval that says how old is too old.
    let sentinel = IsolationSentinel::new(vec![resource("acme", || Visibility::Denied)]).tenant("globex").at_once(true);
    let emission = Emission::new();
    assert!(timeout(SECOND, emission.record_async(sentinel.run())).await.is_err());
    let checked = last(&emission, "check");
    sleep(SECOND * 600).await;
    assert_eq!((last(&emission, "check"), checked.is_some()), (checked, true));
    assert_eq!(figure(&emission, "mme_isolation_interval_seconds"), Some(300.0));
}

#[tokio::test(start_paused = true)]
async fn the_first_round_is_at_once_whichever_setter_comes_first() {
    let sentinel = || IsolationSentinel::new(vec![resource("acme", || Visibility::Denied)]).tenant("globex");
    let hour = Duration::from_hours(1);
    for sentinel in [sentinel().at_once(true).every(hour), sentinel().every(hour).at_once(true)] {
        let emission = Emission::new();
        assert!(timeout(SECOND / 100, emission.record_async(sentinel.run())).await.is_err());
        assert_eq!(figure(&emission, "mme_isolation_checks_total{result=\"pass\"}"), Some(1.0));
    }
}

#[tokio::test]
async fn in_time_every_tenant_tries_everything() {
    let tried = Arc::new(Mutex::new(std::collections::BTreeSet::new()));
    let resources = ["a", "b", "c", "d"].map(|owner| {
        let tried = Arc::clone(&tried);
        IsolationResource::new(owner, "document", move |tenant: TenantName| {
            let sight = if *tenant == *owner { Visibility::Seen } else { Visibility::Denied };
            tried.lock().unwrap().insert((owner, tenant.to_string()));
            async move { sight }
        })
    });
    let sentinel = IsolationSentinel::new(resources.to_vec());
    for _ in 0..3 {
        assert_eq!(sentinel.run_once().await.passed(), 4);
    }
    assert_eq!(tried.lock().unwrap().len(), 16);
    let all = IsolationSentinel::new(resources.to_vec()).foreigners(9).run_once().await;
    assert_eq!(all.passed(), 12);
}

/// Rounds that have time for three of eleven resources: each resource is tried by each other tenant before long, also when the plan
/// changes, several resources have one name, or the caller abandons the rounds.
#[tokio::test(start_paused = true)]
async fn rounds_that_are_cut_short_reach_every_resource_and_every_tenant() {
    for (is_renamed, is_abandoned) in [(false, false), (true, false), (false, true)] {
        let tried: Arc<Mutex<BTreeMap<(usize, TenantName), usize>>> = Arc::default();
        let trying = Arc::clone(&tried);
        let rounds = AtomicUsize::new(0);
        let plan = move || {
            let round = rounds.fetch_add(1, SeqCst);
            let resource = |number: usize| {
                let (owner, tried) = (TenantName::from(["acme", "globex", "initech"][number % 3]), Arc::clone(&trying));
                let name = if is_renamed { format!("{number} in round {round}") } else { (number / 6).to_string() };
                IsolationResource::new(Arc::clone(&owner), name, move |tenant: TenantName| {
                    let is_owner = tenant == owner;
                    if !is_owner {
                        *tried.lock().unwrap().entry((number, tenant)).or_default() += 1;
                    }
                    async move {
                        sleep(SECOND).await;
                        if is_owner { Visibility::Seen } else { Visibility::Denied }
                    }
                })
            };
            let resources = (0..11).map(resource).collect();
            async move { Ok(resources) }
        };
        // A check takes two seconds.
        let every = if is_abandoned { 600 } else { 6 };
        let sentinel = IsolationSentinel::planned(plan).bounds(1, 10 * SECOND).every(every * SECOND);
        for _ in 0..30 {
            let ended = timeout(6 * SECOND + SECOND / 2, sentinel.run_once()).await;
            assert_eq!(ended.is_err(), is_abandoned);
        }
        let tried = tried.lock().unwrap();
        let pairs: Vec<_> = tried.iter().map(|((number, _), _)| number).collect();
        assert_eq!(pairs.len(), 22, "renamed {is_renamed}, abandoned {is_abandoned}: {tried:?}");
        let (least, most) = (tried.values().min().unwrap(), tried.values().max().unwrap());
        assert!(*least >= 2 && *most <= 7, "renamed {is_renamed}, abandoned {is_abandoned}: {tried:?}");
    }
}
