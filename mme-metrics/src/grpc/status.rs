//! The status of a call: the one that was sent, or the one that stands for a missing status.

use std::any::Any;
use std::error::Error;

use ::http::{HeaderMap, HeaderName, StatusCode};
use tonic::{ConnectError, Status, TimeoutExpired};

use super::label::GrpcCode;

type BoxError = Box<dyn Error + Send + Sync>;

/// The header or trailer that carries the status.
static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Reads the status from headers or trailers; `None` if there is no status.
///
/// A value that is not the number of a code is `UNKNOWN`, and so is a status that is sent twice.
pub(super) fn of_headers(headers: &HeaderMap) -> Option<GrpcCode> {
    let mut values = headers.get_all(&GRPC_STATUS).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { GrpcCode::Unknown } else { parse(first.as_bytes()) })
}

/// Parses the number of a code. Anything else is `UNKNOWN`, as in tonic.
fn parse(text: &[u8]) -> GrpcCode {
    own(tonic::Code::from_bytes(text)).unwrap_or(GrpcCode::Unknown)
}

/// Converts a code of tonic, which has the same number.
fn own(code: tonic::Code) -> Option<GrpcCode> {
    GrpcCode::ALL.get(code as usize).copied()
}

/// Returns the code of a response without a gRPC status
/// ([gRPC, HTTP to status code mapping](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md)).
pub(super) fn of_http(status: StatusCode) -> GrpcCode {
    match status {
        StatusCode::BAD_REQUEST => GrpcCode::Internal,
        StatusCode::UNAUTHORIZED => GrpcCode::Unauthenticated,
        StatusCode::FORBIDDEN => GrpcCode::PermissionDenied,
        StatusCode::NOT_FOUND => GrpcCode::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => GrpcCode::Unavailable,
        _ => GrpcCode::Unknown,
    }
}

/// Returns the code of an error of a service or a body, as tonic returns it to the caller. The exception is an exceeded deadline,
/// which tonic reports as cancelled.
pub(super) fn of_error<E: 'static>(error: &E) -> GrpcCode {
    let error: &dyn Any = error;
    if let Some(status) = error.downcast_ref::<Status>() {
        return of_chain(status);
    }
    if let Some(boxed) = error.downcast_ref::<BoxError>() {
        return of_chain(&**boxed);
    }
    #[cfg(feature = "axum")]
    if let Some(error) = error.downcast_ref::<axum::Error>() {
        return of_chain(error);
    }
    GrpcCode::Unknown
}

/// Searches an error and its sources.
fn of_chain(error: &(dyn Error + 'static)) -> GrpcCode {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<TimeoutExpired>() {
            return GrpcCode::DeadlineExceeded;
        }
        if let Some(status) = error.downcast_ref::<Status>() {
            found = found.or(own(status.code()));
        } else if error.is::<ConnectError>() {
            found = found.or(Some(GrpcCode::Unavailable));
        }
        next = error.source();
    }
    found.unwrap_or(GrpcCode::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&[u8]]) -> Option<GrpcCode> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&GRPC_STATUS, ::http::HeaderValue::from_bytes(value).expect("a header can hold it"));
        }
        of_headers(&headers)
    }

    #[test]
    fn every_number_of_a_code_is_read_and_nothing_else() {
        for code in GrpcCode::ALL {
            assert_eq!(read(&[(code as u8).to_string().as_bytes()]), Some(code));
        }
        for text in ["", " 0", "0 ", "00", "01", "+1", "-1", "17", "99", "100", "OK", "0x1", "1e0", "\u{660}"] {
            assert_eq!(read(&[text.as_bytes()]), Some(GrpcCode::Unknown), "{text:?}");
        }
        assert_eq!(read(&[b"\xff"]), Some(GrpcCode::Unknown));
    }

    #[test]
    fn a_status_that_comes_twice_says_nothing() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[b"0", b"0"]), Some(GrpcCode::Unknown));
        assert_eq!(read(&[b"5", b"0", b"5"]), Some(GrpcCode::Unknown));
    }

    #[test]
    fn no_answer_of_http_alone_is_a_success() {
        for number in 100..1000 {
            let status = StatusCode::from_u16(number).expect("HTTP allows it");
            assert_ne!(of_http(status), GrpcCode::Ok, "{number}");
        }
    }

    #[test]
    fn an_error_is_what_its_caller_is_told() {
        let boxed = |error: BoxError| of_error(&error);
        assert_eq!(of_error(&Status::not_found("")), GrpcCode::NotFound);
        assert_eq!(boxed(Status::aborted("").into()), GrpcCode::Aborted);
        assert_eq!(boxed(Status::from_error(Box::new(TimeoutExpired(()))).into()), GrpcCode::DeadlineExceeded);
        assert_eq!(boxed(ConnectError("refused".into()).into()), GrpcCode::Unavailable);
        assert_eq!(boxed("anything".into()), GrpcCode::Unknown);
        assert_eq!(of_error(&std::fmt::Error), GrpcCode::Unknown);
    }
}
