//! A panic beside the function costs what panicked, and neither the call nor the process.

use mme_metrics::event::{Event, Listener, notify};
use mme_metrics::operation::Outcome;
use mme_metrics::testing::Emission;
use mme_metrics::{LabelValue, instrument_metrics};

#[derive(Clone, Copy, LabelValue)]
#[label(key = "animal")]
enum Animal {
    Sheep,
}

impl Animal {
    fn of(name: &str) -> Self {
        assert_eq!(name, "sheep", "on purpose");
        Self::Sheep
    }
}

#[instrument_metrics(labels(Animal::of(name)))]
fn feed(name: &str) -> usize {
    name.len()
}

#[test]
fn a_panic_in_a_label_costs_the_label() {
    let emission = Emission::new();
    assert_eq!(emission.record(|| (feed("sheep"), feed("wolf"))), (5, 4));
    emission
        .expect()
        .function_with("feed", module_path!(), (Animal::Sheep,), Outcome::Ok, 1)
        .function("feed", module_path!(), Outcome::Ok, 1)
        .only();
}

struct Panics;

impl Listener for Panics {
    fn ended(&self, _: &Event<'_>) {
        panic!("on purpose");
    }
}

#[instrument_metrics(objective = notify("shear", Panics))]
fn shear(panics: bool) -> usize {
    assert!(!panics, "on purpose");
    7
}

#[test]
fn a_panic_of_a_listener_costs_the_event() {
    let emission = Emission::new();
    assert_eq!(emission.record(|| shear(false)), 7);
    // A second panic while this one unwinds would end the process.
    assert!(emission.record(|| std::panic::catch_unwind(|| shear(true))).is_err());
    emission
        .expect()
        .function("shear", module_path!(), Outcome::Ok, 1)
        .function("shear", module_path!(), Outcome::Panic, 1)
        .only();
}
