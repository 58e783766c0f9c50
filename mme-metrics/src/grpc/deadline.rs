//! The deadline of a call, from its `grpc-timeout` header.

use ::http::{HeaderMap, HeaderName};

static GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// How much earlier than on this side the deadline passes on the caller's side, because the caller's clock started before the
/// request arrived: a tenth of the timeout, at most 50 ms. A signal takes about as long halfway around the world.
const EARLY: (f64, f64) = (0.1, 0.05);

/// The timeout in seconds; infinite without a `grpc-timeout`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Deadline(f64);

impl Deadline {
    /// Reads `grpc-timeout`; an invalid one is ignored.
    pub(super) fn of_headers(headers: &HeaderMap) -> Self {
        let timeout = headers.get(&GRPC_TIMEOUT).and_then(|value| parse(value.as_bytes()));
        Self(timeout.unwrap_or(f64::INFINITY))
    }

    /// Returns whether a call that was dropped after `seconds` was dropped because of its deadline.
    pub(super) fn is_over(self, seconds: f64) -> bool {
        let Self(timeout) = self;
        timeout.is_finite() && seconds >= timeout - (timeout * EARLY.0).min(EARLY.1)
    }
}

/// Parses one to eight digits and a unit
/// ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests)).
fn parse(text: &[u8]) -> Option<f64> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    let seconds = match unit {
        b'H' => 3600.0,
        b'M' => 60.0,
        b'S' => 1.0,
        b'm' => 1e-3,
        b'u' => 1e-6,
        b'n' => 1e-9,
        _ => return None,
    };
    Some(f64::from(number) * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_in_every_unit() {
        let all = [("1H", 3600.0), ("2M", 120.0), ("3S", 3.0), ("4m", 0.004), ("5u", 0.000_005), ("6n", 0.000_000_006)];
        for (text, seconds) in all {
            let read = parse(text.as_bytes()).expect("it is a timeout");
            assert!((read - seconds).abs() < 1e-12, "{text}: {read}");
        }
        assert!(parse(b"99999999H").is_some());
        for text in ["", "S", "1", "1s", "123456789S", "-1S", "1.5S", " 1S", "1 S"] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_caller_that_leaves_at_its_deadline_did_not_cancel() {
        let deadline = Deadline(1.0);
        assert!(deadline.is_over(1.0) && deadline.is_over(0.96) && !deadline.is_over(0.94));
        assert!(Deadline(0.05).is_over(0.0451) && !Deadline(0.05).is_over(0.0449));
        assert!(!Deadline(f64::INFINITY).is_over(1e9));
    }
}
