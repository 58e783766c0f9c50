//! Whatever goes through the facade, strict readers and reference parsers take the exposition, and every format shows the same.

use std::collections::{BTreeMap, BTreeSet};

use metrics::Label;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::grammar::{self, Exposition};
use mme_metrics_tests::prometheus::Prometheus;
use mme_metrics_tests::promtool;
use mme_metrics_tests::python;
use mme_metrics_tests::scrape_target::ScrapeTarget;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// A call of the facade, by a crate that knows no rules.
#[derive(Clone, Debug)]
struct Call {
    name: String,
    labels: Vec<(String, String)>,
    change: Change,
    help: String,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Count(u64),
    Total(u64),
    Set(f64),
    Add(f64),
    Record(f64, usize),
}

/// Names beside the limits, with the suffixes that an exposition appends, and spellings that become the same.
fn name() -> impl Strategy<Value = String> {
    let stem = select(vec!["x", "y.z", "y_z", "", "_", "9", "é", "http_server_request_duration_seconds", "build_info"]);
    let long = (select(vec!["n", "9", "_"]), 115..131_usize).prop_map(|(text, times)| text.repeat(times));
    let stem = prop_oneof![6 => stem.prop_map(str::to_owned), 2 => long, 1 => ".{0,12}"];
    let suffixes = [
        "_total", ".total", "_bucket", "_sum", "_count", "_created", "_info", "_seconds", "_gcount", "_gsum", "_2", "",
    ];
    (stem, vec(select(suffixes.to_vec()), 0..3)).prop_map(|(stem, suffixes)| stem + &suffixes.concat())
}

/// Keys that are reserved, too long, of a global label, or spelled in several ways.
fn key() -> impl Strategy<Value = String> {
    let keys = [
        "",
        "_",
        ".",
        "__",
        "_2",
        "le",
        "quantile",
        "__name__",
        "exported_le",
        "job",
        "instance",
        "region",
        "re.gion",
        "a",
        "a_2",
        "a.b",
        "a_b",
        "a-b",
        "aB",
        "9",
        "reason",
    ];
    let long = (select(vec!["k", "9", "_", "é", ".k"]), 28..70_usize).prop_map(|(text, times)| text.repeat(times));
    prop_oneof![6 => select(keys.to_vec()).prop_map(str::to_owned), 1 => long, 1 => ".{0,8}"]
}

/// Values that are empty, too long, invisible, or look like the end of a label.
fn value() -> impl Strategy<Value = String> {
    let values = [
        "",
        "_overflow",
        "x",
        "\"",
        "\\",
        "\\n",
        "\n",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{10ffff}",
        "} 1",
        "# EOF",
        "a\n# TYPE b counter\nb 1",
        "<b>",
        "+Inf",
    ];
    let long = (select(vec!["m", "\"", "é", "\0", "🦀"]), 24..135_usize).prop_map(|(text, times)| text.repeat(times));
    let longest = Just("m".repeat(1 << 20));
    prop_oneof![60 => select(values.to_vec()).prop_map(str::to_owned), 20 => long, 20 => ".{0,8}", 1 => longest]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![select(vec![0.0, -0.0, 0.25, 1.0, -1.0, 1e15, f64::MAX, f64::MIN, 5e-324, f64::NAN]), any::<f64>()]
}

fn change() -> impl Strategy<Value = Change> {
    let total = || prop_oneof![select(vec![0, 1, u64::MAX]), any::<u64>()];
    prop_oneof![
        total().prop_map(Change::Count),
        total().prop_map(Change::Total),
        number().prop_map(Change::Set),
        number().prop_map(Change::Add),
        (number(), select(vec![0, 1, 7, 1 << 40])).prop_map(|(value, count)| Change::Record(value, count)),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let help = prop_oneof![value(), Just("Says \"what\" it \\ is.\nTwice.".to_owned()), ".{0,8}"];
    let call = (name(), vec((key(), value()), 0..6), change(), help);
    call.prop_map(|(name, labels, change, help)| Call { name, labels, change, help })
}

/// With global labels, and with few series of each metric, so that labels are soon folded.
fn recorder(budget: usize) -> Recorder {
    let builder = Recorder::builder().process_metrics(false).global_label("region", "eu").global_label("a_b", "global");
    builder.family_budget("other", budget).build().expect("the families fit together")
}

fn emit(recorder: &Recorder, calls: &[Call]) {
    metrics::with_local_recorder(recorder, || {
        for Call { name, labels, change, help } in calls {
            let labels: Vec<_> = labels.iter().map(|(key, value)| Label::new(key.clone(), value.clone())).collect();
            let (name, help) = (name.clone(), help.clone());
            match change {
                Change::Count(_) | Change::Total(_) => metrics::describe_counter!(name.clone(), help),
                Change::Set(_) | Change::Add(_) => metrics::describe_gauge!(name.clone(), help),
                Change::Record(..) => metrics::describe_histogram!(name.clone(), help),
            }
            match *change {
                Change::Count(count) => metrics::counter!(name, labels).increment(count),
                Change::Total(total) => metrics::counter!(name, labels).absolute(total),
                Change::Set(level) => metrics::gauge!(name, labels).set(level),
                Change::Add(amount) => metrics::gauge!(name, labels).increment(amount),
                Change::Record(value, count) => metrics::histogram!(name, labels).record_many(value, count),
            }
        }
    });
}

fn agreed(recorder: &Recorder) -> Result<Exposition, String> {
    let (text, open_metrics) = (recorder.render(Format::Text), recorder.render(Format::OpenMetrics));
    grammar::agree(&text, &open_metrics, &recorder.render_bytes(Format::Protobuf))
}

/// Returns the samples of metrics that do not change from one exposition to the next.
fn samples(exposition: &Exposition) -> BTreeMap<(String, grammar::Labels), f64> {
    exposition.values().flat_map(|family| family.samples.clone()).collect()
}

/// Calls 400 times, always the same, into each of three recorders.
fn filled() -> Vec<Recorder> {
    let mut runner = TestRunner::deterministic();
    let calls = |_| {
        let calls = vec(call(), 400).new_tree(&mut runner).expect("no call is left out").current();
        let recorder = recorder(2_000);
        emit(&recorder, &calls);
        recorder
    };
    (0..3).map(calls).collect()
}

proptest! {
    /// Law: a strict reader takes every format, and reads the same metrics, series and values from each.
    #[test]
    fn every_format_is_valid_and_shows_the_same(calls in vec(call(), 1..12), budget in select(vec![0, 4, 1_000])) {
        let recorder = recorder(budget);
        emit(&recorder, &calls);
        let read = agreed(&recorder);
        prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), recorder.render(Format::Text));
    }

    /// Law: the order of labels, and whether a global label is given too, makes no other series.
    #[test]
    fn the_same_labels_are_one_series(labels in vec((key(), "[a-z]"), 0..6), seed in any::<u64>()) {
        let labels: BTreeMap<_, _> = labels.into_iter().collect();
        let recorder = recorder(1_000);
        let count = |labels: &[(String, String)]| {
            let labels: Vec<_> = labels.iter().map(|(key, value)| Label::new(key.clone(), value.clone())).collect();
            metrics::with_local_recorder(&recorder, || metrics::counter!("law_same", labels).increment(1));
        };
        let mut own: Vec<_> = labels.into_iter().collect();
        count(&own);
        fastrand::Rng::with_seed(seed).shuffle(&mut own);
        count(&own);
        // As it was exported, with the global labels.
        let read = agreed(&recorder).expect("a valid exposition");
        let ((_, exported), _) = samples(&read).pop_first().expect("a series");
        count(&exported.into_iter().collect::<Vec<_>>());
        let read = samples(&agreed(&recorder).expect("a valid exposition"));
        prop_assert_eq!(read.values().copied().collect::<Vec<_>>(), [3.0]);
    }
}

#[test]
fn the_python_parsers_read_the_same() {
    for recorder in filled() {
        let expected = samples(&agreed(&recorder).expect("a valid exposition"));
        assert!(expected.len() > 500, "{} samples", expected.len());
        for format in [Format::Text, Format::OpenMetrics] {
            let read = python::parse(&recorder.render(format), format).into_iter();
            let read = read.filter(|sample| !sample.name.starts_with("mme_")).map(|sample| {
                let labels = sample.labels.into_iter().map(|(key, value)| match &*key {
                    "le" => (key, value.replace("+Inf", "inf").parse::<f64>().expect("a bound").to_string()),
                    _ => (key, value),
                });
                ((sample.name, labels.collect()), sample.value)
            });
            let read: Vec<_> = read.collect();
            assert_eq!(read.len(), expected.len(), "no series comes twice");
            assert_eq!(BTreeMap::from_iter(read), expected);
        }
    }
}

#[test]
fn a_real_prometheus_reads_the_same_from_every_format() {
    let recorder = filled().swap_remove(0);
    let read = samples(&agreed(&recorder).expect("a valid exposition"));
    let mut expected: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    read.into_iter().for_each(|((name, _), value)| expected.entry(name).or_default().push(value));
    expected.values_mut().for_each(|values| values.sort_by(f64::total_cmp));
    let count: usize = expected.values().map(Vec::len).sum();
    let target = ScrapeTarget::serve(recorder);
    let mut setup = Prometheus::setup().protobuf();
    let jobs = ["text", "openmetrics", "protobuf"];
    for job in jobs {
        setup = setup.scrape(job, &target.address(), &format!("/{job}"));
    }
    let server = setup.start();
    for job in jobs {
        server.wait_until_up(job);
        let all = format!("{{job=\"{job}\", __name__!~\"(up|scrape_.*|mme_.*)\"}}");
        let samples = server.wait_for(&all, |samples| samples.len() >= count);
        let mut stored: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for sample in samples {
            stored.entry(sample.labels["__name__"].clone()).or_default().push(sample.value);
        }
        stored.values_mut().for_each(|values| values.sort_by(f64::total_cmp));
        assert_eq!(stored, expected, "{job}");
    }
}

/// Returns the names and values of the metrics after these calls, and the number that was refused for `reason`.
fn after(reason: &str, calls: impl FnOnce()) -> (Vec<(String, f64)>, f64) {
    let recorder = recorder(1_000);
    metrics::with_local_recorder(&recorder, calls);
    let text = recorder.render(Format::Text);
    promtool::check_metrics(&text);
    python::parse(&recorder.render(Format::OpenMetrics), Format::OpenMetrics);
    let refused = grammar::read_text(&text).expect("a valid exposition")["mme_rejected_observations_total"]
        .samples
        .iter()
        .filter(|((_, labels), _)| labels["reason"] == reason)
        .map(|(_, value)| value)
        .sum();
    let read = samples(&agreed(&recorder).expect("a valid exposition"));
    (read.into_iter().map(|((name, _), value)| (name, value)).collect(), refused)
}

#[test]
fn a_counter_has_a_name_before_its_suffix() {
    let calls = || {
        metrics::counter!("_total").increment(1);
        metrics::counter!(".total").increment(2);
        metrics::counter!("_total_total").increment(4);
    };
    assert_eq!(after("name", calls), (vec![("_total_total".to_owned(), 7.0)], 0.0));
}

#[test]
fn a_name_that_a_suffix_makes_too_long_is_refused_in_every_spelling() {
    let (fits, long) = ("n".repeat(122), "n".repeat(123));
    let exported = fits.clone() + "_total";
    let calls = || {
        for name in [fits.clone(), fits + "_total", long.clone(), long + "_total"] {
            metrics::counter!(name).increment(1);
        }
    };
    assert_eq!(after("name", calls), (vec![(exported, 2.0)], 2.0));
}

#[test]
fn no_number_makes_a_key_reserved_or_too_long() {
    let recorder = recorder(1_000);
    let long = "k".repeat(64);
    let keys = ["", "_", ".", &long, &long, &"9".repeat(64), &"_".repeat(64)];
    let labels: Vec<_> = keys.iter().map(|key| Label::new((*key).to_owned(), "x")).collect();
    metrics::with_local_recorder(&recorder, || metrics::gauge!("keys", labels).set(1.0));
    let read = samples(&agreed(&recorder).expect("a valid exposition"));
    let ((_, labels), _) = read.first_key_value().expect("a series");
    assert_eq!(labels.len(), keys.len() + 2);
    let read: BTreeSet<_> = labels.keys().map(|key| &key[..key.len().min(14)]).collect();
    let kept =
        ["_", "_9999999999999", "a_b", "exported______", "exported___2", "exported___3", "kkkkkkkkkkkkkk", "region"];
    assert_eq!(read, BTreeSet::from(kept));
}

#[test]
fn spellings_that_sort_differently_are_one_series() {
    let calls = || {
        // A dot comes before a digit, and an underscore after it.
        metrics::counter!("spelled", "a.z" => "x", "a0" => "y").increment(1);
        metrics::counter!("spelled", "a_z" => "x", "a0" => "y").increment(2);
        metrics::counter!("spelled", "a0" => "y", "a-z" => "x").increment(4);
    };
    assert_eq!(after("labels", calls).0, [("spelled_total".to_owned(), 7.0)]);
}

#[test]
fn a_global_label_that_a_caller_gives_too_makes_no_other_series() {
    let calls = || {
        metrics::counter!("placed", "zone" => "a").increment(1);
        metrics::counter!("placed", "zone" => "a", "region" => "eu").increment(2);
        metrics::counter!("placed", "region" => "eu", "a.b" => "global", "zone" => "a").increment(4);
    };
    assert_eq!(after("labels", calls).0, [("placed_total".to_owned(), 7.0)]);
}

/// A metric with these lines, in a text format.
fn text(kind: &str, name: &str, lines: &[&str]) -> String {
    let lines = lines.join("\n");
    format!("# HELP {name} Help.\n# TYPE {name} {kind}\n{lines}\n")
}

#[test]
fn the_strict_readers_refuse_what_a_scrape_refuses() {
    let whole = ["x_bucket{le=\"1.0\"} 1", "x_bucket{le=\"+Inf\"} 2", "x_sum 3", "x_count 2"];
    assert!(grammar::read_text(&text("histogram", "x", &whole)).is_ok());
    let without = |left_out: usize| -> Vec<&str> {
        whole.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line).collect()
    };
    let long = "n".repeat(129);
    let long_line = format!("{long} 1");
    for (kind, name, lines) in [
        // What the library once wrote.
        ("counter", "_total", &["_total 1"][..]),
        ("gauge", "x", &["x{__2=\"a\",_=\"b\"} 1"]),
        ("gauge", "x", &["x{aZ=\"y\",a_z=\"x\"} 1", "x{a_z=\"x\",aZ=\"y\"} 1"]),
        ("gauge", &*long, &[&*long_line]),
        // What it never wrote.
        ("counter", "x", &["x 1"]),
        ("counter", "x_total", &["x_total -1"]),
        ("gauge", "x", &["x NaN"]),
        ("gauge", "x", &["x 1", "x 1"]),
        ("gauge", "x", &["y 1"]),
        ("gauge", "x", &["x{le=\"1\"} 1"]),
        ("gauge", "x", &["x{a=\"\"} 1"]),
        ("gauge", "x", &["x{a=\"b\",} 1"]),
        ("gauge", "x", &["x{a=\"\\t\"} 1"]),
        ("gauge", "x", &["x{a=\"b\",a=\"c\"} 1"]),
        ("gauge", "x", &["x  1"]),
        ("gauge", "x", &["x 1 2"]),
        ("gauge", "x", &["# x", "x 1"]),
        ("gauge", "x", &["", "x 1"]),
        ("info", "x", &["x 1"]),
        ("histogram", "x", &without(1)[..]),
        ("histogram", "x", &without(2)[..]),
        ("histogram", "x", &without(3)[..]),
        ("histogram", "x", &[whole[0], whole[1], whole[2], "x_count 3"]),
        ("histogram", "x", &["x_bucket{le=\"1.0\"} 3", whole[1], whole[2], whole[3]]),
        ("histogram", "x", &[whole[1], whole[0], whole[2], whole[3]]),
    ] {
        let text = text(kind, name, lines);
        assert!(grammar::read_text(&text).is_err(), "{text}");
    }
    let twice = text("gauge", "x", &["x 1"]) + &text("gauge", "x", &["x{a=\"b\"} 1"]);
    let shared = text("gauge", "x_created", &["x_created 1"]) + &text("histogram", "x", &whole);
    for text in [&*twice, &shared, "x 1\n", "# HELP x Help.\nx 1\n", "# HELP x Help.\n# TYPE x gauge\nx 1"] {
        assert!(grammar::read_text(text).is_err(), "{text}");
    }
    let counter = text("counter", "x", &["x_total 1"]);
    assert!(grammar::read_open_metrics(&(counter.clone() + "# EOF\n")).is_ok());
    for open in
        [counter.clone(), counter.clone() + "# EOF\n# EOF\n", text("counter", "x_total", &["x_total 1"]) + "# EOF\n"]
    {
        assert!(grammar::read_open_metrics(&open).is_err(), "{open}");
    }
}

#[test]
fn the_law_finds_a_format_that_differs() {
    let gauge = text("gauge", "x", &["x{a=\"b\"} 1"]);
    let open = gauge.clone() + "# EOF\n";
    // A family with a name, a help text, a type and one metric with a label and a value.
    let protobuf = |value: f64| {
        let head = b"\x21\x0a\x01x\x12\x05Help.\x18\x01\x22\x13\x0a\x06\x0a\x01a\x12\x01b\x12\x09\x09";
        [&head[..], &value.to_le_bytes()].concat()
    };
    let agreed = grammar::agree(&gauge, &open, &protobuf(1.0));
    assert_eq!(agreed.map(|read| read.len()), Ok(1));
    assert!(grammar::agree(&gauge, &open, &protobuf(2.0)).is_err());
    assert!(grammar::agree(&gauge, &open.replace(" 1", " 2"), &protobuf(1.0)).is_err());
    assert!(grammar::agree(&gauge, &open.replace("Help", "Text"), &protobuf(1.0)).is_err());
    assert!(grammar::agree(&gauge, "# EOF\n", &protobuf(1.0)).is_err());
    assert!(grammar::agree(&gauge, &open, &protobuf(1.0)[..20]).is_err());
}
