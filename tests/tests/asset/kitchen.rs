//! A family of a user, which the tests of the asset check read.

use mme_metrics::{Counter, Gauge, Histogram, LabelValue, Unit, buckets, family};

#[derive(Clone, Copy, LabelValue)]
#[label(key = "flavour")]
// Only its declaration is read here.
#[allow(dead_code)]
pub enum Flavour {
    Sweet,
    Salty,
}

family! {
    /// A family of the user's own.
    pub static KITCHEN: KitchenMetrics {
        /// Dishes that left the kitchen.
        dishes: Counter<(Flavour,)> = Counter::new("kitchen_dishes_total", Unit::None);
        /// Pots in use.
        pots: Gauge<()> = Gauge::new("kitchen_pots", Unit::None);
        /// Pots with a variable lid.
        lids: Gauge<()> = Gauge::new("kitchen_variable_lids", Unit::None);
        /// Time from order to dish.
        preparation: Histogram<(Flavour,)> =
            Histogram::new("kitchen_preparation_seconds", Unit::Seconds, buckets::REQUEST);
    }
}
