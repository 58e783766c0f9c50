//! Two definitions of one name: the first is kept, and the other is refused and counted.

use mme_metrics::{Counter, Format, Gauge, Recorder, Unit, family};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::{promtool, python};

family! {
    /// What the catalogue says.
    static TRUTH: TruthMetrics {
        /// Dishes that were served.
        dishes: Counter<()> = Counter::new("truth_dishes_served_total", Unit::None);
    }
}

family! {
    /// A family whose lines would share names with another's.
    static CLASH: ClashMetrics {
        /// Dishes that are being served.
        dishes: Gauge<()> = Gauge::new("truth_dishes_served", Unit::None);
    }
}

fn emitted(emit: impl FnOnce()) -> (String, Samples) {
    let recorder: Recorder = Recorder::builder().family(&TRUTH).build().expect("the families fit together");
    metrics::with_local_recorder(&recorder, emit);
    let text = recorder.render(Format::Text);
    promtool::check_metrics(&text);
    python::parse(&recorder.render(Format::OpenMetrics), Format::OpenMetrics);
    let samples = Samples::parse(&text);
    (text, samples)
}

fn conflicts(samples: &Samples) -> u64 {
    samples.value("mme_rejected_observations_total{reason=\"conflict\"}") as u64
}

#[test]
fn the_first_kind_is_kept_and_the_second_is_counted_as_refused() {
    let (text, samples) = emitted(|| {
        metrics::gauge!("first_come").set(1.0);
        metrics::histogram!("first_come").record(1.0);
        metrics::histogram!("first_come").record_many(1.0, 3);
        metrics::counter!("first_come").increment(5);
    });
    assert_eq!(text.matches("# TYPE first_come").count(), 1);
    assert_eq!((samples.value("first_come") as u64, conflicts(&samples)), (1, 5));
}

#[test]
fn lines_that_an_exposition_appends_belong_to_one_metric() {
    let (_, samples) = emitted(|| {
        metrics::histogram!("lasted").record(1.0);
        ["lasted_bucket", "lasted_count", "lasted_sum", "lasted_created"].iter().for_each(|name| {
            metrics::gauge!(*name).set(1.0);
        });
        metrics::counter!("made").increment(1);
        metrics::gauge!("made").set(1.0);
        metrics::gauge!("made_created").set(1.0);
    });
    assert_eq!((conflicts(&samples), samples.of("made").count()), (6, 0));
}

#[test]
fn the_order_decides_which_of_two_is_kept_and_not_whether_both_are_heard() {
    let (text, samples) = emitted(|| {
        metrics::gauge!("lasted_created").set(1.0);
        metrics::histogram!("lasted").record(1.0);
        metrics::gauge!("made").set(1.0);
        metrics::counter!("made").increment(1);
    });
    assert_eq!(conflicts(&samples), 2);
    assert!(text.contains("# TYPE lasted_created gauge") && text.contains("# TYPE made gauge"), "{text}");
}

#[test]
fn the_catalogue_has_the_word_before_anybody_else() {
    let (text, samples) = emitted(|| {
        metrics::describe_counter!("truth_dishes_served_total", "Something else.");
        metrics::gauge!("truth_dishes_served_total").set(9.0);
        metrics::gauge!("truth_dishes_served").set(9.0);
        TRUTH.dishes.increment(());
    });
    assert!(text.contains("# HELP truth_dishes_served_total Dishes that were served.\n"), "{text}");
    assert_eq!((samples.value("truth_dishes_served_total") as u64, conflicts(&samples)), (1, 2));
}

#[test]
fn spellings_of_one_name_are_one_metric_whichever_comes_first() {
    for typed_first in [true, false] {
        let (_, samples) = emitted(|| {
            if typed_first {
                TRUTH.dishes.increment(());
            }
            metrics::counter!("truth.dishes.served").increment(2);
            metrics::counter!("truth-dishes_served_total").increment(3);
            TRUTH.dishes.add((), 4);
        });
        assert_eq!(samples.value("truth_dishes_served_total") as u64, 9 + u64::from(typed_first));
        assert_eq!(conflicts(&samples), 0);
    }
}

#[test]
fn the_first_description_stands_and_there_is_one() {
    let (text, _) = emitted(|| {
        metrics::describe_gauge!("level", "First \\ \"quoted\"\nin two lines.");
        metrics::gauge!("level").set(1.0);
        metrics::describe_gauge!("level", "Second.");
    });
    assert_eq!(text.matches("# HELP level ").count(), 1);
    assert!(text.contains("# HELP level First \\\\ \"quoted\"\\nin two lines.\n"), "{text}");
}

#[test]
fn a_description_may_come_after_its_metric_and_may_be_anything() {
    for (help, shown) in [("Late.", "Late."), (" \u{200b}\n ", "No description was given."), ("a\r\u{2028}b", "a  b")] {
        let (text, _) = emitted(|| {
            metrics::gauge!("level").set(1.0);
            metrics::describe_gauge!("level", help);
        });
        assert!(text.contains(&format!("# HELP level {shown}\n")), "{text}");
    }
}

#[test]
fn one_name_may_have_several_sets_of_labels() {
    let (text, samples) = emitted(|| {
        metrics::counter!("mixed").increment(1);
        metrics::counter!("mixed", "a" => "x").increment(2);
        metrics::counter!("mixed", "b" => "x").increment(3);
        metrics::counter!("mixed", "b" => "x", "a" => "y").increment(4);
    });
    assert_eq!(text.matches("# TYPE mixed_total counter").count(), 1);
    assert_eq!((samples.of("mixed_total").count(), samples.sum("mixed_total") as u64), (4, 10));
    assert_eq!(samples.value("mixed_total{a=\"y\",b=\"x\"}") as u64, 4);
}

#[test]
fn two_families_that_would_share_a_line_are_refused_at_set_up() {
    let error = Recorder::builder().family(&TRUTH).family(&CLASH).build().expect_err("a clash");
    assert!(error.to_string().contains("`truth_dishes_served`"), "{error}");
    let error = Recorder::builder().family(&TRUTH).family(&TRUTH).build().expect_err("a family that comes twice");
    assert!(error.to_string().contains("`truth`"), "{error}");
}

#[test]
fn a_name_that_cannot_be_exported_is_counted_as_refused() {
    let (_, samples) = emitted(|| {
        metrics::counter!("").increment(1);
        metrics::counter!("n".repeat(1 << 20)).increment(1);
        metrics::counter!("日本語").increment(1);
    });
    assert_eq!(samples.value("mme_rejected_observations_total{reason=\"name\"}") as u64, 2);
    assert_eq!(samples.value("____total") as u64, 1);
}
