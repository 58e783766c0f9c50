//! Runs of jobs whose metrics are pushed, by each way to end.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use mme_metrics::Recorder;
use mme_metrics::job::{BatchGuard, Job, run_batch, run_batch_blocking};
use mme_metrics::operation::{ByErrorType, Outcome};
use mme_metrics::pushgateway::Pushgateway;

use super::stub::{Reply, Stub};
use crate::recorded::on;

/// Asserts that the last push has a run of `job` with this end, and that it is not running.
fn assert_pushed(stub: &Stub, pushes: usize, job: &str, result: &str, error_type: &str) {
    let received = stub.received();
    assert_eq!(received.len(), pushes);
    let error_type = if error_type.is_empty() { String::new() } else { format!("error_type=\"{error_type}\",") };
    let body = &received[pushes - 1].body;
    let line = format!("job_runs_total{{{error_type}job_name=\"{job}\",result=\"{result}\"}} 1\n");
    assert!(
        body.contains(&line) && body.contains(&format!("job_running_runs{{job_name=\"{job}\"}} 0\n")),
        "{line}{body}"
    );
}

fn setup(replies: &[Reply]) -> (Stub, Recorder, Pushgateway) {
    let (stub, recorder) = (Stub::start(replies.iter().copied()), Recorder::builder().build().unwrap());
    let gateway = stub.gateway().build(&recorder).unwrap();
    (stub, recorder, gateway)
}

#[tokio::test]
async fn a_success_and_an_error_are_pushed_and_returned() {
    let (stub, recorder, gateway) = setup(&[]);
    let job = Job::register("returns").unwrap();
    let end = on(&recorder, run_batch(job, &gateway, ByErrorType, async { Ok::<_, io::Error>(7) })).await;
    assert!(end.flush_error().is_none());
    assert_eq!(end.returned().unwrap(), 7);
    assert_pushed(&stub, 1, "returns", "ok", "");
    let failing = async { Err::<(), _>(io::Error::from(io::ErrorKind::TimedOut)) };
    let (returned, flushed) = on(&recorder, run_batch(job, &gateway, ByErrorType, failing)).await.into_parts();
    assert!(returned.is_err() && flushed.is_ok());
    assert_pushed(&stub, 2, "returns", "error", "timed_out");
    // The process knows of a success, so the group can be replaced as a whole.
    assert!(stub.received().iter().all(|push| push.line == "PUT /metrics/job/shop/job_name/returns"));
}

#[tokio::test]
async fn a_push_that_fails_does_not_change_what_a_run_returns() {
    let (_stub, recorder, gateway) = setup(&[Reply::Say(500, "", ""), Reply::Say(500, "", "")]);
    let job = Job::register("unpushed").unwrap();
    let end = on(&recorder, run_batch(job, &gateway, ByErrorType, async { Ok::<_, io::Error>(7) })).await;
    let said = end.flush_error().unwrap().to_string();
    assert_eq!(
        said,
        "the metrics of the run did not arrive at the Pushgateway: the Pushgateway answered with the status 500"
    );
    assert_eq!(end.returned().unwrap(), 7);
    let end = metrics::with_local_recorder(&recorder, || {
        run_batch_blocking(job, &gateway, ByErrorType, || Ok::<_, io::Error>(8))
    });
    assert!(end.flush_error().is_some());
    assert_eq!(end.returned().unwrap(), 8);
}

#[tokio::test]
async fn a_panic_is_pushed_before_it_goes_on() {
    let (stub, recorder, gateway) = setup(&[]);
    let job = Job::register("panics").unwrap();
    let burning = async {
        tokio::task::yield_now().await;
        if true { panic!("the import is on fire") } else { Ok::<(), io::Error>(()) }
    };
    let run = AssertUnwindSafe(on(&recorder, run_batch(job, &gateway, ByErrorType, burning)));
    let panic = run.catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the import is on fire"));
    assert_pushed(&stub, 1, "panics", "error", "panic");
    let burning = || -> Result<(), io::Error> { panic!("the export too") };
    let panic = metrics::with_local_recorder(&recorder, || {
        catch_unwind(AssertUnwindSafe(|| run_batch_blocking(job, &gateway, ByErrorType, burning))).unwrap_err()
    });
    assert_eq!(panic.downcast_ref(), Some(&"the export too"));
    assert_eq!(stub.received().len(), 2);
}

/// The usual end of a program that is asked to stop: the run is dropped, and so is the Pushgateway at the end of `main`.
#[test]
fn a_run_that_is_dropped_is_pushed_before_the_process_ends() {
    let (stub, recorder, gateway) = setup(&[Reply::AcceptAfter(Duration::from_millis(50))]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let job = Job::register("dropped").unwrap();
        let forever = std::future::pending::<Result<(), io::Error>>();
        let run = on(&recorder, run_batch(job, &gateway, ByErrorType, forever));
        assert!(run.now_or_never().is_none(), "it waits");
    });
    drop(runtime);
    assert_pushed(&stub, 1, "dropped", "cancelled", "");
}

#[tokio::test]
async fn a_run_that_has_not_begun_pushes_nothing() {
    let (stub, _, gateway) = setup(&[]);
    drop(run_batch(Job::register("idle").unwrap(), &gateway, ByErrorType, async { Ok::<(), io::Error>(()) }));
    drop(gateway);
    assert!(stub.received().is_empty());
}

#[tokio::test]
async fn dropping_waits_for_a_pushgateway_that_hangs_no_longer_than_the_timeout() {
    let (stub, recorder) = (Stub::start([Reply::Never]), Recorder::builder().build().unwrap());
    let timeout = Duration::from_millis(300);
    let gateway = stub.gateway().timeout(timeout).build(&recorder).unwrap();
    let job = Job::register("hanging").unwrap();
    let started = Instant::now();
    drop(metrics::with_local_recorder(&recorder, || BatchGuard::start(job, &gateway)));
    assert!(started.elapsed() < timeout, "a drop on a runtime does not wait");
    drop(gateway);
    assert!(started.elapsed() >= timeout);
    stub.wait_for_gone(1);
}

#[test]
fn a_guard_pushes_whatever_its_end() {
    let (stub, recorder, gateway) = setup(&[]);
    let guard = |name: &str| BatchGuard::start(Job::register(name).unwrap(), &gateway);
    metrics::with_local_recorder(&recorder, || {
        guard("guard-ok").end_with(&Ok::<_, io::Error>(())).unwrap();
        assert_pushed(&stub, 1, "guard-ok", "ok", "");
        guard("guard-error").end_with(&Err::<(), _>(io::Error::from(io::ErrorKind::NotFound))).unwrap();
        assert_pushed(&stub, 2, "guard-error", "error", "not_found");
        guard("guard-other").end(Outcome::OTHER).unwrap();
        assert_pushed(&stub, 3, "guard-other", "error", "other");
        // Outside of a runtime a drop waits.
        drop(guard("guard-dropped"));
        assert_pushed(&stub, 4, "guard-dropped", "cancelled", "");
        let burning = || {
            let _guard = guard("guard-panic");
            panic!("the import is on fire");
        };
        assert!(catch_unwind(AssertUnwindSafe(burning)).is_err());
        assert_pushed(&stub, 5, "guard-panic", "error", "panic");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_many_pushes_at_once_arrives_last() {
    let slow = [Reply::AcceptAfter(Duration::from_millis(20)); 4];
    let (stub, recorder, gateway) = setup(&slow);
    let job = Job::register("at-once").unwrap();
    let runs = (0..16).map(|_| on(&recorder, run_batch(job, &gateway, ByErrorType, async { Ok::<_, io::Error>(()) })));
    let ends = futures_util::future::join_all(runs).await;
    assert!(ends.iter().all(|end| end.flush_error().is_none()));
    let counts: Vec<u64> = stub
        .received()
        .iter()
        .filter_map(|push| {
            push.body.lines().find_map(|line| line.strip_prefix("job_runs_total{job_name=\"at-once\",result=\"ok\"} "))
        })
        .map(|count| count.parse().unwrap())
        .collect();
    assert_eq!(counts.len(), 16);
    assert!(counts.is_sorted() && counts.last() == Some(&16), "{counts:?}");
}
