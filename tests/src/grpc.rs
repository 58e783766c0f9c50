//! gRPC calls built by hand, so that a test chooses the place of every byte and header.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use mme_metrics::grpc::{CallType, Direction, GRPC, GrpcCode, GrpcErrorType, GrpcMethod, GrpcSystem};
use mme_metrics::testing::Expectation;

/// Frames that come one after the other, each once it is asked for.
#[derive(Debug, Default)]
pub struct Script(VecDeque<Frame<Bytes>>);

impl Script {
    /// Nothing but the end.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds data.
    pub fn data(mut self, data: impl Into<Bytes>) -> Self {
        self.0.push_back(Frame::data(data.into()));
        self
    }

    /// Adds a message of so many bytes, in a frame of its own.
    pub fn message(self, length: usize) -> Self {
        self.data(message(length))
    }

    /// Adds trailers with these statuses.
    pub fn trailers(mut self, statuses: &[&str]) -> Self {
        self.0.push_back(Frame::trailers(headers(statuses)));
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns a message as it travels: no flags, its length, its bytes.
///
/// # Panics
///
/// When it is longer than a message can be.
pub fn message(length: usize) -> Vec<u8> {
    let prefix = u32::try_from(length).expect("a length has 32 bits").to_be_bytes();
    [&[0], &prefix[..], &vec![7; length]].concat()
}

/// Returns headers with these values of `grpc-status`.
///
/// # Panics
///
/// When one cannot be a header.
pub fn headers(statuses: &[&str]) -> HeaderMap {
    let value =
        |status: &&str| ("grpc-status".parse().expect("a name"), HeaderValue::from_str(status).expect("a value"));
    let mut headers = HeaderMap::new();
    for (name, value) in statuses.iter().map(value) {
        let _: bool = headers.append::<http::HeaderName>(name, value);
    }
    headers
}

/// Returns a response with this status of HTTP and these of gRPC in its head.
pub fn answer(status: u16, statuses: &[&str], body: Script) -> Response<Script> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    *response.headers_mut() = headers(statuses);
    response
}

/// Returns a request for `package.Service/Method` that sends this.
///
/// # Panics
///
/// When this is no path.
pub fn call<B>(method: &str, body: B) -> Request<B> {
    let request = Request::post(format!("/{method}")).header("content-type", "application/grpc");
    request.body(body).expect("a method is a path")
}

/// Reads a body to its end, as a server or a client does.
///
/// # Errors
///
/// The body's.
pub async fn read<B: Body>(body: B) -> Result<(), B::Error> {
    body.collect().await.map(drop)
}

/// Finds a method among those that were registered.
pub fn method(name: &str) -> GrpcMethod {
    GrpcMethod::find(name)
}

/// How many calls ended how, and what passed meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// The method, as it shows.
    pub method: GrpcMethod,
    /// Its type.
    pub call_type: CallType,
    /// How they ended.
    pub code: GrpcCode,
    /// Why that is an error, if it is one.
    pub error: GrpcErrorType,
    /// How many there were.
    pub count: u64,
}

impl Calls {
    /// Calls that ended with `code`, which is an error if it is a fault of the server.
    pub fn new(method: GrpcMethod, call_type: CallType, code: GrpcCode, count: u64) -> Self {
        let error = if code.is_server_fault() { GrpcErrorType::Code(code) } else { GrpcErrorType::None };
        Self { method, call_type, code, error, count }
    }

    /// Expects a server to have counted them, whatever passed.
    pub fn expect(self, expectation: Expectation<'_>) -> Expectation<'_> {
        let Self { method, call_type, code, error, count } = self;
        expectation
            .gauge(&GRPC.server_active, (method,), 0.0)
            .histogram(&GRPC.server_duration, (GrpcSystem::Grpc, method, code, error), count)
            .counter(&GRPC.server_streams, (method, call_type, code), count)
    }
}

/// Expects this many streaming calls of a method to have ended.
pub fn streams(expectation: Expectation<'_>, method: GrpcMethod, call_type: CallType, count: u64) -> Expectation<'_> {
    if call_type.is_streaming() {
        expectation.histogram(&GRPC.server_stream_duration, (method, call_type), count)
    } else {
        expectation
    }
}

/// Expects messages to have passed a server.
pub fn messages(expectation: Expectation<'_>, method: GrpcMethod, received: u64, sent: u64) -> Expectation<'_> {
    expectation.counter(&GRPC.server_messages, (method, Direction::Received), received).counter(
        &GRPC.server_messages,
        (method, Direction::Sent),
        sent,
    )
}
