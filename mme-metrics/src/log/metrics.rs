//! The metrics of this family.

use super::label::{LogLevel, LogTarget, PanicThread};
use crate::metric::{Counter, Unit, family};

family! {
    /// Log events and panics.
    pub static LOG: LogMetrics {
        /// Events of `tracing`, whether or not a filter hides them from the log.
        events: Counter<(LogLevel, LogTarget)> = Counter::new("log_events_total", Unit::None);
        /// Panics, whether or not they are caught.
        panics: Counter<(PanicThread,)> = Counter::new("panics_total", Unit::None);
    }
}
