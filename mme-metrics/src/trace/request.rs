//! The trace of one request, as a layer learns it from the request's arrival to its end.

use ::http::{Extensions, HeaderMap};

use super::context::TraceContext;
use super::current::{resolved, span};
use super::scope::{ScopeGuard, TraceScope};

/// The trace of a request that a layer measures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RequestTrace {
    /// Not known. What is current at its end counts.
    Unknown,
    /// From its header, or from the request that it is a part of. A span takes precedence.
    Header(TraceContext),
    /// From the span that it runs in.
    Span(TraceContext),
    /// From the resolver, which was asked when it arrived or when its response began. A span takes precedence.
    Resolved(TraceContext),
    /// It must not be an exemplar.
    Closed,
}

/// Marks a response, in its extensions, as that of a request that must not be an exemplar: of a scrape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TraceOptOut;

impl RequestTrace {
    /// Learns the trace of a request with these headers, which arrives or is sent now.
    #[inline]
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let scope = TraceScope::current();
        if scope == TraceScope::Closed {
            return Self::Closed;
        }
        if let Some(span) = span() {
            return Self::Span(span);
        }
        match (TraceContext::of_headers(headers), scope) {
            (Some(context), _) | (None, TraceScope::Request(context) | TraceScope::Fixed(context)) => {
                Self::Header(context)
            }
            (None, TraceScope::Open | TraceScope::Closed) => Self::from_resolver(),
        }
    }

    fn from_resolver() -> Self {
        resolved().map_or(Self::Unknown, Self::Resolved)
    }

    /// Looks at the head of the response, which arrives in the span of the request if there is one.
    #[inline]
    pub(crate) fn learn(&mut self, response: &Extensions) {
        if response.get::<TraceOptOut>().is_some() {
            *self = Self::Closed;
            return;
        }
        if let Self::Unknown | Self::Header(_) | Self::Resolved(_) = self
            && let Some(span) = span()
        {
            *self = Self::Span(span);
        }
        if let Self::Unknown = self {
            *self = Self::from_resolver();
        }
    }

    /// Returns the trace that the service's code falls back to meanwhile. It asks the resolver itself.
    pub(crate) const fn context(&self) -> Option<TraceContext> {
        match self {
            Self::Header(context) | Self::Span(context) => Some(*context),
            Self::Unknown | Self::Resolved(_) | Self::Closed => None,
        }
    }

    /// Gives what is recorded until the guard is dropped the trace of this request.
    #[inline]
    pub(crate) fn enter(self) -> Option<ScopeGuard> {
        match self {
            Self::Unknown => None,
            Self::Header(context) | Self::Span(context) | Self::Resolved(context) => {
                Some(TraceScope::Fixed(context).enter())
            }
            Self::Closed => Some(TraceScope::Closed.enter()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::current;
    use super::*;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers() -> HeaderMap {
        HeaderMap::from_iter([("traceparent".parse().unwrap(), HEADER.parse().unwrap())])
    }

    #[test]
    fn a_request_has_the_trace_of_its_header_to_its_end() {
        let mut trace = RequestTrace::of(&headers());
        trace.learn(&Extensions::new());
        let context = TraceContext::parse(HEADER.as_bytes());
        assert_eq!(trace.context(), context);
        let scope = trace.enter();
        assert_eq!(current(), context);
        drop(scope);
        assert_eq!(current(), None);
    }

    #[test]
    fn a_request_without_a_header_is_part_of_the_one_around_it() {
        let outer = TraceContext::new([1; 16], [2; 8], true).unwrap();
        let inner = TraceScope::Request(outer).run(|| RequestTrace::of(&HeaderMap::new()));
        assert_eq!(inner.context(), Some(outer));
        let own = TraceScope::Request(outer).run(|| RequestTrace::of(&headers()));
        assert_eq!(own.context(), TraceContext::parse(HEADER.as_bytes()));
        assert_eq!(RequestTrace::of(&HeaderMap::new()).context(), None);
    }

    #[test]
    fn a_scrape_has_no_trace() {
        let mut trace = RequestTrace::of(&headers());
        let mut response = Extensions::new();
        response.insert(TraceOptOut);
        trace.learn(&response);
        assert_eq!(trace.context(), None);
        let _scope = trace.enter();
        assert_eq!(current(), None);
        assert_eq!(RequestTrace::of(&headers()).context(), None);
    }
}
