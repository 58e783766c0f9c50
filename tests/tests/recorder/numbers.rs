//! NaN, infinities and negative values, wherever a number enters.

use mme_metrics::{Counter, Format, FractionalCounter, Gauge, Histogram, Recorder, Unit, buckets, family};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::{promtool, python};

family! {
    /// Every kind of metric.
    static KINDS: KindsMetrics {
        /// Things.
        things: Counter<()> = Counter::new("numbers_things_total", Unit::None);
        /// A level.
        level: Gauge<()> = Gauge::new("numbers_level", Unit::None);
        /// Time it took.
        time: Histogram<()> = Histogram::new("numbers_time_seconds", Unit::Seconds, buckets::DATABASE);
        /// Time it took in all.
        spent: FractionalCounter<()> = FractionalCounter::new("numbers_spent_seconds_total", Unit::Seconds);
    }
}

const NUMBERS: [f64; 7] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 1e308, 5e-324];

fn recorder() -> Recorder {
    Recorder::builder().family(&KINDS).process_metrics(false).build().expect("the families fit together")
}

fn samples(emit: impl FnOnce()) -> Samples {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, emit);
    let text = recorder.render(Format::Text);
    promtool::check_metrics(&text);
    python::parse(&recorder.render(Format::OpenMetrics), Format::OpenMetrics);
    let samples = Samples::parse(&text);
    let poisoned = samples.0.iter().find(|(_, value)| !value.is_finite());
    assert_eq!(poisoned, None);
    samples
}

fn refused(samples: &Samples, reason: &str) -> f64 {
    samples.value(&format!("mme_rejected_observations_total{{reason=\"{reason}\"}}"))
}

#[track_caller]
fn same(left: f64, right: f64) {
    assert_eq!(left.to_bits(), right.to_bits(), "{left} and {right}");
}

#[test]
fn a_typed_histogram_takes_what_is_finite_and_not_negative() {
    let samples = samples(|| NUMBERS.iter().chain(&[1e308]).for_each(|number| KINDS.time.record((), *number)));
    same(samples.value("numbers_time_seconds_count"), 4.0);
    same(samples.value("numbers_time_seconds_sum"), f64::MAX);
    same(refused(&samples, "not_finite"), 3.0);
    same(refused(&samples, "negative"), 1.0);
}

#[test]
fn a_histogram_of_the_facade_takes_the_same() {
    let samples = samples(|| {
        let histogram = metrics::histogram!("facade_seconds");
        NUMBERS.iter().for_each(|number| histogram.record(*number));
        histogram.record_many(1e308, usize::MAX);
    });
    assert!(samples.value("facade_seconds_count") > 1e18);
    same(samples.value("facade_seconds_sum"), f64::MAX);
    same(refused(&samples, "not_finite"), 3.0);
    same(refused(&samples, "negative"), 1.0);
}

#[test]
fn a_typed_gauge_keeps_its_last_finite_value() {
    let samples = samples(|| NUMBERS.iter().for_each(|number| KINDS.level.set((), *number)));
    same(samples.value("numbers_level"), 5e-324);
    same(refused(&samples, "not_finite"), 3.0);
}

#[test]
fn a_gauge_is_never_shifted_out_of_the_finite_numbers() {
    let samples = samples(|| {
        let gauge = metrics::gauge!("facade_level");
        NUMBERS.iter().chain(&[1e308]).for_each(|number| gauge.increment(*number));
        NUMBERS.iter().for_each(|number| KINDS.level.add((), *number));
    });
    same(samples.value("facade_level"), 1e308);
    same(samples.value("numbers_level"), 1e308);
    same(refused(&samples, "not_finite"), 7.0);
}

#[test]
fn negative_zero_is_zero() {
    let samples = samples(|| {
        KINDS.level.set((), -0.0);
        KINDS.time.record((), -0.0);
    });
    same(samples.value("numbers_level"), 0.0);
    same(samples.value("numbers_time_seconds_sum"), 0.0);
    same(samples.value("numbers_time_seconds_bucket{le=\"0.001\"}"), 1.0);
}

#[test]
fn a_counter_stops_at_its_largest_number() {
    let samples = samples(|| {
        KINDS.things.add((), u64::MAX);
        KINDS.things.add((), 2);
        metrics::counter!("facade").increment(u64::MAX);
        std::iter::repeat_n((), 2).for_each(|()| metrics::counter!("facade").increment(1));
    });
    same(samples.value("numbers_things_total"), u64::MAX as f64);
    same(samples.value("facade_total"), u64::MAX as f64);
}

#[test]
fn a_total_never_falls() {
    let samples = samples(|| {
        [5, 3, 7].iter().for_each(|total| metrics::counter!("facade").absolute(*total));
        NUMBERS.iter().take(4).for_each(|total| KINDS.spent.observe((), *total));
        KINDS.spent.observe((), 1.5);
    });
    same(samples.value("facade_total"), 7.0);
    same(refused(&samples, "decreasing"), 1.0);
    same(samples.value("numbers_spent_seconds_total"), 1.5);
    same(refused(&samples, "not_finite") + refused(&samples, "negative"), 4.0);
}

#[test]
fn totals_told_by_two_threads_at_once_count_once() {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || {
        let counter = metrics::counter!("told");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (1..=5_000).for_each(|total| counter.absolute(total)));
            }
        });
    });
    same(Samples::parse(&recorder.render(Format::Text)).value("told_total"), 5_000.0);
}

#[test]
fn what_a_fractional_counter_is_told_may_not_fall_either() {
    let samples = samples(|| [2.5, 1.0].iter().for_each(|total| KINDS.spent.observe((), *total)));
    same(samples.value("numbers_spent_seconds_total"), 2.5);
    same(refused(&samples, "decreasing"), 1.0);
}

#[test]
fn buckets_that_no_histogram_can_have_are_refused_at_set_up() {
    for bounds in [&[][..], &[f64::NAN], &[1.0, f64::INFINITY], &[-1.0, 1.0], &[2.0, 1.0], &[1.0, 1.0], &[1.0; 65]] {
        let built = Recorder::builder().buckets("any_seconds", bounds).build();
        assert!(built.expect_err("unusable bounds").to_string().contains("any_seconds"), "{bounds:?}");
    }
    for bounds in [&[5e-324, 1e308][..], &[0.0], &[-0.0, 1.0]] {
        assert!(Recorder::builder().buckets("any_seconds", bounds).build().is_ok(), "{bounds:?}");
    }
}

#[test]
fn a_counter_with_a_fraction_never_falls() {
    let recorder = mme_metrics::Recorder::builder().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        let cpu = metrics::gauge!("process_cpu_seconds_total");
        cpu.set(1e9 + 5.5);
        cpu.set(2.0);
        cpu.decrement(7.0);
    });
    let text = recorder.render(mme_metrics::Format::Text);
    assert!(text.contains("process_cpu_seconds_total 1000000005.5\n"), "{text}");
    assert!(text.contains("mme_rejected_observations_total{reason=\"negative\"} 1\n"), "{text}");
}
