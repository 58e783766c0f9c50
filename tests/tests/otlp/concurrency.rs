//! Writers that do not stop while their totals are sent.

use std::thread;

use mme_metrics::Recorder;
use opentelemetry_proto::tonic::metrics::v1::metric;

use crate::receiver::{ReceivedRequest, Receiver, Reply};

const THREADS: usize = 4;
const EACH: usize = 50_000;

/// What the receiver answers at first.
const FAILURES: [Reply; 5] =
    [Reply::Status(400, ""), Reply::Accept, Reply::Close, Reply::Accept, Reply::Status(500, "")];

/// What each thread records.
fn write() {
    for at in 0..EACH {
        metrics::counter!("jobs_total").increment(1);
        metrics::histogram!("latency_seconds").record(f64::from(u32::try_from(at % 10).unwrap()));
    }
}

/// Returns the count and the sum of the buckets of the only series of `latency_seconds`.
fn histogram(request: &ReceivedRequest) -> Option<(u64, u64)> {
    let metric = request.all().find(|metric| metric.name == "latency_seconds")?;
    let Some(metric::Data::Histogram(histogram)) = &metric.data else { panic!("{metric:?}") };
    let point = &histogram.data_points[0];
    Some((point.count, point.bucket_counts.iter().sum()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_never_fall_and_end_exact_whatever_fails_meanwhile() {
    let (receiver, recorder) = (Receiver::start(FAILURES), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().start(&recorder).unwrap();
    let writers: Vec<_> = (0..THREADS)
        .map(|_| {
            let recorder = recorder.clone();
            thread::spawn(move || metrics::with_local_recorder(&recorder, write))
        })
        .collect();
    while writers.iter().any(|writer| !writer.is_finished()) || receiver.received().len() < FAILURES.len() {
        // Some fail, as the receiver was told.
        let _ = exporter.flush().await;
    }
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    exporter.flush().await.unwrap();
    let expected = THREADS * EACH;
    assert_eq!(receiver.total("jobs"), i64::try_from(expected).unwrap());
    let received = receiver.received();
    let totals: Vec<_> = received.iter().flat_map(|request| request.integers("jobs")).map(|(_, total)| total).collect();
    assert!(totals.is_sorted(), "{totals:?}");
    let histograms: Vec<_> = received.iter().filter_map(histogram).collect();
    assert!(histograms.iter().all(|(count, buckets)| count == buckets) && histograms.is_sorted());
    assert_eq!(histograms.last(), Some(&(expected as u64, expected as u64)));
}
