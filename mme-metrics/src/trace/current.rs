//! The trace of the code that runs now: from the span, the request or the user's resolver.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::context::TraceContext;
use super::scope::TraceScope;
#[cfg(feature = "tracing-opentelemetry")]
use super::span;

type Resolver = Box<dyn Fn() -> Option<TraceContext> + Send + Sync>;

static RESOLVER: OnceLock<Resolver> = OnceLock::new();

/// Returns the trace of the code that runs now, sampled or not: of the current span, else of the request that a layer
/// measures, else what the [resolver](set_resolver) returns.
#[inline]
pub fn current() -> Option<TraceContext> {
    match TraceScope::current() {
        TraceScope::Open => span().or_else(resolved),
        TraceScope::Request(request) => span().or(Some(request)),
        TraceScope::Fixed(context) => Some(context),
        TraceScope::Closed => None,
    }
}

/// Returns whether the code that runs now may have a trace. It costs next to nothing, and is false in a process without any source of
/// traces.
#[inline]
pub(crate) fn may_be_traced() -> bool {
    #[cfg(feature = "tracing-opentelemetry")]
    let has_spans = span::may_be_in_one();
    #[cfg(not(feature = "tracing-opentelemetry"))]
    let has_spans = false;
    TraceScope::may_know() || has_spans
}

/// Returns the current span, if the feature `tracing-opentelemetry` is on.
#[inline]
pub(super) fn span() -> Option<TraceContext> {
    #[cfg(feature = "tracing-opentelemetry")]
    return span::current();
    #[cfg(not(feature = "tracing-opentelemetry"))]
    None
}

/// Sets the function that returns the trace of the code that runs now, for a service whose spans are neither those of
/// `tracing-opentelemetry` nor those of a `traceparent`. It is asked last.
///
/// It runs with every observation that has no other trace. The layers ask it when a request arrives and when its response
/// begins, and keep the first answer to the last byte. So it should only read a thread-local or task-local value. It
/// must not block. A panic in it means that there is no trace.
///
/// ```
/// use mme_metrics::trace::{self, TraceContext};
///
/// tokio::task_local!(static TRACE: TraceContext);
///
/// trace::set_resolver(|| TRACE.try_get().ok())?;
/// # Ok::<(), mme_metrics::trace::ResolverError>(())
/// ```
///
/// # Errors
///
/// When the process has a resolver already. That one stays.
pub fn set_resolver(resolver: impl Fn() -> Option<TraceContext> + Send + Sync + 'static) -> Result<(), ResolverError> {
    RESOLVER.set(Box::new(resolver)).map_err(|_| ResolverError)?;
    TraceScope::announce();
    Ok(())
}

/// The process has a resolver of traces already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolverError;

impl fmt::Display for ResolverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process has a resolver of traces already: set it once, at the start of `main`")
    }
}

impl Error for ResolverError {}

/// Returns what the resolver says, if there is one.
#[inline]
pub(super) fn resolved() -> Option<TraceContext> {
    RESOLVER.get().and_then(ask)
}

thread_local! {
    /// Whether the resolver runs on this thread, so that what it records itself does not ask it again.
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

fn ask(resolver: &Resolver) -> Option<TraceContext> {
    if ASKING.replace(true) {
        return None;
    }
    let answer = catch_unwind(AssertUnwindSafe(resolver));
    ASKING.set(false);
    answer.ok().flatten()
}
