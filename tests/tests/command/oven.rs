//! A family of a user, which the tests of the command read.

use mme_metrics::{Gauge, Unit, family};

family! {
    /// A family of the user's own.
    pub static OVEN: OvenMetrics {
        /// Ovens that are hot.
        hot: Gauge<()> = Gauge::new("oven_hot", Unit::None);
    }
}
