//! Runs of jobs whose metrics are sent by OTLP, by each way to end.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt as _;
use mme_metrics::Recorder;
use mme_metrics::job::{BatchFlush as _, BatchGuard, Job, run_batch, run_batch_blocking};
use mme_metrics::operation::ByErrorType;
use mme_metrics::otlp::OtlpExporter;

use crate::receiver::{Receiver, Reply};
use crate::recorded::on;

/// Returns how often runs of `job` have ended with this `result`, as the receiver knows it.
fn runs(receiver: &Receiver, job: &str, result: &str) -> i64 {
    let requests = receiver.received();
    let Some(last) = requests.iter().rfind(|request| request.is_accepted) else { return 0 };
    let ended = last.integers("job_runs");
    let of_result = ended
        .iter()
        .filter(|(labels, _)| labels.contains(&format!("{job:?}")) && labels.contains(&format!("{result:?}")));
    of_result.map(|(_, count)| count).sum()
}

fn setup() -> (Receiver, Recorder, OtlpExporter) {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    (receiver, recorder, exporter)
}

#[tokio::test]
async fn a_success_an_error_and_a_panic_are_exported_before_the_run_returns() {
    let (receiver, recorder, exporter) = setup();
    let job = Job::register("otlp-run").unwrap();
    let end = on(&recorder, run_batch(job, &exporter, ByErrorType, async { Ok::<_, io::Error>(7) })).await;
    assert_eq!((end.flush_error().is_none(), end.returned().unwrap()), (true, 7));
    assert_eq!(runs(&receiver, "otlp-run", "ok"), 1);
    let failing = async { Err::<(), _>(io::Error::from(io::ErrorKind::NotFound)) };
    assert!(on(&recorder, run_batch(job, &exporter, ByErrorType, failing)).await.returned().is_err());
    assert_eq!(runs(&receiver, "otlp-run", "error"), 1);
    let burning = async { if true { panic!("of this test") } else { Ok::<(), io::Error>(()) } };
    let run = AssertUnwindSafe(on(&recorder, run_batch(job, &exporter, ByErrorType, burning)));
    assert!(run.catch_unwind().await.is_err());
    assert_eq!(runs(&receiver, "otlp-run", "error"), 2);
}

#[tokio::test]
async fn a_run_that_is_dropped_asks_for_an_export() {
    let (receiver, recorder, exporter) = setup();
    let job = Job::register("otlp-dropped").unwrap();
    let forever = std::future::pending::<Result<(), io::Error>>();
    assert!(on(&recorder, run_batch(job, &exporter, ByErrorType, forever)).now_or_never().is_none());
    // It is not waited for, but whoever asks next is answered after it.
    exporter.flush().await.unwrap();
    assert_eq!(runs(&receiver, "otlp-dropped", "cancelled"), 1);
    exporter.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_blocks_is_exported_from_a_thread_of_the_runtime_too() {
    let (receiver, recorder, exporter) = setup();
    let job = Job::register("otlp-blocking").unwrap();
    metrics::with_local_recorder(&recorder, || {
        let end = run_batch_blocking(job, &exporter, ByErrorType, || Ok::<_, io::Error>(7));
        assert!(end.flush_error().is_none());
        assert_eq!(runs(&receiver, "otlp-blocking", "ok"), 1);
        BatchGuard::start(job, &exporter).end_with(&Ok::<_, io::Error>(())).unwrap();
        assert_eq!(runs(&receiver, "otlp-blocking", "ok"), 2);
    });
}

#[test]
fn a_guard_exports_a_panic_while_it_unwinds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = runtime.block_on(async { receiver.exporter().start(&recorder).unwrap() });
    let burning = || {
        let _guard = BatchGuard::start(Job::register("otlp-guard").unwrap(), &exporter);
        panic!("of this test");
    };
    metrics::with_local_recorder(&recorder, || assert!(catch_unwind(AssertUnwindSafe(burning)).is_err()));
    assert_eq!(runs(&receiver, "otlp-guard", "error"), 1);
}

#[tokio::test]
async fn a_receiver_that_refuses_does_not_change_what_a_run_returns() {
    let (receiver, recorder, exporter) = setup();
    receiver.reply([Reply::Status(401, "")]);
    let job = Job::register("otlp-refused").unwrap();
    let end = on(&recorder, run_batch(job, &exporter, ByErrorType, async { Ok::<_, io::Error>(7) })).await;
    let said = end.flush_error().unwrap().to_string();
    assert_eq!(
        said,
        "the metrics of the run did not arrive at the OTLP receiver: the receiver answered with the status 401"
    );
    assert_eq!(end.returned().unwrap(), 7);
}

#[tokio::test]
async fn blocking_the_only_thread_of_the_runtime_ends_in_time() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().timeout(Duration::from_millis(1)).start(&recorder).unwrap();
    let error = exporter.flush_run_blocking(Job::register("otlp-blocked").unwrap()).unwrap_err();
    assert!(error.to_string().contains("did not answer in time"), "{error}");
}

#[test]
fn an_exporter_that_is_off_or_whose_runtime_has_ended_blocks_nothing() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let job = Job::register("otlp-off").unwrap();
    let off = receiver.exporter().enabled(false).start(&recorder).unwrap();
    off.flush_run_blocking(job).unwrap();
    off.flush_dropped_run(job);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let exporter = runtime.block_on(async { receiver.exporter().start(&recorder).unwrap() });
    drop(runtime);
    assert!(exporter.flush_run_blocking(job).unwrap_err().to_string().contains("has stopped"));
    exporter.flush_dropped_run(job);
    // A receiver that may be left out.
    Some(off).flush_run_blocking(job).unwrap();
    None::<OtlpExporter>.flush_run_blocking(job).unwrap();
    assert!(receiver.received().is_empty());
}
