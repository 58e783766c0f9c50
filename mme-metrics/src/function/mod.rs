//! Functions: how often they are called, how that ends and how long it takes.
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
//! The attribute writes one call of a documented function, and the same can be written by hand:
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
//!     // Left here by `return`, it would be recorded as cancelled; by a panic, as one.
//!     guard.end(Outcome::Ok);
//! }
//! # drop(read());
//! # drop(wait());
//! # scope();
//! ```
//!
//! What is neither an operation nor a label does not compile:
//!
//! ```compile_fail
//! # use mme_metrics::instrument_metrics;
//! #[instrument_metrics(record = "price")]
//! fn price() {}
//! ```
//!
//! ```compile_fail
//! # use mme_metrics::instrument_metrics;
//! #[instrument_metrics(labels(dish))] // how many dishes are there?
//! fn price(dish: &'static str) {}
//! ```
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `function_calls_total` | once per call, at its end: `result` is `ok`, `error` or `cancelled`; a panic is an error of type `panic` |
//! | `function_calls_duration_seconds` | once per call, at its end, whatever the end |
//! | `function_calls_concurrent` | up at the start and down at the end of a call, where the attribute says `concurrent` |
//!
//! A future begins with its first poll; dropped before that, it moves nothing. An error reads as its
//! [`ErrorType`](crate::operation::ErrorType) says, `other` without one, and never as its message.
//!
//! # What it costs
//!
//! At most 4 096 functions and 1 024 modules get labels of their own; those after them read `_other`. From its first call a
//! function has a histogram of 18 lines and two counters, `ok` and `panic`; `cancelled` and each word of its error type come with
//! the first such end, which the bundled rules see although it is no increase. Labels of your own multiply that: combinations
//! of closed labels are kept as the others are; open ones are looked up at each end. What is capped keeps its cap: past it,
//! values read `_overflow`.
//!
//! A call costs about 50 ns and no allocation, two thirds of it for the clock and the histogram; a future grows by 32 bytes.
//!
//! # Assets
//!
//! Rules, alerts and panels for this family come with the others in `assets/`.

mod label;
mod metrics;
mod site;

pub use self::label::{FunctionName, ModulePath};
pub use self::metrics::{FUNCTION, FunctionMetrics};
#[doc(hidden)]
pub use self::site::is_free;
pub use self::site::{CallSite, ConcurrentCall, FunctionCall};
