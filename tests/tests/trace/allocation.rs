//! After the first exemplar of a series, no observation allocates; without a trace, none ever does.

use allocation_counter::measure;
use mme_metrics::Recorder;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::traced::{Tracing, exemplars};
use tracing::info_span;

#[test]
fn only_the_first_exemplar_of_a_series_allocates() {
    run_alone(|| {
        let recorder = Recorder::builder().install().expect("no other test runs here");
        Tracing::sampled().install();
        let (counter, histogram) = (metrics::counter!("allocated"), metrics::histogram!("allocated_seconds"));
        let record = |turn: u32| {
            counter.increment(1);
            histogram.record(f64::from(turn % 20));
        };
        let allocations = |turns| measure(|| (0..turns).for_each(record)).count_total;
        // What a thread needs once exists after this.
        record(0);
        assert_eq!(allocations(100_000), 0);
        assert!(exemplars(&recorder).is_empty());
        info_span!("work").in_scope(|| {
            assert_eq!(allocations(1), 2, "the counter and the histogram have room from now on");
            assert_eq!(allocations(100_000), 0);
        });
        assert!(exemplars(&recorder).len() > 5);
        assert_eq!(allocations(100_000), 0);
    });
}
