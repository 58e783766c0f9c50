//! Differences: their sum is the total, whatever becomes of single exports.

use std::time::Duration;

use mme_metrics::Recorder;
use mme_metrics::otlp::{OtlpExporter, OtlpTemporality};
use opentelemetry_proto::tonic::metrics::v1::metric;

use crate::receiver::{Receiver, Reply};

/// The value of `AggregationTemporality` for differences.
const DELTA: i32 = 1;

fn start(receiver: &Receiver, recorder: &Recorder) -> OtlpExporter {
    let builder = receiver.exporter().temporality(OtlpTemporality::Delta).timeout(Duration::from_mins(5));
    builder.start(recorder).unwrap()
}

/// Returns the sum of everything that the receiver has accepted of a counter.
fn sum(receiver: &Receiver, name: &str) -> i64 {
    let received = receiver.received();
    let accepted = received.iter().filter(|request| request.is_accepted);
    accepted.flat_map(|request| request.integers(name)).map(|(_, value)| value).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_did_not_take_is_part_of_the_next_difference() {
    let replies = [Reply::Accept, Reply::Status(400, ""), Reply::Status(500, ""), Reply::Close];
    let (receiver, recorder) = (Receiver::start(replies), Recorder::builder().build().unwrap());
    let exporter = start(&receiver, &recorder);
    let mut results = Vec::new();
    for amount in [5, 7, 11, 13, 17] {
        metrics::with_local_recorder(&recorder, || metrics::counter!("jobs_total").increment(amount));
        results.push(exporter.flush().await.is_ok());
    }
    // Where the connection breaks, the request is sent again.
    assert_eq!(results, [true, false, false, true, true]);
    assert_eq!(sum(&receiver, "jobs"), 53);
    let requests = receiver.received();
    let last = requests.iter().rfind(|request| request.is_accepted).unwrap();
    let jobs = last.all().find(|metric| metric.name == "jobs");
    let Some(metric::Data::Sum(sum)) = &jobs.unwrap().data else { panic!("{jobs:?}") };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (DELTA, true));
    assert!(exporter.shutdown().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_does_not_move_is_sent_once() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = start(&receiver, &recorder);
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("jobs_total").increment(0);
        metrics::gauge!("jobs_waiting").set(2.0);
        metrics::histogram!("jobs_seconds").record(0.5);
    });
    for _ in 0..3 {
        exporter.flush().await.unwrap();
    }
    let requests = receiver.received();
    let names = |at: usize| -> Vec<&str> {
        requests[at].all().map(|metric| &*metric.name).filter(|name| name.starts_with("jobs")).collect()
    };
    assert_eq!(names(0), ["jobs_seconds", "jobs", "jobs_waiting"]);
    assert_eq!((names(1), names(2)), (vec!["jobs_waiting"], vec!["jobs_waiting"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_begins_where_the_last_one_that_was_taken_ended() {
    let (receiver, recorder) = (Receiver::start([]), Recorder::builder().build().unwrap());
    let exporter = start(&receiver, &recorder);
    for reply in [Reply::Accept, Reply::Status(400, ""), Reply::Accept] {
        receiver.reply([reply]);
        metrics::with_local_recorder(&recorder, || metrics::histogram!("jobs_seconds").record(0.5));
        let _ = exporter.flush().await;
    }
    let requests = receiver.received();
    let accepted = requests.iter().filter(|request| request.is_accepted);
    let points: Vec<_> = accepted
        .map(|request| {
            let jobs = request.all().find(|metric| metric.name == "jobs_seconds").unwrap();
            let Some(metric::Data::Histogram(histogram)) = &jobs.data else { panic!("{jobs:?}") };
            assert_eq!(histogram.aggregation_temporality, DELTA);
            let point = &histogram.data_points[0];
            assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
            (point.start_time_unix_nano, point.time_unix_nano, point.count, point.sum)
        })
        .collect();
    let [(_, first_end, 1, Some(0.5)), (start, end, 2, Some(1.0))] = points[..] else { panic!("{points:?}") };
    assert!(start == first_end && end > start, "{points:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sum_is_exact_while_threads_count_and_exports_fail() {
    const THREADS: usize = 4;
    const EACH: usize = 20_000;
    let replies = (0..30).map(|at| if at % 3 == 1 { Reply::Status(400, "") } else { Reply::Accept });
    let (receiver, recorder) = (Receiver::start(replies), Recorder::builder().build().unwrap());
    let exporter = start(&receiver, &recorder);
    let count = |recorder: &Recorder| {
        metrics::with_local_recorder(recorder, || {
            (0..EACH).for_each(|at| metrics::counter!("jobs_total", "queue" => (at % 7).to_string()).increment(1));
        });
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| count(&recorder))).collect();
        let handle = tokio::runtime::Handle::current();
        while !threads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            // Some are refused.
            let _ = tokio::task::block_in_place(|| handle.block_on(exporter.flush()));
        }
    });
    while exporter.flush().await.is_err() {}
    assert_eq!(sum(&receiver, "jobs"), i64::try_from(THREADS * EACH).unwrap());
}
