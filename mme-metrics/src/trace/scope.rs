//! What a thread knows of the trace that its code belongs to. Layers set it while the service's code runs and while they record.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use super::context::TraceContext;

/// Where code on this thread finds its trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TraceScope {
    /// The current span, else the resolver.
    #[default]
    Open,
    /// The current span, else this request.
    #[cfg_attr(not(any(feature = "grpc", feature = "http")), allow(dead_code, reason = "layers enter it"))]
    Request(TraceContext),
    /// Only this one: a request is recorded after its span was left.
    #[cfg_attr(not(any(feature = "grpc", feature = "http")), allow(dead_code, reason = "layers enter it"))]
    Fixed(TraceContext),
    /// None: a scrape must not be an exemplar of itself.
    Closed,
}

/// Whether a trace may come from a scope or from the resolver. In most processes none ever does, and then nothing else is looked at.
static MAY_KNOW: AtomicBool = AtomicBool::new(false);

thread_local! {
    static SCOPE: Cell<TraceScope> = const { Cell::new(TraceScope::Open) };
}

impl TraceScope {
    /// Returns whether a trace may come from a scope or from the resolver.
    #[inline]
    pub(super) fn may_know() -> bool {
        // Relaxed: a thread sees what it has stored itself, and no scope but its own counts.
        MAY_KNOW.load(Ordering::Relaxed)
    }

    /// From now on, a trace may come from a scope or from the resolver.
    #[inline]
    pub(super) fn announce() {
        if !Self::may_know() {
            MAY_KNOW.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the scope of the calling thread.
    #[inline]
    pub(super) fn current() -> Self {
        SCOPE.get()
    }

    /// Runs `code` in this scope.
    #[inline]
    pub(crate) fn run<R>(self, code: impl FnOnce() -> R) -> R {
        let _guard = self.enter();
        code()
    }

    /// Enters this scope until the returned guard is dropped.
    #[inline]
    pub(crate) fn enter(self) -> ScopeGuard {
        if let Self::Request(_) | Self::Fixed(_) = self {
            Self::announce();
        }
        ScopeGuard { outer: SCOPE.replace(self) }
    }
}

/// Restores the outer scope when it is dropped, also while a panic unwinds.
#[must_use = "dropping this leaves the scope"]
pub(crate) struct ScopeGuard {
    outer: TraceScope,
}

impl Drop for ScopeGuard {
    #[inline]
    fn drop(&mut self) {
        SCOPE.set(self.outer);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_scope_ends_with_its_code_also_by_a_panic() {
        let request = TraceScope::Request(TraceContext::new([1; 16], [1; 8], true).unwrap());
        request.run(|| {
            assert_eq!(TraceScope::current(), request);
            TraceScope::Closed.run(|| assert_eq!(TraceScope::current(), TraceScope::Closed));
            assert_eq!(TraceScope::current(), request);
        });
        assert!(catch_unwind(|| request.run(|| panic!("in a request"))).is_err());
        assert_eq!(TraceScope::current(), TraceScope::Open);
    }
}
