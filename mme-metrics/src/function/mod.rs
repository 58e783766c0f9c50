//! Metrics of functions: number of calls, results and durations.
//!
//! ```
//! use mme_metrics::operation::{ErrorType, Outcome};
//! # #[cfg(feature = "macros")]
//! use mme_metrics::instrument_metrics;
//!
//! enum PriceError {
//!     Unknown,
//! }
//!
//! impl ErrorType for PriceError {
//!     const ERROR_TYPES: &'static [&'static str] = &["unknown"];
//!
//!     fn error_type(&self) -> &'static str {
//!         "unknown"
//!     }
//! }
//!
//! # #[cfg(feature = "macros")] {
//! #[instrument_metrics]
//! fn price(dish: &str) -> Result<u32, PriceError> {
//!     if dish == "soup" { Ok(7) } else { Err(PriceError::Unknown) }
//! }
//!
//! // In a test: this call was counted and timed, and nothing else.
//! let emission = mme_metrics::testing::record(|| drop(price("stone")));
//! emission.expect().function("price", module_path!(), Outcome::Error("unknown"), 1).only();
//! # }
//! ```
//!
//! The attribute expands to one call of a documented function. The same can be written by hand:
//!
//! ```
//! use mme_metrics::function::CallSite;
//! use mme_metrics::operation::{Guard, measure, measure_async};
//! use mme_metrics::operation::{AlwaysOk, ByErrorType, Outcome};
//!
//! fn read() -> std::io::Result<String> {
//!     static SITE: CallSite = CallSite::new("read", module_path!());
//!     measure(SITE.call(), ByErrorType, || std::fs::read_to_string("/proc/version"))
//! }
//!
//! async fn wait() {
//!     static SITE: CallSite = CallSite::new("wait", module_path!());
//!     measure_async(SITE.call().concurrent(), AlwaysOk, async { /* work */ }).await;
//! }
//!
//! fn scope() {
//!     static SITE: CallSite = CallSite::new("scope", module_path!());
//!     let guard = Guard::start(SITE.call());
//!     // A `return` here would record the call as cancelled, a panic as a panic.
//!     guard.end(Outcome::Ok);
//! }
//! # drop(read());
//! # drop(wait());
//! # scope();
//! ```
//!
//! A value that is neither an operation nor a label does not compile:
//!
//! ```compile_fail
//! # use mme_metrics::instrument_metrics;
//! #[instrument_metrics(record = "price")]
//! fn price() {}
//! ```
//!
//! ```compile_fail
//! # use mme_metrics::instrument_metrics;
//! #[instrument_metrics(labels(dish))] // a text is unbounded
//! fn price(dish: &'static str) {}
//! ```
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `function_calls_total` | once per call, at its end: `result` is `ok`, `error` or `cancelled`; a panic is an error of type `panic` |
//! | `function_calls_duration_seconds` | once per call, at its end, for every result |
//! | `function_calls_concurrent` | up at the start and down at the end of a call, where the attribute says `concurrent` |
//!
//! A future begins with its first poll. If it is dropped before, no metric moves. The label `error_type` is what the error's
//! [`ErrorType`](crate::operation::ErrorType) returns, or `other` without that trait. It is never the error's message.
//!
//! # What it costs
//!
//! At most 4 096 functions and 1 024 modules have label values of their own; the value of later ones is `_other`. From its first
//! call a function has a histogram of 18 lines and two counters, `ok` and `panic`. The counters of `cancelled` and of each error
//! type begin with the first such result; the bundled rules count it, although `rate()` alone does not. Labels of your own
//! multiply these numbers. Handles for combinations of closed labels are kept; those with open labels are looked up at every
//! end. A capped label keeps its cap: later values become `_overflow`.
//!
//! A call costs about 50 ns, two thirds of it for the clock and the histogram, and no allocation. A future grows by 32 bytes.
//!
//! # Assets
//!
//! Rules, alerts and panels for this family are in `assets/`.

mod label;
mod metrics;
mod site;

pub use self::label::{FunctionName, ModulePath};
pub use self::metrics::{FUNCTION, FunctionMetrics};
#[doc(hidden)]
pub use self::site::is_free;
pub use self::site::{CallSite, ConcurrentCall, FunctionCall};
