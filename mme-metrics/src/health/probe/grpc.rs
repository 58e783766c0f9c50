//! A probe of dependencies that implement the gRPC health service, `grpc.health.v1`.

use std::fmt;

use ::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, TE};
use ::reqwest as client;
use client::{Client, Url};

use super::DependencyProbe;
use crate::probe::{Answer, ProbeFailure, ProbeUrlError, answer, client as client_of_checks, parse_url};

/// Upper bound of the bytes that are read of a response. A usual response has seven.
const LIMIT: usize = 1024;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Probes a gRPC server with `grpc.health.v1.Health/Check`. It is up if the response is SERVING.
///
/// The probe encodes the call itself, so it needs no code generator. With `http`, it uses HTTP/2 without encryption;
/// `https` needs a TLS feature of `reqwest`.
pub struct GrpcProbe {
    url: Url,
    service: String,
    client: Option<Client>,
}

impl GrpcProbe {
    /// Creates a probe for the overall health of the server at this address, such as `http://ledger:50051`.
    ///
    /// # Errors
    ///
    /// When the address is not the absolute URL of an HTTP server.
    pub fn new(address: &str) -> Result<Self, ProbeUrlError> {
        let url = parse_url(&format!("{}/grpc.health.v1.Health/Check", address.trim_end_matches('/')))?;
        Ok(Self { url, service: String::new(), client: None })
    }

    /// Checks one service of the server instead, such as `ledger.v1.Ledger`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = name.into();
        self
    }

    /// Sets your own HTTP client. It has to speak HTTP/2 from the first byte.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }
}

impl DependencyProbe for GrpcProbe {
    async fn probe(&self) -> Result<(), ProbeFailure> {
        let client = self.client.clone().map_or_else(|| client_of_checks(true), Ok)?;
        let request = client
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))
            .header(TE, HeaderValue::from_static("trailers"))
            .body(question(&self.service))
            .build()
            .map_err(|_| ProbeFailure::Other("the request cannot be made"))?;
        read_off(&answer(&client, request, LIMIT).await?)
    }
}

/// Encodes a `HealthCheckRequest` as a gRPC frame: the byte for no compression, the length, and `service` as field 1.
fn question(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        put_varint(&mut message, service.len());
        message.extend_from_slice(service.as_bytes());
    }
    let mut frame = vec![0];
    // The length always fits in four bytes: a longer name would not fit in memory.
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(message);
    frame
}

fn put_varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(low_bits(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low_bits(number));
}

/// Returns the lowest seven bits.
fn low_bits(number: usize) -> u8 {
    // Seven bits fit in a byte.
    u8::try_from(number & 0x7f).unwrap_or_default()
}

fn read_off(answer: &Answer) -> Result<(), ProbeFailure> {
    if answer.status != 200 {
        return Err(ProbeFailure::Status(answer.status));
    }
    if !answer.whole {
        return Err(ProbeFailure::TooLarge);
    }
    // A failed call has its status in the head. A call without any status was cut off.
    let status = answer.trailers.as_ref().and_then(|trailers| trailers.get(STATUS)).or(answer.headers.get(STATUS));
    match status.map(HeaderValue::as_bytes) {
        Some(b"0") => {}
        Some(_) => return Err(ProbeFailure::Other("the call failed")),
        None => return Err(ProbeFailure::Broken),
    }
    match answer.body.split_first_chunk::<5>() {
        Some((&[0, a, b, c, d], message)) if u32::from_be_bytes([a, b, c, d]) as usize == message.len() => {
            if is_serving(message).ok_or(ProbeFailure::Malformed)? {
                Ok(())
            } else {
                Err(ProbeFailure::Other("not serving"))
            }
        }
        _ => Err(ProbeFailure::Malformed),
    }
}

/// Returns whether the last field 1 of a `HealthCheckResponse` is 1, which means SERVING; `None` if the message is
/// malformed.
fn is_serving(mut message: &[u8]) -> Option<bool> {
    let mut status = 0;
    while !message.is_empty() {
        let (key, rest) = take_varint(message)?;
        let (value, rest) = take_varint(rest)?;
        message = match key & 7 {
            0 => rest,
            // A field of a later version, preceded by its length, is skipped.
            2 => rest.get(usize::try_from(value).ok()?..)?,
            _ => return None,
        };
        if key == 8 {
            status = value;
        }
    }
    Some(status == 1)
}

fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

impl fmt::Debug for GrpcProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcProbe")
            .field("origin", &self.url.origin().ascii_serialization())
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderMap;

    use super::*;

    fn read(status: &str, body: &[u8]) -> Result<(), ProbeFailure> {
        let trailers = HeaderMap::from_iter([(STATUS, status.parse().unwrap())]);
        let (headers, body) = (HeaderMap::new(), body.to_vec());
        read_off(&Answer { status: 200, headers, body, trailers: Some(trailers), whole: true })
    }

    #[test]
    fn asks_as_the_protocol_says() {
        assert_eq!(question(""), [0, 0, 0, 0, 0]);
        assert_eq!(question("a.B"), [0, 0, 0, 0, 5, 0x0a, 3, b'a', b'.', b'B']);
        assert_eq!(question(&"x".repeat(300))[5..8], [0x0a, 0xac, 0x02]);
    }

    #[test]
    fn only_serving_is_up() {
        assert_eq!(read("0", &[0, 0, 0, 0, 2, 8, 1]), Ok(()));
        assert_eq!(read("0", &[0, 0, 0, 0, 2, 8, 2]), Err(ProbeFailure::Other("not serving")));
        assert_eq!(read("0", &[0, 0, 0, 0, 0]), Err(ProbeFailure::Other("not serving")));
        assert_eq!(read("5", &[]), Err(ProbeFailure::Other("the call failed")));
        // A field of a later version is skipped, and the last status counts.
        assert_eq!(read("0", &[0, 0, 0, 0, 7, 8, 2, 0x12, 1, 7, 8, 1]), Ok(()));
    }

    #[test]
    fn what_is_not_of_the_protocol_is_down() {
        for body in [
            &[][..],
            &[0, 0, 0, 0, 9, 8, 1],
            &[1, 0, 0, 0, 2, 8, 1],
            &[0, 0, 0, 0, 2, 8, 0x80],
            b"<html>",
            &[0, 0, 0, 0, 3, 0x12, 0xff, 1],
            &[0, 0, 0, 0, 12, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
        ] {
            assert!(read("0", body).is_err(), "{body:?}");
        }
        let no_status = Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: vec![0, 0, 0, 0, 2, 8, 1],
            trailers: None,
            whole: true,
        };
        assert_eq!(read_off(&no_status), Err(ProbeFailure::Broken));
    }
}
