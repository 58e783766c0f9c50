//! A hostile label value costs a bounded number of series and loses no observation.

use std::sync::Barrier;
use std::thread;

use metrics::Label;
use mme_metrics::{Counter, Format, LabelValue, Recorder, RecorderBuilder, Unit, family, labels};
use mme_metrics_tests::exposition::Samples;

#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "result")]
enum Outcome {
    Served,
    Burnt,
}

labels! {
    /// Who eats.
    registered Guest: "guest", budget = 10, fallback = "_unknown";
    /// What a guest calls a dish.
    capped Dish: "dish", budget = 100;
    /// What a guest asks for with it.
    capped Side: "side", budget = 3;
}

family! {
    /// A restaurant.
    static TABLE: TableMetrics {
        /// Dishes that were ordered.
        orders: Counter<(Guest, Dish, Outcome)> = Counter::new("table_orders_total", Unit::None);
        /// Dishes that were ordered with something.
        pairs: Counter<(Dish, Side, Outcome)> = Counter::new("table_pairs_total", Unit::None);
        /// Guests that came.
        visits: Counter<(Guest,)> = Counter::new("table_visits_total", Unit::None);
    }
}

fn table() -> RecorderBuilder {
    Recorder::builder().family(&TABLE).process_metrics(false)
}

fn recorder() -> Recorder {
    table().build().expect("the families fit together")
}

fn order(dish: impl ToString, outcome: Outcome) {
    TABLE.orders.increment((Guest::FALLBACK, Dish::new(dish.to_string()), outcome));
}

fn samples(recorder: &Recorder) -> Samples {
    Samples::parse(&recorder.render(Format::Text))
}

fn total(samples: &Samples, series: &str) -> u64 {
    samples.value(series) as u64
}

#[test]
fn a_million_values_of_a_capped_label_stay_within_its_budget_and_every_one_counts() {
    let recorder = recorder();
    let share = |part: u32| {
        metrics::with_local_recorder(&recorder, || (0..500_000).for_each(|at| order(at * 2 + part, Outcome::Served)))
    };
    thread::scope(|scope| (0..2).for_each(|part| drop(scope.spawn(move || share(part)))));
    let Ok(guest) = Guest::register("late but known") else { panic!("the budget of guests has room") };
    metrics::with_local_recorder(&recorder, || TABLE.orders.increment((guest, Dish::new("soup"), Outcome::Burnt)));

    let samples = samples(&recorder);
    assert_eq!(samples.sum("table_orders_total") as u64, 1_000_001);
    assert_eq!(samples.of("table_orders_total").count(), 100 + 1 + 1);
    let late = "table_orders_total{dish=\"_overflow\",guest=\"late but known\",result=\"burnt\"}";
    assert_eq!(total(&samples, late), 1);
    assert_eq!(total(&samples, "mme_series_overflow_total{family=\"table\"}"), 1_000_000 - 100 + 1);
}

#[test]
fn totals_by_outcome_stay_exact_past_the_cap() {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, || {
        (0..500).for_each(|dish| order(dish, Outcome::Served));
        (0..700).for_each(|dish| order(dish, Outcome::Burnt));
    });
    let samples = samples(&recorder);
    let by = |result: &str| {
        samples
            .of("table_orders_total")
            .filter(|(series, _)| series.contains(result))
            .map(|(_, value)| value)
            .sum::<f64>()
    };
    assert_eq!((by("served") as u64, by("burnt") as u64), (500, 700));
}

#[test]
fn a_label_past_its_own_cap_folds_alone() {
    let recorder = recorder();
    let pair = |dish: &str, side: u32| {
        TABLE.pairs.increment((Dish::new(dish.to_owned()), Side::new(side.to_string()), Outcome::Served))
    };
    metrics::with_local_recorder(&recorder, || (0..9).for_each(|side| pair("soup", side)));
    let samples = samples(&recorder);
    assert_eq!(samples.of("table_pairs_total").count(), 4);
    assert_eq!(total(&samples, "table_pairs_total{dish=\"soup\",result=\"served\",side=\"_overflow\"}"), 6);
}

#[test]
fn registered_values_are_always_admitted() {
    let recorder = table().process_budget(0).build().expect("the families fit together");
    let guest = Guest::register("regular").expect("the budget of guests has room");
    metrics::with_local_recorder(&recorder, || {
        order("soup", Outcome::Served);
        TABLE.visits.add((guest,), 3);
    });
    let samples = samples(&recorder);
    assert_eq!(total(&samples, "table_visits_total{guest=\"regular\"}"), 3);
    assert_eq!(total(&samples, "table_orders_total{dish=\"_overflow\",guest=\"_unknown\",result=\"served\"}"), 1);
}

#[test]
fn the_facade_cannot_forge_values_that_only_a_type_may_give() {
    let recorder = table().family_budget("table", 5).build().expect("the families fit together");
    metrics::with_local_recorder(&recorder, || {
        (0..1000).for_each(|at| metrics::counter!("table_visits_total", "guest" => format!("evil {at}")).increment(1));
        (0..1000).for_each(|at| {
            metrics::counter!("table_orders_total", "guest" => "_unknown", "dish" => "soup", "result" => at.to_string()).increment(1);
        });
        TABLE.visits.increment((Guest::FALLBACK,));
    });
    let samples = samples(&recorder);
    assert_eq!((samples.of("table_visits_total").count(), samples.of("table_orders_total").count()), (5 + 1 + 1, 1));
    assert_eq!((samples.sum("table_visits_total") as u64, samples.sum("table_orders_total") as u64), (1001, 1000));
}

#[test]
fn a_family_and_the_process_have_budgets_of_their_own() {
    for (builder, held) in [(table().family_budget("table", 7), 7), (table().process_budget(9), 9)] {
        let recorder = builder.build().expect("the families fit together");
        metrics::with_local_recorder(&recorder, || (0..50).for_each(|dish| order(dish, Outcome::Served)));
        let samples = samples(&recorder);
        assert_eq!(
            (samples.of("table_orders_total").count(), samples.sum("table_orders_total") as u64),
            (held + 1, 50)
        );
        assert_eq!(total(&samples, "mme_series{family=\"table\"}"), held as u64 + 1);
    }
}

#[test]
fn a_budget_holds_when_threads_race_for_its_last_places() {
    let recorder = table().family_budget("table", 20).build().expect("the families fit together");
    let start = Barrier::new(16);
    thread::scope(|scope| {
        for thread in 0..16 {
            let (recorder, start) = (&recorder, &start);
            scope.spawn(move || {
                start.wait();
                metrics::with_local_recorder(recorder, || {
                    (0..40).for_each(|at| order(at * (thread % 3 + 1), Outcome::Burnt))
                });
            });
        }
    });
    let samples = samples(&recorder);
    assert_eq!((samples.of("table_orders_total").count(), samples.sum("table_orders_total") as u64), (21, 16 * 40));
}

#[test]
fn metrics_of_other_crates_share_a_budget_and_each_has_a_quarter() {
    let recorder = Recorder::builder().family_budget("other", 40).build().expect("a builder");
    metrics::with_local_recorder(&recorder, || {
        (0..100).for_each(|at| metrics::counter!("greedy", "id" => at.to_string()).increment(1));
        (0..100).for_each(|at| metrics::gauge!("late", "id" => at.to_string()).increment(1.0));
    });
    let samples = samples(&recorder);
    assert_eq!((samples.of("greedy_total").count(), samples.sum("greedy_total") as u64), (11, 100));
    assert_eq!((samples.of("late").count(), samples.sum("late") as u64), (11, 100));
    assert_eq!(total(&samples, "mme_series_overflow_total{family=\"other\"}"), 180);
}

#[test]
fn the_number_of_foreign_names_is_bounded_and_what_comes_later_is_counted() {
    let recorder = Recorder::builder().build().expect("a builder");
    metrics::with_local_recorder(&recorder, || {
        (0..1500).for_each(|at| metrics::gauge!(format!("name_{at}")).set(1.0));
    });
    let samples = samples(&recorder);
    assert_eq!(samples.0.keys().filter(|series| series.starts_with("name_")).count(), 1000);
    assert_eq!(total(&samples, "mme_rejected_observations_total{reason=\"budget\"}"), 500);
}

#[test]
fn invented_keys_are_bounded_like_invented_values() {
    let recorder = table().family_budget("other", 40).build().expect("the families fit together");
    metrics::with_local_recorder(&recorder, || {
        for at in 0..1000 {
            let invented = |value: &'static str| vec![Label::new(format!("key_{at}"), value)];
            metrics::counter!("invented", invented("a")).increment(1);
            metrics::counter!("invented", invented("_overflow")).increment(1);
            metrics::counter!("table_visits_total", invented("a")).increment(1);
        }
    });
    let samples = samples(&recorder);
    assert_eq!(samples.sum("invented_total") as u64, 2000);
    assert!(samples.of("invented_total").count() <= 10 + 17, "{samples:#?}");
    assert_eq!(samples.sum("table_visits_total") as u64, 1000);
}

#[test]
fn a_series_with_too_many_labels_is_counted_as_refused() {
    let recorder = recorder();
    let labels = |count: usize| (0..count).map(|at| Label::new(format!("key_{at}"), "value")).collect::<Vec<_>>();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("wide", labels(32)).increment(1);
        metrics::counter!("wide", labels(33)).increment(1);
    });
    let samples = samples(&recorder);
    assert_eq!(samples.sum("wide_total") as u64, 1);
    assert_eq!(total(&samples, "mme_rejected_observations_total{reason=\"labels\"}"), 1);
}

#[test]
fn long_values_take_no_more_room_than_short_ones() {
    let recorder = recorder();
    let long = |at: usize| at.to_string() + &"x".repeat(100_000);
    metrics::with_local_recorder(&recorder, || (0..150).for_each(|at| order(long(at), Outcome::Served)));
    let text = recorder.render(Format::Text);
    assert!(text.len() < 40_000, "{}", text.len());
    assert_eq!(Samples::parse(&text).of("table_orders_total").count(), 101);
}

#[test]
fn set_up_refuses_a_budget_for_nothing() {
    let error = Recorder::builder().family_budget("tabel", 5).build().expect_err("no such family");
    assert!(error.to_string().contains("`tabel`"), "{error}");
}
