//! The metrics of instrumented functions.

use super::label::{FunctionName, ModulePath};
use crate::buckets;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};
use crate::operation::{ErrorWord, ResultLabel};

family! {
    /// Functions with `#[instrument_metrics]`.
    pub static FUNCTION: FunctionMetrics {
        /// Calls that ended, by outcome.
        calls: Counter<(FunctionName, ModulePath, ResultLabel, ErrorWord)> =
            Counter::new("function_calls_total", Unit::None);
        /// Time from the start of a call to its end, whatever the end.
        duration: Histogram<(FunctionName, ModulePath)> =
            Histogram::new("function_calls_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Calls that are running.
        concurrent: Gauge<(FunctionName, ModulePath)> = Gauge::new("function_calls_concurrent", Unit::None).optional();
    }
}
