//! A listener around a piece of code.

use std::fmt;

use super::listener::{Event, Listener, Source, deliver};
use crate::operation::{Operation, Outcome};

/// Makes an operation that notifies `listener` when the code called `name` has ended.
///
/// ```
/// use mme_metrics::event::{Event, Listener, notify};
/// # #[cfg(feature = "macros")]
/// use mme_metrics::instrument_metrics;
///
/// struct Log;
///
/// impl Listener for Log {
///     fn ended(&self, ending: &Event<'_>) {
///         println!("{} took {} s", ending.name, ending.seconds);
///     }
/// }
///
/// # #[cfg(feature = "macros")] {
/// #[instrument_metrics(objective = notify("import", Log))]
/// fn import() {}
/// # import();
/// # }
/// ```
pub const fn notify<L: Listener>(name: &'static str, listener: L) -> Notify<L> {
    Notify { name, listener }
}

/// An operation that notifies a listener; made by [`notify`].
#[derive(Clone, Copy)]
#[must_use = "an operation is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct Notify<L> {
    name: &'static str,
    listener: L,
}

impl<L: Listener> Operation for Notify<L> {
    fn end(self, outcome: Outcome, seconds: f64) {
        deliver(&self.listener, &Event::new(Source::Function, self.name, outcome, seconds));
    }
}

impl<L> fmt::Debug for Notify<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").field("name", &self.name).finish_non_exhaustive()
    }
}
