//! The identity of a span: the two ids that an exemplar, a spike trace and a log event carry.

use std::fmt;

/// The context of a trace: the ids of a trace and of one span in it, and whether the trace is sampled.
///
/// ```
/// use mme_metrics::trace::TraceContext;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = TraceContext::parse(header.as_bytes()).expect("it is valid");
/// assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
/// assert!(context.is_sampled());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: TraceId,
    span_id: SpanId,
    sampled: bool,
}

impl TraceContext {
    /// Makes a context. Returns `None` if one of the ids is zero, which W3C Trace Context calls invalid.
    pub fn new(trace_id: [u8; 16], span_id: [u8; 8], sampled: bool) -> Option<Self> {
        let is_valid = trace_id != [0; 16] && span_id != [0; 8];
        is_valid.then_some(Self { trace_id: TraceId(trace_id), span_id: SpanId(span_id), sampled })
    }

    /// Returns the id of the trace.
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// Returns the id of the span.
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Returns whether the trace is sampled, so that a tracing backend keeps it.
    pub const fn is_sampled(&self) -> bool {
        self.sampled
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Returns the bytes.
            pub const fn to_bytes(self) -> [u8; $bytes] {
                self.0
            }

            /// Returns the lowercase hexadecimal digits, in ASCII.
            pub(crate) fn to_hex(self) -> [u8; 2 * $bytes] {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let mut digits = [0; 2 * $bytes];
                for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
                    pair[0] = DIGITS[usize::from(byte >> 4)];
                    pair[1] = DIGITS[usize::from(byte & 15)];
                }
                digits
            }
        }

        /// Writes the lowercase hexadecimal digits.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Never empty: the digits are ASCII.
                f.write_str(str::from_utf8(&self.to_hex()).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id! {
    /// The id of a trace: 16 bytes, written as 32 hexadecimal digits.
    TraceId, 16
}
id! {
    /// The id of a span: 8 bytes, written as 16 hexadecimal digits.
    SpanId, 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_zeros_is_no_context() {
        assert_eq!(TraceContext::new([0; 16], [1; 8], true), None);
        assert_eq!(TraceContext::new([1; 16], [0; 8], true), None);
        // Half of an id may be zero.
        assert!(
            TraceContext::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 1], true)
                .is_some()
        );
    }

    #[test]
    fn ids_are_written_with_their_leading_zeros() {
        let context = TraceContext::new([0x0a; 16], [0, 1, 2, 3, 4, 5, 6, 0xff], false).unwrap();
        assert_eq!(context.trace_id().to_string(), "0a".repeat(16));
        assert_eq!(format!("{:?}", context.span_id()), "00010203040506ff");
        assert!(!context.is_sampled());
    }
}
