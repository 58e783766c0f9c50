//! Native histograms: their accuracy at any scale, their size, and that they agree with the classic buckets at any time.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mme_metrics::metric::{HistogramForm, Resolution};
use mme_metrics::{Format, Histogram as TypedHistogram, Recorder, RecorderBuilder, Unit, buckets, family};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::protobuf::client::Histogram;
use mme_metrics_tests::protobuf::{self, NativeBuckets};
use proptest::collection::vec;
use proptest::prelude::*;

family! {
    /// What these tests declare.
    static DECLARED: DeclaredMetrics {
        /// Time with both kinds of buckets.
        both: TypedHistogram<()> =
            TypedHistogram::new("native_both_seconds", Unit::Seconds, buckets::REQUEST).form(HistogramForm::BOTH);
        /// Time with native buckets.
        native: TypedHistogram<()> =
            TypedHistogram::new("native_only_seconds", Unit::Seconds, buckets::REQUEST).form(HistogramForm::NATIVE);
        /// Time with classic buckets.
        classic: TypedHistogram<()> = TypedHistogram::new("native_none_seconds", Unit::Seconds, buckets::REQUEST);
    }
}

fn builder() -> RecorderBuilder {
    Recorder::builder().family(&DECLARED).process_metrics(false)
}

/// Returns a recorder in which the foreign histogram `native_values` has this form.
fn recorder(form: HistogramForm) -> Recorder {
    builder().histogram_form("native_values", form).build().expect("the families fit together")
}

/// Returns the only series of a histogram.
#[track_caller]
fn histogram(recorder: &Recorder, name: &str) -> Histogram {
    let families = protobuf::families(&recorder.render_bytes(Format::Protobuf));
    let family =
        families.into_iter().find(|family| family.name() == name).unwrap_or_else(|| panic!("no family {name}"));
    family.metric[0].histogram.clone().expect("a histogram")
}

fn native(recorder: &Recorder) -> NativeBuckets {
    NativeBuckets::of(&histogram(recorder, "native_values")).expect("native buckets")
}

fn record(recorder: &Recorder, values: impl IntoIterator<Item = f64>) {
    metrics::with_local_recorder(recorder, || {
        let histogram = metrics::histogram!("native_values");
        values.into_iter().for_each(|value| histogram.record(value));
    });
}

/// Values of any scale: twelve decades, zero, and the largest and smallest there are.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let scales = (-6.0..6.0_f64).prop_map(|power| 10.0_f64.powf(power));
    let extremes =
        prop_oneof![Just(0.0), Just(-0.0), Just(5e-324), Just(f64::MIN_POSITIVE), Just(f64::MAX), 0.0..f64::MAX];
    vec(prop_oneof![20 => scales, 1 => extremes], 1..400)
}

fn forms() -> impl Strategy<Value = HistogramForm> {
    let resolution = prop_oneof![1.001..2.5_f64, Just(1.1), Just(70_000.0)].prop_map(Resolution::of_factor);
    (resolution, any::<bool>()).prop_map(|(resolution, both)| {
        if both { HistogramForm::Both(resolution) } else { HistogramForm::Native(resolution) }
    })
}

proptest! {
    /// Law: each value is in the bucket that holds it, none is lost, and there are never more than 160 buckets.
    #[test]
    fn each_value_is_in_its_bucket(form in forms(), values in values()) {
        let recorder = recorder(form);
        record(&recorder, values.iter().copied());
        let read = native(&recorder);
        let first = form.resolution().expect("it is native").schema();
        prop_assert!(read.schema <= i32::from(first) && read.buckets.len() <= 160, "{:?}", read);
        let mut expected = NativeBuckets { schema: read.schema, zero: 0, buckets: BTreeMap::new() };
        for value in &values {
            match read.buckets.keys().find(|index| *value <= read.bound(**index)) {
                Some(index) if *value > protobuf::ZERO_THRESHOLD => *expected.buckets.entry(*index).or_default() += 1,
                _ => expected.zero += 1,
            }
        }
        prop_assert_eq!(&read, &expected);
        for index in read.buckets.keys() {
            // A bucket that is shown has a value, so no bucket is below the value it was counted for.
            let inside = |value: &f64| *value > read.bound(index - 1) && *value <= read.bound(*index);
            prop_assert!(values.iter().any(inside), "{} has no value", index);
        }
        let histogram = histogram(&recorder, "native_values");
        prop_assert_eq!(histogram.sample_count(), values.len() as u64);
    }

    /// Law: each quantile is within the relative error of the schema, which halves only if it has to.
    #[test]
    fn each_quantile_is_within_the_relative_error(
        powers in vec(-6.0..6.0_f64, 1..400),
        quantile in 0.0..=1.0_f64,
    ) {
        let recorder = recorder(HistogramForm::NATIVE);
        let mut values: Vec<_> = powers.into_iter().map(|power| 10.0_f64.powf(power)).collect();
        record(&recorder, values.iter().copied());
        values.sort_by(f64::total_cmp);
        let rank = ((quantile * values.len() as f64).ceil() as usize).max(1);
        let (read, exact) = (native(&recorder), values[rank - 1]);
        let estimate = read.upper_bound_of(rank as u64);
        prop_assert!(exact <= estimate && estimate / exact <= read.factor() * (1.0 + 1e-12), "{} is {}", exact, estimate);
        prop_assert!(read.schema >= 2, "12 decades have at most 160 buckets at schema 2: {:?}", read);
    }

    /// Law: two halves together are the whole, whatever was in which, even if their resolutions differ.
    #[test]
    fn two_halves_are_the_whole(form in forms(), values in values(), more in vec(1e-3..1e3_f64, 0..300)) {
        let [left, right, whole] = std::array::from_fn(|_| recorder(form));
        record(&left, values.iter().copied());
        record(&right, more.iter().copied());
        record(&whole, values.into_iter().chain(more.iter().copied()));
        prop_assert_eq!(native(&left).merged(&native(&right)), native(&whole));
    }
}

#[test]
fn ten_million_values_over_twelve_decades_have_exact_counts_and_close_quantiles() {
    const COUNT: u64 = 10_000_000;
    const THREADS: u64 = 4;
    let recorder = recorder(HistogramForm::BOTH);
    let value = |at: u64| 10.0_f64.powf(at as f64 / COUNT as f64 * 12.0 - 6.0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let recorder = &recorder;
            scope.spawn(move || record(recorder, (thread..COUNT).step_by(THREADS as usize).map(value)));
        }
    });
    let read = native(&recorder);
    assert_eq!(read.total(), COUNT);
    for percent in 1..=99 {
        let rank = COUNT / 100 * percent;
        let (exact, estimate) = (value(rank - 1), read.upper_bound_of(rank));
        assert!(
            exact <= estimate && estimate / exact <= read.factor() * (1.0 + 1e-12),
            "{percent} %: {exact}, {estimate}"
        );
    }
}

#[test]
fn both_kinds_of_buckets_take_the_same_values() {
    let recorder = recorder(HistogramForm::BOTH);
    let fine = [0.0, -0.0, 5e-324, 1e-310, f64::MIN_POSITIVE, 1.0, f64::MAX];
    let refused = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -5e-324];
    record(&recorder, fine.into_iter().chain(refused));
    let (classic, native) = (histogram(&recorder, "native_values"), native(&recorder));
    assert_eq!((classic.sample_count(), native.total(), native.zero), (7, 7, 5));
    assert_eq!(classic.sample_sum().to_bits(), f64::MAX.to_bits());
    let samples = Samples::parse(&recorder.render(Format::Text));
    assert_eq!(samples.value("native_values_bucket{le=\"0.005\"}"), 5.0);
    assert_eq!(samples.sum("mme_rejected_observations_total"), refused.len() as f64);
}

#[test]
fn a_histogram_has_the_form_that_it_declares() {
    let recorder = builder().build().expect("the families fit together");
    metrics::with_local_recorder(&recorder, || {
        [&DECLARED.both, &DECLARED.native, &DECLARED.classic].iter().for_each(|metric| metric.record((), 0.3));
    });
    let read = |name| {
        let histogram = histogram(&recorder, name);
        (histogram.bucket.len(), NativeBuckets::of(&histogram).map(|native| (native.schema, native.total())))
    };
    assert_eq!(read("native_both_seconds"), (buckets::REQUEST.len(), Some((3, 1))));
    assert_eq!(read("native_only_seconds"), (0, Some((3, 1))));
    assert_eq!(read("native_none_seconds"), (buckets::REQUEST.len(), None));
    for format in [Format::Text, Format::OpenMetrics] {
        let text = recorder.render(format);
        let only: Vec<_> = text.lines().filter(|line| line.starts_with("native_only_seconds")).collect();
        let lines = ["_bucket{le=\"+Inf\"} 1", "_sum 0.3", "_count 1"].map(|line| format!("native_only_seconds{line}"));
        assert_eq!(only, lines);
        assert!(text.contains("native_both_seconds_bucket{le=\"0.5\"} 1\n"), "{text}");
    }
}

#[test]
fn the_set_up_decides_over_the_declaration() {
    let fine = HistogramForm::Both(Resolution::of_factor(1.01));
    for (builder, both, classic, foreign) in [
        (builder(), Some(3), None, None),
        (builder().histogram_forms(HistogramForm::Classic), None, None, None),
        (builder().histogram_forms(fine), Some(7), Some(7), Some(7)),
        (builder().histogram_form("native_none_seconds", fine), Some(3), Some(7), None),
        (builder().histogram_form("native.foreign", fine), Some(3), None, Some(7)),
        (
            builder().histogram_forms(fine).histogram_form("native_foreign", HistogramForm::Classic),
            Some(7),
            Some(7),
            None,
        ),
    ] {
        let recorder = builder.build().expect("a builder");
        metrics::with_local_recorder(&recorder, || {
            DECLARED.both.record((), 0.3);
            DECLARED.classic.record((), 0.3);
            metrics::histogram!("native.foreign").record(0.3);
        });
        let schema = |name| NativeBuckets::of(&histogram(&recorder, name)).map(|native| native.schema);
        let read = ["native_both_seconds", "native_none_seconds", "native_foreign"].map(schema);
        assert_eq!(read, [both, classic, foreign]);
    }
}

#[test]
fn a_form_of_what_is_no_histogram_is_refused_at_set_up() {
    let built = builder().histogram_form("mme_series", HistogramForm::BOTH).build();
    assert!(built.expect_err("a gauge").to_string().starts_with("`mme_series` is not a histogram"));
}

#[test]
fn a_series_without_an_observation_has_empty_native_buckets() {
    let recorder = builder().build().expect("the families fit together");
    metrics::with_local_recorder(&recorder, || DECLARED.both.touch(()));
    let read = NativeBuckets::of(&histogram(&recorder, "native_both_seconds")).expect("native buckets");
    assert_eq!(read, NativeBuckets { schema: 3, zero: 0, buckets: BTreeMap::new() });
}

const THREADS: u32 = 64;
const TURNS: u32 = 2_000;

/// Requires that a histogram agrees with itself, and returns its count.
#[track_caller]
fn agreed(recorder: &Recorder) -> u64 {
    let histogram = histogram(recorder, "native_values");
    let native = NativeBuckets::of(&histogram).expect("native buckets");
    // The last classic bucket that is written is the one below `+Inf`, which no value exceeds here.
    let last = histogram.bucket.last().expect("a classic bucket").cumulative_count();
    assert_eq!((native.total(), last), (histogram.sample_count(), histogram.sample_count()));
    histogram.sample_count()
}

#[test]
fn sixty_four_writers_never_show_counts_that_differ() {
    let recorder =
        builder().histogram_form("native_values", HistogramForm::BOTH).buckets("native_values", &[0.5, 7.0, 1e9]);
    let recorder = recorder.build().expect("a builder");
    record(&recorder, [1.0]);
    let (done, start) = (AtomicBool::new(false), Barrier::new(THREADS as usize));
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let (mut before, mut scrapes) = (0, 0);
            while !done.load(Ordering::Acquire) || scrapes < 3 {
                let count = agreed(&recorder);
                assert!(count >= before, "{count} after {before}");
                let samples = Samples::parse(&recorder.render(Format::Text));
                assert!(samples.value("native_values_count") >= count as f64);
                assert_eq!(samples.value("native_values_count"), samples.value("native_values_bucket{le=\"+Inf\"}"));
                (before, scrapes) = (count, scrapes + 1);
                // The pace of the scrapes is what is tested; nothing is waited for.
                thread::sleep(Duration::from_millis(10));
            }
        });
        let writer = |thread: u32| {
            start.wait();
            record(&recorder, (0..TURNS).map(|turn| f64::from(turn * 64 + thread) / 1e3));
        };
        let writers: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || writer(thread))).collect();
        writers.into_iter().for_each(|writer| writer.join().expect("a writer does not panic"));
        done.store(true, Ordering::Release);
        scraper.join().expect("every scrape agrees with itself");
    });
    assert_eq!(agreed(&recorder), u64::from(THREADS * TURNS) + 1);
}
