//! The W3C header `traceparent`, read strictly.

#[cfg(any(feature = "grpc", feature = "http"))]
use ::http::{HeaderMap, HeaderName};

use super::context::TraceContext;

/// The length of a header of version 00: `00-` and 32, 16 and 2 hexadecimal digits with dashes between them.
const LENGTH: usize = 55;

/// The bit of the flags that says that the trace is sampled.
const SAMPLED: u8 = 1;

impl TraceContext {
    /// Reads the value of a [`traceparent`](https://www.w3.org/TR/trace-context/#traceparent-header) header. Returns `None`
    /// unless it has exactly 55 bytes, lowercase digits, ids that are not zero and a version other than `ff`.
    pub fn parse(traceparent: &[u8]) -> Option<Self> {
        if traceparent.len() != LENGTH || [2, 35, 52].iter().any(|at| traceparent[*at] != b'-') {
            return None;
        }
        let [version] = bytes::<1>(&traceparent[..2])?;
        let [flags] = bytes::<1>(&traceparent[53..])?;
        let (trace_id, span_id) = (bytes(&traceparent[3..35])?, bytes(&traceparent[36..52])?);
        if version == u8::MAX { None } else { Self::new(trace_id, span_id, flags & SAMPLED != 0) }
    }

    /// Reads the `traceparent` of a request. Returns `None` if the header is missing, repeated or not valid.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
        let mut values = headers.get_all(&TRACEPARENT).iter();
        let first = values.next()?;
        if values.next().is_some() { None } else { Self::parse(first.as_bytes()) }
    }
}

/// Reads pairs of lowercase hexadecimal digits.
fn bytes<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut read = [0; N];
    for (byte, pair) in read.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Some(read)
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_valid_header_is_read_with_its_flag() {
        let context = TraceContext::parse(VALID.as_bytes()).unwrap();
        assert_eq!(context.trace_id().to_string(), &VALID[3..35]);
        assert_eq!(context.span_id().to_string(), &VALID[36..52]);
        for (flags, sampled) in [("00", false), ("01", true), ("02", false), ("03", true), ("ff", true)] {
            let header = format!("{}{flags}", &VALID[..53]);
            assert_eq!(TraceContext::parse(header.as_bytes()).map(|context| context.is_sampled()), Some(sampled));
        }
        // A later version begins alike.
        assert!(TraceContext::parse(VALID.replacen("00", "01", 1).as_bytes()).is_some());
    }

    #[test]
    fn a_hostile_header_is_no_context() {
        let long = "a".repeat(8 * 1024);
        let hostile = [
            "",
            "-",
            &VALID[..54],
            &format!("{VALID} "),
            &format!("{VALID}-"),
            &VALID.to_uppercase(),
            &VALID.replace("4bf9", "4BF9"),
            &VALID.replacen("00", "ff", 1),
            &VALID.replacen("00", "0x", 1),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)),
            &VALID.replace('-', "_"),
            &VALID.replace("4bf9", "4bg9"),
            &VALID.replace("4bf9", "äö"),
            &VALID.replace("4bf9", "\"\n}{"),
            &format!("00-{long}-00f067aa0ba902b7-01"),
            &long,
        ];
        for header in hostile {
            assert_eq!(TraceContext::parse(header.as_bytes()), None, "{header}");
        }
    }

    #[test]
    fn no_byte_of_a_header_can_be_anything() {
        for at in 0..LENGTH {
            for byte in [0, b' ', b'G', b'/', b':', b'`', b'g', 0x7f, 0xff] {
                let mut header = VALID.as_bytes().to_vec();
                header[at] = byte;
                assert_eq!(TraceContext::parse(&header), None, "{byte} at {at}");
            }
        }
    }

    #[cfg(any(feature = "grpc", feature = "http"))]
    #[test]
    fn a_header_that_is_repeated_is_no_context() {
        let mut headers = HeaderMap::new();
        assert_eq!(TraceContext::of_headers(&headers), None);
        headers.append("traceparent", VALID.parse().unwrap());
        assert!(TraceContext::of_headers(&headers).is_some());
        headers.append("traceparent", VALID.parse().unwrap());
        assert_eq!(TraceContext::of_headers(&headers), None);
    }
}
