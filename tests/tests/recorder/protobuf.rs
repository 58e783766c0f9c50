//! The protobuf exposition has what the text exposition has, and start timestamps. It is read with messages that are
//! generated from their description.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use metrics::Label;
use mme_metrics::{Format, FractionalCounter, Gauge, Recorder, Unit, family};
use mme_metrics_tests::protobuf::client::{Metric, MetricFamily, MetricType};
use mme_metrics_tests::protobuf::{self, Series, samples, text_samples};
use mme_metrics_tests::python;
use proptest::char::ranges;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

family! {
    /// What these tests declare.
    static DECLARED: DeclaredMetrics {
        /// Time that was spent elsewhere.
        spent: FractionalCounter<()> = FractionalCounter::new("pb_spent_seconds_total", Unit::Seconds);
        /// A level that is cleared.
        level: Gauge<()> = Gauge::new("pb_level_bytes", Unit::Bytes);
    }
}

fn recorder() -> Recorder {
    Recorder::builder().family(&DECLARED).process_metrics(false).build().expect("the families fit together")
}

/// The samples of these tests. Those of the library about itself change from one exposition to the next.
fn own(samples: BTreeMap<Series, f64>) -> BTreeMap<Series, f64> {
    samples.into_iter().filter(|((name, _), _)| name.starts_with("pb_")).collect()
}

fn family(recorder: &Recorder, name: &str) -> MetricFamily {
    let families = protobuf::families(&recorder.render_bytes(Format::Protobuf));
    families.into_iter().find(|family| family.name() == name).unwrap_or_else(|| panic!("no family {name}"))
}

/// Requires that text and protobuf have the same samples, and returns them.
#[track_caller]
fn both(recorder: &Recorder) -> BTreeMap<Series, f64> {
    let read = own(samples(&recorder.render_bytes(Format::Protobuf)));
    assert_eq!(read, own(text_samples(&recorder.render(Format::Text))));
    read
}

/// A text with characters that have to be escaped, replaced or cut.
fn hostile() -> impl Strategy<Value = String> {
    let shown = [' '..='~', '¡'..='¬', 'À'..='ʯ', '一'..='龥', '🌀'..='🗿'];
    let character = prop_oneof![Just('"'), Just('\\'), Just('\n'), Just('='), Just(','), ranges(shown.to_vec().into())];
    vec(character, 0..150).prop_map(String::from_iter)
}

fn labels(pairs: &BTreeMap<String, String>) -> Vec<Label> {
    pairs.iter().map(|(key, value)| Label::new(key.clone(), value.clone())).collect()
}

proptest! {
    /// Law: protobuf has exactly the names, labels and values of the text, whatever they are.
    #[test]
    fn protobuf_has_what_the_text_has(
        series in vec((btree_map(".{0,8}", hostile(), 0..4), any::<u64>(), any::<f64>(), vec(0.0..1e9_f64, 0..20)), 1..8),
        help in hostile(),
    ) {
        let recorder = recorder();
        metrics::with_local_recorder(&recorder, || {
            metrics::describe_gauge!("pb_level", help.clone());
            for (pairs, total, level, values) in &series {
                metrics::counter!("pb_things", labels(pairs)).increment(*total);
                metrics::gauge!("pb_level", labels(pairs)).set(*level);
                let histogram = metrics::histogram!("pb_seconds", labels(pairs));
                values.iter().for_each(|value| histogram.record(*value));
            }
        });
        both(&recorder);
    }

}

proptest! {
    // Few cases, because each has thousands of series.
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Law: each chunk is a sequence of whole messages, however large families are.
    #[test]
    fn each_chunk_has_whole_messages(sizes in vec(0..900_usize, 1..6), length in 0..120_usize) {
        let recorder = recorder();
        metrics::with_local_recorder(&recorder, || {
            for (family, size) in sizes.iter().enumerate() {
                for at in 0..*size {
                    let text = format!("{at:0>length$}");
                    metrics::counter!(format!("pb_many_{family}"), "at" => text.clone()).increment(at as u64);
                    metrics::histogram!(format!("pb_times_{family}"), "at" => text).record(1.0);
                }
            }
        });
        let count: usize = recorder
            .exposition(Format::Protobuf)
            .flat_map(|chunk| protobuf::families(&chunk))
            .filter(|family| family.name().starts_with("pb_"))
            .map(|family| family.metric.len())
            .sum();
        prop_assert_eq!(count, 2 * sizes.iter().sum::<usize>());
        both(&recorder);
    }
}

#[test]
fn the_reference_parser_of_text_reads_the_same() {
    let recorder = recorder();
    let hostile = ["\"", "\\", "\\n", "a\nb", "\u{202e}", "{a=\"b\"}", "ä=🦀", "", "},{", "\\\"", &"長".repeat(90)];
    metrics::with_local_recorder(&recorder, || {
        for text in hostile.map(str::to_owned) {
            metrics::counter!("pb_texts", "text" => text.clone(), "other" => "x").increment(u64::MAX);
            metrics::gauge!("pb_level", "text" => text.clone()).set(-1e-300);
            metrics::histogram!("pb_seconds", "text" => text).record(f64::MAX);
        }
    });
    let read = python::parse(&recorder.render(Format::Text), Format::Text).into_iter().map(|sample| {
        let bound = |(key, value): (String, String)| match &*key {
            "le" => (key, value.replace("+Inf", "inf").parse::<f64>().expect("a bound").to_string()),
            _ => (key, value),
        };
        ((sample.name, sample.labels.into_iter().map(bound).collect()), sample.value)
    });
    assert_eq!(own(samples(&recorder.render_bytes(Format::Protobuf))), own(read.collect()));
}

#[test]
fn a_family_has_its_help_type_and_unit() {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || {
        DECLARED.spent.observe((), 2.5);
        DECLARED.level.set((), 7.0);
        metrics::histogram!("pb_seconds").record(1.0);
    });
    let shown = |name| {
        let family = family(&recorder, name);
        (family.r#type(), family.help().to_owned(), family.unit)
    };
    let seconds = Some("seconds".to_owned());
    let spent = (MetricType::Counter, "Time that was spent elsewhere.".to_owned(), seconds);
    assert_eq!(shown("pb_spent_seconds_total"), spent);
    let level = (MetricType::Gauge, "A level that is cleared.".to_owned(), Some("bytes".to_owned()));
    assert_eq!(shown("pb_level_bytes"), level);
    assert_eq!(shown("pb_seconds"), (MetricType::Histogram, "No description was given.".to_owned(), None));
}

#[test]
fn a_family_without_values_is_left_out() {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || {
        DECLARED.level.set((), 7.0);
        DECLARED.level.clear(());
    });
    assert_eq!(both(&recorder), BTreeMap::new());
}

/// Returns the start of a counter or a histogram.
fn start(metric: &Metric) -> Option<SystemTime> {
    let counter = metric.counter.as_ref().and_then(|counter| counter.created_timestamp);
    let start = counter.or_else(|| metric.histogram.as_ref()?.created_timestamp)?;
    Some(SystemTime::try_from(start).expect("a time after 1970"))
}

#[test]
fn what_counts_has_a_start_between_that_of_the_recorder_and_its_own() {
    // Starts are whole milliseconds.
    let before = SystemTime::now() - Duration::from_millis(1);
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("pb_things").increment(1);
        metrics::histogram!("pb_seconds").record(1.0);
        metrics::gauge!("pb_level").set(1.0);
    });
    let after = SystemTime::now();
    for name in ["pb_things_total", "pb_seconds"] {
        let start = start(&family(&recorder, name).metric[0]).expect("a start");
        assert!(before <= start && start <= after, "{name}: {before:?} {start:?} {after:?}");
    }
    assert_eq!(start(&family(&recorder, "pb_level").metric[0]), None);
}

#[test]
fn a_total_that_is_kept_elsewhere_has_no_start() {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("pb_things").absolute(7);
        DECLARED.spent.observe((), 2.5);
    });
    for name in ["pb_things_total", "pb_spent_seconds_total"] {
        assert_eq!(start(&family(&recorder, name).metric[0]), None, "{name}");
    }
}

#[test]
fn a_start_stays_when_the_series_counts_on() {
    let recorder = recorder();
    let count = || metrics::with_local_recorder(&recorder, || metrics::counter!("pb_things").increment(1));
    let shown = || start(&family(&recorder, "pb_things_total").metric[0]).expect("a start");
    count();
    let first = shown();
    count();
    assert_eq!(shown(), first);
}
