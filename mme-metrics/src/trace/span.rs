//! The current span of `tracing`, as `tracing-opentelemetry` made it known to OpenTelemetry.

use std::panic::catch_unwind;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::context::TraceContext;

/// Exists as long as the thread's context of OpenTelemetry does. That context panics when a destructor of another
/// thread-local value asks for it too late.
struct ContextLease(bool);

impl Drop for ContextLease {
    fn drop(&mut self) {}
}

thread_local! {
    // Thread-local values are dropped in the reverse order of their first use, so this one goes before the context.
    static LEASE: ContextLease = ContextLease(catch_unwind(|| Context::map_current(|_| ())).is_ok());
}

/// Returns whether there is a subscriber, without which there is no span. It reads no thread-local value.
#[inline]
pub(super) fn may_be_in_one() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

/// Returns the span that this thread is in.
#[inline]
pub(super) fn current() -> Option<TraceContext> {
    if may_be_in_one() { entered() } else { None }
}

fn entered() -> Option<TraceContext> {
    if !LEASE.try_with(|lease| lease.0).unwrap_or(false) {
        return None;
    }
    Context::map_current(|context| if context.has_active_span() { of(context.span().span_context()) } else { None })
}

fn of(span: &SpanContext) -> Option<TraceContext> {
    TraceContext::new(span.trace_id().to_bytes(), span.span_id().to_bytes(), span.is_sampled())
}

impl TraceContext {
    /// Returns the ids that `tracing-opentelemetry` gave to a span, or `None` if it does not know the span.
    ///
    /// The current span is found without this, unless the OpenTelemetry layer was made with `with_context_activation(false)`.
    /// For such a layer, let [`set_resolver`](super::set_resolver) ask for it:
    ///
    /// ```
    /// use mme_metrics::trace::{self, TraceContext};
    ///
    /// trace::set_resolver(|| TraceContext::of_span(&tracing::Span::current()))?;
    /// # Ok::<(), mme_metrics::trace::ResolverError>(())
    /// ```
    pub fn of_span(span: &tracing::Span) -> Option<Self> {
        of(span.context().span().span_context())
    }
}
