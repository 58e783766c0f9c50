//! Hostile label values and keys, through typed metrics and through the facade.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use metrics::Label;
use mme_metrics::{Counter, Format, Gauge, Histogram, Recorder, Unit, buckets, family, labels};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::prometheus::Prometheus;
use mme_metrics_tests::scrape_target::ScrapeTarget;
use mme_metrics_tests::{promtool, python};

labels! {
    /// What a stranger wrote.
    pub capped Text: "text", budget = 64;
}

family! {
    /// What strangers wrote.
    static HOSTILE: HostileMetrics {
        /// Texts that were counted.
        counted: Counter<(Text,)> = Counter::new("hostile_typed_total", Unit::None);
        /// Texts that are there.
        held: Gauge<(Text,)> = Gauge::new("hostile_typed_texts", Unit::None);
        /// Time the texts took.
        timed: Histogram<(Text,)> = Histogram::new("hostile_typed_seconds", Unit::Seconds, buckets::DATABASE);
    }
}

const MEBIBYTE: usize = 1 << 20;

/// Characters that come out as they are, so that each value stays a series of its own.
static PLAIN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let texts = [
        "plain",
        "\"",
        "\"\"",
        "\\",
        "\\\\",
        "\\n",
        "\\\"",
        "a\"b",
        "a\\",
        "a=\"b\"",
        "}",
        "{",
        "{a=\"b\"}",
        "} 1",
        ",",
        "#",
        "# TYPE a counter",
        "# EOF",
        " ",
        "  ",
        " a ",
        "<script>alert(1)</script>",
        "$(id)",
        "`id`",
        "%s%n",
        "{{ .Labels }}",
        "'; DROP TABLE a; --",
        "NaN",
        "+Inf",
        "ä",
        "日本語",
        "🦀",
    ];
    texts.iter().map(ToString::to_string).collect()
});

/// Values with characters that deceive, or too long to be exported whole.
static TWISTED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let cut = |lead: usize| "c".repeat(lead) + &"🦀".repeat(10);
    vec![
        "a\nb".to_owned(),
        "a\r\n# TYPE b counter\nb 1".to_owned(),
        "\0\u{1}\u{7f}\u{85}".to_owned(),
        "zero\u{200b}width\u{feff}".to_owned(),
        "bidi\u{202e}txt.exe\u{2066}".to_owned(),
        "line\u{2028}separator".to_owned(),
        "m".repeat(MEBIBYTE),
        cut(109),
    ]
});

fn values() -> impl Iterator<Item = String> {
    PLAIN.iter().chain(&*TWISTED).cloned()
}

/// Ten keys; the one with a dot comes beside its other spelling.
fn keys() -> [String; 10] {
    ["le", "quantile", "__name__", "job", "instance", "a.b", "", &"k".repeat(300), "schlüssel", "a\"}\n9"]
        .map(str::to_owned)
}

/// Filled once: a mebibyte is much to read in an unoptimised build.
static RECORDER: LazyLock<Recorder> = LazyLock::new(|| {
    let recorder = Recorder::builder().family(&HOSTILE).build().expect("the families fit together");
    metrics::with_local_recorder(&recorder, || {
        values().for_each(emit_typed);
        keys().iter().for_each(|key| values().for_each(|value| emit_through_the_facade(key, &value)));
    });
    recorder
});

fn emit_typed(value: String) {
    HOSTILE.counted.increment((Text::new(value.clone()),));
    HOSTILE.held.add((Text::new(value.clone()),), 1.0);
    HOSTILE.timed.record((Text::new(value),), 0.25);
}

fn emit_through_the_facade(key: &str, value: &str) {
    let mut labels = vec![Label::new(key.to_owned(), value.to_owned())];
    if key == "a.b" {
        labels.push(Label::new("a_b", "other"));
    }
    metrics::counter!("hostile_facade_total", labels.clone()).increment(1);
    metrics::gauge!("hostile_facade_texts", labels.clone()).increment(1.0);
    metrics::histogram!("hostile_facade_seconds", labels).record(0.25);
}

#[test]
fn there_are_forty_values_and_ten_keys() {
    let values: BTreeSet<_> = values().collect();
    assert_eq!((values.len(), keys().len()), (40, 10));
}

#[test]
fn promtool_has_nothing_to_say() {
    promtool::check_metrics(&RECORDER.render(Format::Text));
}

#[test]
fn the_python_parsers_take_both_formats_and_keep_every_count() {
    let recorder = &*RECORDER;
    for format in [Format::Text, Format::OpenMetrics] {
        let samples = python::parse(&recorder.render(format), format);
        let sum = |name: &str| samples.iter().filter(|sample| sample.name == name).map(|sample| sample.value).sum();
        let sums = ["_total", "_texts", "_seconds_count"]
            .map(|end| -> [f64; 2] { [sum(&format!("hostile_typed{end}")), sum(&format!("hostile_facade{end}"))] });
        assert_eq!(sums, [[40.0, 400.0]; 3]);
        let longest = samples.iter().flat_map(|sample| sample.labels.values()).map(String::len).max();
        assert_eq!(longest, Some(128));
    }
}

#[test]
fn the_python_parsers_read_every_plain_value_back() {
    let recorder = &*RECORDER;
    for format in [Format::Text, Format::OpenMetrics] {
        let samples = python::parse(&recorder.render(format), format);
        let read: BTreeSet<_> = samples.iter().filter_map(|sample| sample.labels.get("text")).cloned().collect();
        for value in PLAIN.iter() {
            assert!(read.contains(value), "{value:?} in {read:#?}");
        }
        assert_eq!(read.len(), 40);
    }
}

#[test]
fn a_real_prometheus_keeps_the_target_up_in_both_formats() {
    let recorder = &*RECORDER;
    let target = ScrapeTarget::serve(recorder.clone());
    let server = Prometheus::setup()
        .scrape("text", &target.address(), "/text")
        .scrape("openmetrics", &target.address(), "/openmetrics")
        .start();
    let series = Samples::parse(&recorder.render(Format::Text)).of("hostile_facade_total").count();
    for job in ["text", "openmetrics"] {
        server.wait_until_up(job);
        for (name, sum) in
            [("hostile_typed_total", 40.0), ("hostile_facade_total", 400.0), ("hostile_facade_seconds_count", 400.0)]
        {
            server.wait_for_value(&format!("sum({name}{{job=\"{job}\"}})"), sum);
        }
        let counted = server.value(&format!("count(hostile_facade_total{{job=\"{job}\"}})"));
        assert_eq!(counted, Some(f64::from(u32::try_from(series).expect("a few hundred"))));
    }
}
