//! The status of a call: the one that was sent, or the one that stands for a missing status.

use std::any::Any;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::iter;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use ::http::{HeaderMap, HeaderName, StatusCode};
use bytes::Bytes;
use http_body::{Body, Frame};
use tonic::codec::{DecodeBuf, Decoder, Streaming};
use tonic::{Status, TimeoutExpired};

use super::label::GrpcCode;

type BoxError = Box<dyn Error + Send + Sync>;

/// The header or trailer that carries the status.
static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

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

/// Reads the status as tonic's client does: the first one, or `UNKNOWN` if its message cannot be read.
pub(super) fn of_answered_headers(headers: &HeaderMap) -> Option<GrpcCode> {
    let status = headers.get(&GRPC_STATUS)?;
    let Some(message) = headers.get(&GRPC_MESSAGE) else { return Some(parse(status.as_bytes())) };
    // Without the details: tonic panics if they are malformed.
    let read = HeaderMap::from_iter([(GRPC_STATUS.clone(), status.clone()), (GRPC_MESSAGE.clone(), message.clone())]);
    Status::from_header_map(&read).and_then(|status| own(status.code()))
}

/// The code that tonic makes of each HTTP status without a gRPC status, from 100 to 999, once it was asked for.
static OF_HTTP: [OnceLock<GrpcCode>; 900] = [const { OnceLock::new() }; 900];

const FIRST_STATUS: u16 = 100;

/// Returns the code that tonic makes of an HTTP status without a gRPC status.
#[inline]
pub(super) fn of_http(status: StatusCode) -> GrpcCode {
    if status == StatusCode::OK {
        return GrpcCode::Unknown;
    }
    let index = usize::from(status.as_u16() - FIRST_STATUS);
    OF_HTTP.get(index).map_or(GrpcCode::Unknown, |code| *code.get_or_init(|| of_answer(status, Vec::new(), None)))
}

/// Returns the code that tonic's client makes of an answer without a gRPC status of which it has these bytes. `limit` is the
/// longest message that it accepts.
#[cold]
pub(super) fn of_answer(http: StatusCode, bytes: Vec<u8>, limit: Option<usize>) -> GrpcCode {
    let body = Once(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty()));
    let mut answer = Streaming::new_response(NoMessage, body, http, None, limit);
    match pin!(answer.message()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(status)) => own(status.code()).unwrap_or(GrpcCode::Unknown),
        // The body is never pending, and without a status there is no success.
        Poll::Ready(Ok(_)) | Poll::Pending => GrpcCode::Unknown,
    }
}

/// A body of one frame.
struct Once(Option<Bytes>);

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// A decoder to which no bytes are a message.
struct NoMessage;

impl Decoder for NoMessage {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        // As the decoder of prost has it.
        Err(Status::internal(""))
    }
}

/// Returns the code of an error of a service or a body, as tonic returns it to the caller, and the error to hand on. The exception
/// is an exceeded deadline, which tonic reports as cancelled.
///
/// The error is the same one, except where tonic knows a type only by itself and not among the sources of another error. Then it
/// is the status that tonic makes of it.
pub(super) fn of_error<E: 'static>(error: E) -> (GrpcCode, E) {
    let mut error = Some(error);
    let any: &mut dyn Any = &mut error;
    let code = if let Some(Some(status)) = any.downcast_ref::<Option<Status>>() {
        if is_timeout(status) { GrpcCode::DeadlineExceeded } else { own(status.code()).unwrap_or(GrpcCode::Unknown) }
    } else if let Some(boxed) = any.downcast_mut::<Option<BoxError>>() {
        replace(boxed, of_boxed)
    } else if let Some(error) = any.downcast_mut::<Option<hyper::Error>>() {
        replace(error, |error| {
            let (code, error) = by_sources(error.into());
            (code.unwrap_or(GrpcCode::Unknown), *error.downcast().expect("it was put into the box on the line above"))
        })
    } else {
        of_axum(any)
    };
    (code, error.expect("what was taken out was put back"))
}

#[cfg(feature = "axum")]
fn of_axum(error: &mut dyn Any) -> GrpcCode {
    error.downcast_mut::<Option<axum::Error>>().map_or(GrpcCode::Unknown, |error| {
        replace(error, |error| {
            let (code, error) = of_boxed(error.into_inner());
            (code, axum::Error::new(error))
        })
    })
}

#[cfg(not(feature = "axum"))]
fn of_axum(_: &mut dyn Any) -> GrpcCode {
    GrpcCode::Unknown
}

/// Takes an error out, and puts back what `read` returns beside the code.
fn replace<E>(place: &mut Option<E>, read: impl FnOnce(E) -> (GrpcCode, E)) -> GrpcCode {
    let Some(error) = place.take() else { return GrpcCode::Unknown };
    let (code, error) = read(error);
    *place = Some(error);
    code
}

fn of_boxed(error: BoxError) -> (GrpcCode, BoxError) {
    if is_timeout(&*error) {
        return (GrpcCode::DeadlineExceeded, error);
    }
    let (code, error) = by_sources(error);
    if let Some(code) = code {
        return (code, error);
    }
    match Status::try_from_error(error) {
        Ok(status) => (own(status.code()).unwrap_or(GrpcCode::Unknown), status.into()),
        Err(error) => (GrpcCode::Unknown, error),
    }
}

/// Asks tonic for the code of an error and its sources, without giving the error away.
fn by_sources(error: BoxError) -> (Option<GrpcCode>, BoxError) {
    let error = Arc::new(error);
    let status = Status::try_from_error(Box::new(OpaqueError(Arc::clone(&error))));
    let code = status.ok().and_then(|status| own(status.code()));
    (code, Arc::into_inner(error).expect("the status, which had the only other one, is dropped"))
}

/// An error that is unknown to tonic and has a source.
#[derive(Debug)]
struct OpaqueError(Arc<BoxError>);

impl fmt::Display for OpaqueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for OpaqueError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.0)
    }
}

/// Returns an error and its sources, one after the other.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(<dyn Error>::is::<TimeoutExpired>)
}

/// Returns whether the error of a body is that of its connection or stream: the other side is gone.
pub(super) fn is_of_connection<E: 'static>(error: &E) -> bool {
    let error: &dyn Any = error;
    let is_hyper = |error: &(dyn Error + 'static)| chain(error).any(<dyn Error>::is::<hyper::Error>);
    if let Some(status) = error.downcast_ref::<Status>() {
        return is_hyper(status);
    }
    if let Some(boxed) = error.downcast_ref::<BoxError>() {
        return is_hyper(&**boxed);
    }
    #[cfg(feature = "axum")]
    if let Some(error) = error.downcast_ref::<axum::Error>() {
        return is_hyper(error);
    }
    error.is::<hyper::Error>()
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
    fn an_answer_of_http_alone_is_what_tonic_makes_of_it_and_no_success() {
        for number in 100..1000 {
            let status = StatusCode::from_u16(number).expect("HTTP allows it");
            assert_eq!(of_http(status), of_answer(status, Vec::new(), None), "{number}");
            assert_ne!(of_http(status), GrpcCode::Ok, "{number}");
        }
    }

    #[test]
    fn an_error_is_what_its_caller_is_told() {
        let code = |error: BoxError| of_error(error).0;
        assert_eq!(of_error(Status::not_found("")).0, GrpcCode::NotFound);
        assert_eq!(code(Status::aborted("").into()), GrpcCode::Aborted);
        assert_eq!(code(Status::from_error(Box::new(TimeoutExpired(()))).into()), GrpcCode::DeadlineExceeded);
        assert_eq!(code(tonic::ConnectError("refused".into()).into()), GrpcCode::Unavailable);
        assert_eq!(code("anything".into()), GrpcCode::Unknown);
        assert_eq!(of_error(std::fmt::Error).0, GrpcCode::Unknown);
    }

    #[test]
    fn an_error_is_handed_on_as_it_was() {
        let (code, error) = of_error::<BoxError>(tonic::ConnectError("refused".into()).into());
        assert!(code == GrpcCode::Unavailable && error.is::<tonic::ConnectError>());
        let (code, error) = of_error::<BoxError>(OpaqueError(Arc::new(Status::data_loss("").into())).into());
        assert!(code == GrpcCode::DataLoss && error.is::<OpaqueError>());
        let (_, error) = of_error::<BoxError>("anything".into());
        assert_eq!(error.to_string(), "anything");
    }

    #[test]
    fn a_status_whose_message_cannot_be_read_is_unknown_to_a_caller() {
        let mut headers = HeaderMap::new();
        headers.insert(&GRPC_STATUS, ::http::HeaderValue::from_static("5"));
        // Malformed details are no reason to panic.
        headers.insert("grpc-status-details-bin", ::http::HeaderValue::from_static("%"));
        assert_eq!(of_answered_headers(&headers), Some(GrpcCode::NotFound));
        headers.insert(&GRPC_MESSAGE, ::http::HeaderValue::from_static("gone"));
        assert_eq!(of_answered_headers(&headers), Some(GrpcCode::NotFound));
        headers.insert(&GRPC_MESSAGE, ::http::HeaderValue::from_static("%ff"));
        assert_eq!(of_answered_headers(&headers), Some(GrpcCode::Unknown));
    }

    #[test]
    fn an_answer_that_is_not_grpc_is_what_tonic_makes_of_it() {
        let read = |http: u16, bytes: &[u8], limit| {
            of_answer(StatusCode::from_u16(http).expect("HTTP allows it"), bytes.to_vec(), limit)
        };
        assert_eq!(read(503, b"", None), GrpcCode::Unavailable);
        assert_eq!(read(503, b"down", None), GrpcCode::Internal);
        assert_eq!(read(503, b"down for maintenance", None), GrpcCode::Internal);
        assert_eq!(read(200, b"", None), GrpcCode::Unknown);
        assert_eq!(read(200, b"\0\0\0\0\x09a", Some(9)), GrpcCode::Internal);
        assert_eq!(read(200, b"\0\0\0\0\x09a", Some(8)), GrpcCode::OutOfRange);
        assert_eq!(read(200, b"\0\xff\0\0\0a", None), GrpcCode::OutOfRange);
    }
}
