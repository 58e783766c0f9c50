//! The trace that a measurement belongs to: where its ids come from, and what carries them.
//!
//! An operator who sees a spike in a panel opens the trace of one slow request. For that the recorder keeps an *exemplar*: the
//! ids of a trace and of a span beside one observation. No call site changes. The ids come from the first of these that has
//! them:
//!
//! | source | needs |
//! |---|---|
//! | the current span of `tracing` | the feature `tracing-opentelemetry`, and a subscriber with that crate's layer |
//! | the header [`traceparent`](https://www.w3.org/TR/trace-context/) of the request | [`HttpLayer`](crate::http) or [`GrpcServerLayer`](crate::grpc) around the code |
//! | a function of the service | [`set_resolver`] |
//!
//! A header counts only if it is exactly as specified: one header, 55 bytes, lowercase digits, no ids of zeros. Its ids are the
//! caller's claim. They never become a label, and a public edge that does not trust its callers removes the header.
//!
//! # What carries the ids
//!
//! | | which traces |
//! |---|---|
//! | exemplars of histograms and counters, see [`ExemplarFilter`](crate::recorder::ExemplarFilter) | sampled ones |
//! | [spike traces](crate::spike), on disk and at `/spikes` | all |
//! | events of slow [database](crate::database) operations | all |
//! | [audit events](crate::security) | all |
//!
//! The layers, `#[instrument_metrics]`, guards, the sqlx wrapper, typed metrics and the macros of the `metrics` facade all
//! reach the recorder, which looks for the trace itself. The recorder of another crate drops it.
//!
//! # Which span is current
//!
//! The span has to be entered when the measurement ends. So the layer that makes the span stands outside of the layer that
//! measures, and `#[instrument_metrics]` stands above `#[tracing::instrument]`:
//!
//! ```
//! # #[cfg(all(feature = "macros", feature = "tracing"))] {
//! use mme_metrics::instrument_metrics;
//!
//! #[instrument_metrics]
//! #[tracing::instrument]
//! fn promote() {}
//! # promote();
//! # }
//! ```
//!
//! `HttpLayer` and `GrpcServerLayer` also look for the span when the request arrives, and then keep it to the last byte of the
//! response. They do the same with what a resolver says. If the span is inside of them, they fall back to the header.

mod context;
mod current;
#[cfg(any(feature = "grpc", feature = "http"))]
mod request;
mod scope;
#[cfg(feature = "tracing-opentelemetry")]
mod span;
mod traceparent;

pub use self::context::{SpanId, TraceContext, TraceId};
pub(crate) use self::current::may_be_traced;
pub use self::current::{ResolverError, current, set_resolver};
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use self::request::RequestTrace;
#[cfg(all(feature = "prometheus", any(feature = "grpc", feature = "http")))]
pub(crate) use self::request::TraceOptOut;
pub(crate) use self::scope::TraceScope;
