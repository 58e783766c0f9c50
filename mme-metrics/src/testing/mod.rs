//! Assertions on the emission of a piece of code: these series, and no others.
//!
//! Tests run in parallel: each sees only what it records itself, and sets nothing global.
//!
//! ```
//! use mme_metrics::{Counter, Unit, family, testing};
//!
//! family! {
//!     /// What the kitchen does.
//!     static KITCHEN: KitchenMetrics {
//!         /// Dishes that left the kitchen.
//!         dishes: Counter<()> = Counter::new("kitchen_dishes_total", Unit::None);
//!     }
//! }
//!
//! let emission = testing::record(|| KITCHEN.dishes.add((), 2));
//! emission.expect().counter(&KITCHEN.dishes, (), 2).only();
//! ```
//!
//! The calls of a function with [`#[instrument_metrics]`](crate::instrument_metrics) are asserted by its name, its module and
//! how they ended:
//!
//! ```
//! # #[cfg(feature = "macros")] {
//! use mme_metrics::operation::Outcome;
//! use mme_metrics::{instrument_metrics, testing};
//!
//! #[instrument_metrics]
//! fn price(dish: &str) -> Result<u32, String> {
//!     if dish == "soup" { Ok(7) } else { Err(format!("{dish} is not on the menu")) }
//! }
//!
//! let emission = testing::record(|| _ = (price("soup"), price("stone")));
//! let expected = emission.expect().function("price", module_path!(), Outcome::Ok, 1);
//! expected.function("price", module_path!(), Outcome::OTHER, 1).only();
//! # }
//! ```
//!
//! Asynchronous code is recorded while it is polled and while it is dropped:
//!
//! ```
//! # use mme_metrics::{Counter, Unit, family, testing};
//! # family! { /// Kitchen.
//! # static KITCHEN: KitchenMetrics { /// Dishes.
//! # dishes: Counter<()> = Counter::new("kitchen_dishes_total", Unit::None); } }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let emission = testing::Emission::new();
//! emission.record_async(async { KITCHEN.dishes.increment(()) }).await;
//! emission.expect().counter(&KITCHEN.dishes, (), 1).only();
//! # });
//! ```
//!
//! A task that the code spawns is polled elsewhere: wrap its future in [`Emission::record_async`] too.

mod emission;
mod expectation;
mod facade;
mod future;
#[cfg(test)]
mod tests;

pub use self::emission::{Emission, record};
pub use self::expectation::Expectation;
pub use self::facade::facade_versions;
pub use self::future::RecordedFuture;
