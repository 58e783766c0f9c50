//! Laws of the exposition that hold for any input: escapes, names, keys, label budgets and bounds.

use std::collections::BTreeSet;

use metrics::{Key, Label, Level, Metadata, Recorder as _};
use mme_metrics::{Counter, Format, LabelValue, Recorder, Unit, family, labels};
use mme_metrics_tests::exposition::Samples;
use proptest::char::ranges;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, LabelValue, PartialEq)]
#[label(key = "result")]
enum Outcome {
    Served,
    Burnt,
}

labels! {
    /// What a guest calls a dish.
    pub capped Dish: "dish", budget = 3;
    /// What a guest asks for with it.
    pub capped Side: "side", budget = 2;
}

family! {
    /// A restaurant.
    static TABLE: TableMetrics {
        /// Dishes that were ordered.
        orders: Counter<(Dish, Side, Outcome)> = Counter::new("law_orders_total", Unit::None);
    }
}

fn recorder() -> Recorder {
    Recorder::builder().family(&TABLE).process_metrics(false).build().expect("the families fit together")
}

/// A text with many characters that have to be escaped or replaced.
fn hostile() -> impl Strategy<Value = String> {
    let shown = [' '..='~', '¡'..='¬', 'À'..='ʯ', '一'..='龥', '🌀'..='🗿'];
    let character = prop_oneof![Just('"'), Just('\\'), Just('\n'), ranges(shown.to_vec().into())];
    vec(character, 1..30).prop_map(String::from_iter)
}

/// Undoes the escapes of the exposition formats.
fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let mut out = String::new();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => match characters.next().expect("an escape has two characters") {
                'n' => '\n',
                escaped => escaped,
            },
            plain => plain,
        });
    }
    out
}

/// Returns the only line that begins so, without its beginning.
fn line<'t>(text: &'t str, beginning: &str) -> &'t str {
    let mut found = text.lines().filter_map(|line| line.strip_prefix(beginning));
    let line = found.next().unwrap_or_else(|| panic!("no line begins with {beginning} in {text}"));
    assert_eq!(found.next(), None, "{text}");
    line
}

/// Returns the name under which a gauge is exported.
fn exported(name: &str) -> Option<String> {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || metrics::gauge!(name.to_owned()).set(1.0));
    let text = recorder.render(Format::Text);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" gauge"));
    types.filter(|name| !name.starts_with("mme_")).map(str::to_owned).next()
}

fn is_word(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A call that changes a gauge.
#[derive(Clone, Copy, Debug)]
enum Change {
    Set(f64),
    Add(f64),
    Take(f64),
}

/// Numbers of very different sizes, whole ones and fractions.
fn number() -> impl Strategy<Value = f64> {
    let size = prop_oneof![Just(1.0), Just(0.25), Just(1e-3), Just(1e6), Just(1e12), Just(1e17), Just(1e300)];
    (-20_i32..20, size).prop_map(|(count, size)| f64::from(count) * size)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![1 => number().prop_map(Change::Set), 4 => number().prop_map(Change::Add), 4 => number().prop_map(Change::Take)]
}

proptest! {
    /// A gauge is what one number is that each call changes in turn, also if each call comes from another thread.
    #[test]
    fn a_gauge_is_what_a_sequential_reading_of_its_calls_gives(changes in vec(change(), 1..40), threads in any::<bool>()) {
        let recorder = recorder();
        let gauge = recorder.register_gauge(&Key::from_name("law_level"), &Metadata::new("law", Level::INFO, None));
        let mut expected = 0.0_f64;
        for change in changes {
            let apply = || match change {
                Change::Set(value) => gauge.set(value),
                Change::Add(amount) => gauge.increment(amount),
                Change::Take(amount) => gauge.decrement(amount),
            };
            if threads {
                std::thread::scope(|scope| _ = scope.spawn(apply));
            } else {
                apply();
            }
            expected = match change {
                Change::Set(value) => value,
                Change::Add(amount) => expected + amount,
                Change::Take(amount) => expected - amount,
            };
        }
        let shown = Samples::parse(&recorder.render(Format::Text));
        prop_assert_eq!(shown.value("law_level").to_bits(), (expected + 0.0).to_bits());
    }

    /// Law: a reader that undoes the escapes gets the value back, but for line ends, which are replaced.
    #[test]
    fn a_label_value_survives_both_formats(value in hostile()) {
        let recorder = recorder();
        metrics::with_local_recorder(&recorder, || metrics::gauge!("law_texts", "text" => value.clone()).set(1.0));
        for format in [Format::Text, Format::OpenMetrics] {
            let text = recorder.render(format);
            let sample = line(&text, "law_texts{text=\"");
            let (escaped, _) = sample.rsplit_once("\"} ").expect("a sample ends in its value");
            prop_assert_eq!(unescaped(escaped), value.replace('\n', "\u{fffd}"));
        }
    }

    /// Law: a reader that undoes the escapes gets the help text back, line ends included. Space around it may go.
    #[test]
    fn a_help_text_survives_both_formats(help in hostile().prop_map(|help| format!("Help: {help}"))) {
        let recorder = recorder();
        metrics::with_local_recorder(&recorder, || {
            metrics::describe_gauge!("law_helped", help.clone());
            metrics::gauge!("law_helped").set(1.0);
        });
        for format in [Format::Text, Format::OpenMetrics] {
            let text = recorder.render(format);
            let read = unescaped(line(&text, "# HELP law_helped "));
            prop_assert_eq!(read.trim(), help.trim());
        }
    }

    /// Law: every name is exported as a word that Prometheus takes, and a word that was exported stays as it is.
    #[test]
    fn a_name_becomes_a_word_and_a_word_stays(name in "[a-z].{0,30}") {
        let exported_once = exported(&name).expect("the name is neither empty nor too long");
        prop_assert!(is_word(&exported_once), "{}", exported_once);
        prop_assert_eq!(exported(&exported_once), Some(exported_once));
    }

    /// Law: however keys are spelled, those of one series stay words, and as many as there were.
    #[test]
    fn keys_of_a_series_stay_apart(keys in btree_set(".{0,8}", 1..6)) {
        let recorder = recorder();
        let labels: Vec<_> = keys.iter().map(|key| Label::new(key.clone(), "x")).collect();
        metrics::with_local_recorder(&recorder, || metrics::gauge!("law_keys", labels).set(1.0));
        let text = recorder.render(Format::Text);
        let sample = line(&text, "law_keys{");
        let exported: Vec<_> = sample.trim_end_matches("} 1").split(',').map(|label| label.trim_end_matches("=\"x\"")).collect();
        prop_assert!(exported.iter().all(|key| is_word(key)), "{:?}", exported);
        prop_assert_eq!(exported.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    /// Law: whatever values come, each observation counts once, totals by closed labels are exact, and no label has more
    /// values than its budget and the one for overflow.
    #[test]
    fn folding_loses_no_observation_and_keeps_every_budget(
        orders in vec((0..9_u8, 0..9_u8, prop_oneof![Just(Outcome::Served), Just(Outcome::Burnt)]), 0..200),
    ) {
        let recorder = recorder();
        metrics::with_local_recorder(&recorder, || {
            for (dish, side, outcome) in &orders {
                TABLE.orders.increment((Dish::new(dish.to_string()), Side::new(side.to_string()), *outcome));
            }
        });
        let samples = Samples::parse(&recorder.render(Format::Text));
        for (outcome, text) in [(Outcome::Served, "result=\"served\""), (Outcome::Burnt, "result=\"burnt\"")] {
            let counted: f64 =
                samples.of("law_orders_total").filter(|(series, _)| series.contains(text)).map(|(_, value)| value).sum();
            prop_assert_eq!(counted as usize, orders.iter().filter(|(.., ended)| *ended == outcome).count());
        }
        for (key, budget) in [("dish=\"", 3), ("side=\"", 2)] {
            let values: BTreeSet<_> = samples
                .of("law_orders_total")
                .map(|(series, _)| series.split(key).nth(1).and_then(|rest| rest.split('"').next()).expect("it has the label"))
                .collect();
            prop_assert!(values.len() <= budget + 1, "{:?}", values);
        }
    }

    /// Law: a bucket holds the values up to its bound, the bound included, and the last one holds all.
    #[test]
    fn each_bucket_counts_the_values_up_to_its_bound(
        bounds in btree_set(0..2_000_i32, 1..12),
        values in vec(0..2_100_i32, 0..200),
    ) {
        // Halves are exact in a float, and some values stand on a bound.
        let half = |number: &i32| f64::from(*number) / 2.0;
        let bounds: Vec<_> = bounds.iter().map(half).collect();
        let values: Vec<_> = values.iter().map(half).collect();
        let recorder = Recorder::builder().process_metrics(false).buckets("law_values", &bounds).build().expect("they ascend");
        metrics::with_local_recorder(&recorder, || {
            let histogram = metrics::histogram!("law_values");
            values.iter().for_each(|value| histogram.record(*value));
        });
        let samples = Samples::parse(&recorder.render(Format::Text));
        let mut buckets: Vec<_> = samples.of("law_values_bucket").map(|(series, count)| {
            let bound = series.split("le=\"").nth(1).and_then(|rest| rest.strip_suffix("\"}")).expect("a bucket has a bound");
            (bound.parse::<f64>().expect("a bound is a number"), count as usize)
        }).collect();
        buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
        let bounds: Vec<_> = bounds.into_iter().chain([f64::INFINITY]).collect();
        let expected: Vec<_> =
            bounds.iter().map(|bound| (*bound, values.iter().filter(|value| *value <= bound).count())).collect();
        prop_assert_eq!(buckets, expected);
        prop_assert_eq!(samples.value("law_values_count") as usize, values.len());
        prop_assert_eq!(samples.value("law_values_sum"), values.iter().sum::<f64>());
    }
}
