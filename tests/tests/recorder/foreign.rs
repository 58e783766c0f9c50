//! Our recorder and `metrics-exporter-prometheus` export the same values.

use std::cell::RefCell;

use metrics_exporter_prometheus::PrometheusBuilder;
use mme_metrics::process::{BUILD, MME, PROCESS};
use mme_metrics::recorder::foreign;
use mme_metrics::{Counter, FractionalCounter, Gauge, Histogram, LabelValue, Unit, catalog, family};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::recorders::on_both;

#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "result")]
enum Outcome {
    Served,
    Burnt,
}

family! {
    /// Every kind of metric.
    static EITHER: EitherMetrics {
        /// Dishes that were served.
        dishes: Counter<(Outcome,)> = Counter::new("either_dishes_total", Unit::None);
        /// Guests that are in.
        guests: Gauge<()> = Gauge::new("either_guests", Unit::None);
        /// Time it took.
        time: Histogram<(Outcome,)> = Histogram::new("either_time_seconds", Unit::Seconds, &[0.5, 1.0]);
        /// Time it took in all.
        spent: FractionalCounter<()> = FractionalCounter::new("either_spent_seconds_total", Unit::Seconds);
    }
}

fn emit() {
    EITHER.dishes.add((Outcome::Served,), 3);
    EITHER.dishes.increment((Outcome::Burnt,));
    EITHER.guests.add((), 3.0);
    EITHER.guests.add((), -1.0);
    EITHER.time.record((Outcome::Served,), 0.5);
    EITHER.time.record((Outcome::Served,), 7.0);
    EITHER.spent.observe((), 1.25);
}

#[test]
fn both_recorders_expose_the_same_figures() {
    let seen: RefCell<Vec<Samples>> = RefCell::default();
    on_both(&[&EITHER], emit, |_, samples| seen.borrow_mut().push(samples.clone()));
    let seen = seen.into_inner();
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].sum("either_dishes_total") as u64, 4);
    assert_eq!(seen[0].value("either_time_seconds_bucket{le=\"0.5\",result=\"served\"}") as u64, 1);
}

#[test]
fn both_recorders_are_kept_from_poison_and_count_it() {
    let poison = || {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
            EITHER.time.record((Outcome::Burnt,), number);
            EITHER.spent.observe((), number);
        }
        EITHER.guests.set((), f64::NAN);
        emit();
    };
    on_both(&[&EITHER], poison, |name, samples| {
        let refused = |reason| samples.value(&format!("mme_rejected_observations_total{{reason=\"{reason}\"}}")) as u64;
        assert_eq!((refused("not_finite"), refused("negative")), (7, 2), "{name}");
        assert!(samples.0.values().all(|value| value.is_finite()), "{name}: {samples:#?}");
    });
}

#[test]
fn the_families_of_this_crate_have_their_names_and_buckets_on_both() {
    let emit = || {
        PROCESS.cpu.observe((), 1.5);
        PROCESS.open_fds.set((), 9.0);
        MME.rejected_observations.touch_all();
        BUILD.info.touch_all();
    };
    on_both(&[], emit, |name, samples| {
        assert_eq!(samples.value("process_cpu_seconds_total").to_bits(), 1.5_f64.to_bits(), "{name}");
        assert_eq!(samples.value("process_open_fds").to_bits(), 9.0_f64.to_bits(), "{name}");
    });
}

#[test]
fn the_exporter_gets_our_descriptions() {
    let theirs =
        foreign::configure(PrometheusBuilder::new(), catalog::FAMILIES).expect("usable buckets").build_recorder();
    foreign::describe(&theirs, catalog::FAMILIES);
    metrics::with_local_recorder(&theirs, || PROCESS.open_fds.set((), 1.0));
    let text = theirs.handle().render();
    assert!(text.contains("# HELP process_open_fds Number of open file descriptors.\n"), "{text}");
}
