//! Whole messages, read back with the types of `opentelemetry-proto`.

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint, ScopeMetrics, exemplar, metric};
use prost::Message as _;

use super::super::CHUNK_BYTES;
use crate::Recorder;
use crate::metric::{FractionalCounter, Gauge, HistogramForm, Unit, family};
use crate::trace::{TraceContext, TraceScope};

family! {
    /// For these tests.
    static SENT: SentMetrics {
        /// Time that was spent.
        spent: FractionalCounter<()> = FractionalCounter::new("sent_spent_seconds_total", Unit::Seconds);
        /// A share.
        share: Gauge<()> = Gauge::new("sent_share_ratio", Unit::Ratio);
        /// A level that is not known.
        unknown: Gauge<()> = Gauge::new("sent_unknown", Unit::None);
    }
}

/// Later than every start.
const NOW: u64 = 4_000_000_000_000_000_000;

/// Returns the metrics that `emit` makes, without those of the library and the process.
fn read(recorder: &Recorder, emit: impl FnOnce()) -> Vec<Metric> {
    metrics::with_local_recorder(recorder, emit);
    let mut reading = recorder.otlp_reading(None);
    let bytes: Vec<u8> = std::iter::from_fn(|| reading.chunk(NOW)).flat_map(|(chunk, _)| chunk).collect();
    let mut metrics = ScopeMetrics::decode(&*bytes).unwrap().metrics;
    metrics.retain(|metric| metric.name.starts_with("sent_"));
    metrics
}

fn numbers(metric: &Metric) -> &[NumberDataPoint] {
    match metric.data.as_ref().unwrap() {
        metric::Data::Gauge(gauge) => &gauge.data_points,
        metric::Data::Sum(sum) => {
            assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
            &sum.data_points
        }
        other => panic!("{other:?}"),
    }
}

fn text(attributes: &[KeyValue]) -> Vec<(&str, &str)> {
    let value = |attribute: &KeyValue| match attribute.value.as_ref().unwrap().value.as_ref().unwrap() {
        any_value::Value::StringValue(value) => value.clone(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|attribute| (&*attribute.key, &*value(attribute).leak())).collect()
}

fn builder() -> crate::RecorderBuilder {
    Recorder::builder().family(&SENT).process_metrics(false)
}

#[test]
fn counters_are_cumulative_sums_and_gauges_are_values() {
    let recorder = builder().global_label("region", "eu").build().unwrap();
    let metrics = read(&recorder, || {
        metrics::counter!("sent_jobs_total", "queue" => "mail").increment(7);
        metrics::counter!("sent_large_total").increment(u64::MAX);
        SENT.spent.observe((), 1.5);
        SENT.share.set((), 0.25);
        SENT.unknown.set((), 1.0);
        SENT.unknown.clear(());
    });
    let shown: Vec<_> = metrics.iter().map(|metric| (&*metric.name, &*metric.unit)).collect();
    assert_eq!(shown, [("sent_jobs", ""), ("sent_large", ""), ("sent_share_ratio", "1"), ("sent_spent_seconds", "s")]);
    assert_eq!(metrics[3].description, "Time that was spent.");
    let values: Vec<_> = metrics.iter().map(|metric| numbers(metric)[0].value.unwrap()).collect();
    let expected = [Value::AsInt(7), Value::AsDouble(u64::MAX as f64), Value::AsDouble(0.25), Value::AsDouble(1.5)];
    assert_eq!(values, expected);
    assert!(matches!(metrics[2].data, Some(metric::Data::Gauge(_))));
    assert!(matches!(metrics[3].data, Some(metric::Data::Sum(_))));
    let point = &numbers(&metrics[0])[0];
    assert_eq!(text(&point.attributes), [("queue", "mail"), ("region", "eu")]);
    assert_eq!((point.time_unix_nano, point.start_time_unix_nano > 0), (NOW, true));
    assert_eq!(numbers(&metrics[3])[0].start_time_unix_nano, 0, "the total is kept elsewhere");
}

#[test]
fn a_histogram_has_classic_buckets_unless_it_has_native_ones_alone() {
    let recorder = builder()
        .buckets("sent_classic_seconds", &[0.1, 1.0])
        .buckets("sent_two_seconds", &[0.1, 1.0])
        .histogram_form("sent_two_seconds", "both".parse::<HistogramForm>().unwrap())
        .histogram_form("sent_native_seconds", "native".parse::<HistogramForm>().unwrap())
        .build()
        .unwrap();
    let metrics = read(&recorder, || {
        for name in ["sent_classic_seconds", "sent_two_seconds", "sent_native_seconds"] {
            [0.0, 0.05, 0.3, 3.0].into_iter().for_each(|value| metrics::histogram!(name).record(value));
        }
    });
    let names: Vec<_> = metrics.iter().map(|metric| (&*metric.name, &*metric.unit)).collect();
    assert_eq!(names, [("sent_classic_seconds", "s"), ("sent_native_seconds", "s"), ("sent_two_seconds", "s")]);
    for metric in [&metrics[0], &metrics[2]] {
        let Some(metric::Data::Histogram(histogram)) = &metric.data else { panic!("{metric:?}") };
        assert_eq!(histogram.aggregation_temporality, 2);
        let point = &histogram.data_points[0];
        assert_eq!((&*point.explicit_bounds, &*point.bucket_counts), (&[0.1, 1.0][..], &[2, 1, 1][..]));
        assert_eq!((point.count, point.sum), (4, Some(0.05 + 0.3 + 3.0)));
    }
    let Some(metric::Data::ExponentialHistogram(histogram)) = &metrics[1].data else { panic!("{metrics:?}") };
    assert_eq!(histogram.aggregation_temporality, 2);
    let point = &histogram.data_points[0];
    assert_eq!((point.count, point.sum, point.zero_count), (4, Some(0.05 + 0.3 + 3.0), 1));
    assert!(point.zero_threshold > 0.0 && point.start_time_unix_nano > 0);
    let positive = point.positive.as_ref().unwrap();
    let base = f64::from(-point.scale).exp2().exp2();
    for value in [0.05_f64, 0.3, 3.0] {
        // The bucket (base^index, base^(index+1)] has the value.
        #[allow(clippy::cast_possible_truncation)]
        let index = (value.ln() / base.ln()).ceil() as i32 - 1;
        let place = usize::try_from(index - positive.offset).unwrap();
        assert_eq!(positive.bucket_counts[place], 1, "{value}");
    }
    assert_eq!(positive.bucket_counts.iter().sum::<u64>(), 3);
}

#[test]
fn exemplars_have_the_bytes_of_their_ids() {
    let recorder = builder().buckets("sent_time_seconds", &[0.1, 1.0]).build().unwrap();
    let (trace_id, span_id) = ([7; 16], [9; 8]);
    let metrics = read(&recorder, || {
        TraceScope::Fixed(TraceContext::new(trace_id, span_id, true).unwrap()).run(|| {
            metrics::counter!("sent_jobs_total").increment(3);
            metrics::histogram!("sent_time_seconds").record(0.5);
        });
    });
    let Some(metric::Data::Histogram(histogram)) = &metrics[1].data else { panic!("{metrics:?}") };
    let exemplars = [&numbers(&metrics[0])[0].exemplars, &histogram.data_points[0].exemplars];
    for (exemplars, value) in exemplars.into_iter().zip([3.0, 0.5]) {
        let [only] = &exemplars[..] else { panic!("{exemplars:?}") };
        assert_eq!((&*only.trace_id, &*only.span_id), (&trace_id[..], &span_id[..]));
        assert_eq!(only.value, Some(exemplar::Value::AsDouble(value)));
        assert!(only.time_unix_nano > 1_600_000_000_000_000_000);
    }
}

#[test]
fn hostile_labels_arrive_as_they_are_stored() {
    let recorder = builder().build().unwrap();
    let hostile = ["a\"b\\c\nx,e=\"f\"", "\u{202e}é{}", "=\",", "\\"];
    let metrics = read(&recorder, || {
        for value in hostile {
            metrics::counter!("sent_jobs_total", "http.route" => value, "a,b=\"" => value).increment(1);
        }
    });
    let points = numbers(&metrics[0]);
    for (point, value) in points.iter().zip(["a\"b\\c\u{fffd}x,e=\"f\"", "\u{fffd}é{}", "=\",", "\\"]) {
        assert_eq!(text(&point.attributes), [("a_b__", value), ("http.route", value)]);
    }
    assert_eq!(points.len(), hostile.len());
}

#[test]
fn a_large_family_comes_in_whole_messages() {
    let recorder = builder().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        for at in 0..2_000_u64 {
            metrics::counter!("sent_jobs_total", "queue" => format!("{at:0>64}")).increment(at);
        }
    });
    let mut reading = recorder.otlp_reading(None);
    let (mut sum, mut parts) = (0, 0);
    for (chunk, _) in std::iter::from_fn(|| reading.chunk(NOW)) {
        assert!(chunk.len() < CHUNK_BYTES + 1024);
        let metrics = ScopeMetrics::decode(&*chunk).unwrap().metrics;
        for metric in metrics.iter().filter(|metric| metric.name == "sent_jobs") {
            parts += 1;
            for point in numbers(metric) {
                let Some(Value::AsInt(total)) = point.value else { panic!("{point:?}") };
                sum += total;
            }
        }
    }
    assert_eq!(sum, 1_999 * 2_000 / 2);
    assert!(parts > 5, "{parts}");
}
