//! Start, end, and what must not end an exporter.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mme_metrics::Recorder;
use mme_metrics::otlp::{OtlpExportError, OtlpExporter};

use crate::receiver::{Receiver, Reply};

fn count(recorder: &Recorder) {
    metrics::with_local_recorder(recorder, || metrics::counter!("jobs_total").increment(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_come_at_an_interval() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().interval(Duration::from_millis(5)).start(&recorder).unwrap();
    count(&recorder);
    receiver.wait_for(3);
    drop(exporter);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_export_has_everything_and_does_not_wait_for_one_that_hangs() {
    let (receiver, recorder) = (Receiver::start([Reply::Never]), Recorder::builder().build().unwrap());
    let builder = receiver.exporter().interval(Duration::from_millis(5)).timeout(Duration::from_hours(1));
    let exporter = builder.start(&recorder).unwrap();
    receiver.wait_for(1);
    count(&recorder);
    exporter.shutdown().await.unwrap();
    assert_eq!(receiver.total("jobs"), 1);
    assert_eq!(receiver.received().len(), 2, "the one that hung, and the last");
    receiver.wait_for_gone(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_export_says_how_it_ended() {
    let (receiver, recorder) = (Receiver::start([Reply::Status(401, "")]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    assert_eq!(exporter.shutdown().await, Err(OtlpExportError::Status(401)));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_it_stops_it_at_once() {
    let (receiver, recorder) = (Receiver::start([Reply::Never]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().interval(Duration::from_millis(5)).timeout(Duration::from_hours(1));
    let exporter = exporter.start(&recorder).unwrap();
    receiver.wait_for(1);
    drop(exporter);
    receiver.wait_for_gone(1);
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_gives_up_waiting_stops_nothing() {
    let (receiver, recorder) = (Receiver::start([Reply::Never]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().timeout(Duration::from_millis(400)).start(&recorder).unwrap();
    count(&recorder);
    tokio::select! {
        biased;
        result = exporter.flush() => panic!("{result:?}"),
        // The export has begun, so the next caller gets another one.
        () = async { tokio::task::block_in_place(|| receiver.wait_for(1)) } => {}
    }
    exporter.flush().await.unwrap();
    assert_eq!(receiver.total("jobs"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_wait_at_once_are_all_answered() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    count(&recorder);
    let flushes = futures_util::future::join_all((0..100).map(|_| exporter.flush())).await;
    assert!(flushes.iter().all(Result::is_ok));
    assert!(receiver.received().len() < 100, "one export answers several callers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_panics_costs_its_own_values_only() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let receiver = Receiver::start([]);
    let recorder = Recorder::builder()
        .collect(|| {
            RUNS.fetch_add(1, Ordering::SeqCst);
            panic!("of this test")
        })
        .collect(|| metrics::counter!("collected_total").absolute(5))
        .build()
        .unwrap();
    let exporter = receiver.exporter().start(&recorder).unwrap();
    exporter.flush().await.unwrap();
    exporter.flush().await.unwrap();
    assert_eq!((RUNS.load(Ordering::SeqCst), receiver.total("collected")), (2, 5));
}

#[test]
fn an_exporter_whose_runtime_has_ended_says_so() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (receiver, recorder, first) = (Receiver::start([]), Recorder::builder().build().unwrap(), runtime());
    let exporter = {
        let _entered = first.enter();
        receiver.exporter().start(&recorder).unwrap()
    };
    drop(first);
    let second = runtime();
    assert_eq!(second.block_on(exporter.flush()), Err(OtlpExportError::Stopped));
    assert_eq!(second.block_on(exporter.shutdown()), Err(OtlpExportError::Stopped));
}

#[test]
fn one_that_is_off_needs_no_runtime_and_sends_nothing() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().enabled(false).start(&recorder).unwrap();
    assert!(!exporter.is_enabled());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(exporter.flush()).unwrap().requests(), 0);
    assert_eq!(runtime.block_on(exporter.shutdown()).unwrap().requests(), 0);
    assert!(receiver.received().is_empty());
}

#[test]
fn an_exporter_can_be_shared_and_sent() {
    fn holds<T: Send + Sync + Unpin + 'static>() {}
    holds::<OtlpExporter>();
}
