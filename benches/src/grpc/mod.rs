//! Layers around a service of tonic, driven in process as tonic's server drives it.
//!
//! A request has the headers that clients of gRPC send, the deadline included, and where it came from among its extensions, as
//! every request of tonic's server has. The service is cloned for each, and its body boxed once more, as the server does. The
//! body is read to its trailers. The service has a codec that copies bytes, so that only gRPC is timed.

mod atomics;
mod desk;
mod noop;
mod ours;
mod tonic_prometheus_layer;
mod tower_otel;

use std::convert::Infallible;
use std::fmt;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use ::http::{HeaderMap, HeaderValue, Request, Response, Uri, Version, header};
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tonic::body::Body;
use tonic::transport::server::TcpConnectInfo;
use tower::Service;

use self::desk::Desk;
use crate::contest::Contestant;

/// The layer that passes everything on, in a future and bodies of its own.
pub const NOOP: &str = "no-op layer that wraps future and bodies";

/// The layer that does what ours does, on atomics that need no lookup.
pub const ATOMICS: &str = "complete, on bare atomics";

/// This library's layer.
pub const OURS: &str = "mme-metrics";

/// The peer that bars compare with.
pub const TONIC_PROMETHEUS_LAYER: &str = "tonic_prometheus_layer";

/// Where the bare services stand among the contestants.
pub const BARE: [usize; 2] = [0, 1];

/// How many of the first contestants record nothing.
pub const SILENT: usize = 3;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// One message there and one back.
    Unary,
    /// One message there and [`MESSAGES`] back, each in a frame of its own.
    Stream,
}

/// Messages of a stream.
pub const MESSAGES: u64 = 100;

/// Makes all contestants for this call: the bare service twice, the layer that records nothing, ours, and the peers.
pub fn contestants(call: Call) -> Vec<Contestant> {
    vec![
        contestant("bare service", call, Desk, || 0),
        contestant("bare service again", call, Desk, || 0),
        noop::contestant(call),
        ours::contestant(call),
        ours::with_go_names(call),
        atomics::contestant(call),
        tonic_prometheus_layer::contestant(call),
        tower_otel::contestant(call),
    ]
}

impl Call {
    const fn path(self) -> &'static str {
        match self {
            Self::Unary => "/desk.v1.Desk/Ask",
            Self::Stream => "/desk.v1.Desk/Watch",
        }
    }
}

/// A contestant that calls `service`; `done` returns how many calls its exposition counts.
fn contestant<S, B>(name: &str, call: Call, service: S, done: impl Fn() -> u64 + Send + Sync + 'static) -> Contestant
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    Contestant::new(name, move |count| (0..count).for_each(|_| exchange(&service, call)), done)
}

/// What a client sends.
static HEAD: LazyLock<HeaderMap> = LazyLock::new(|| {
    let headers = [
        (header::CONTENT_TYPE, "application/grpc"),
        (header::TE, "trailers"),
        (header::USER_AGENT, "bench/1.0"),
        (header::HeaderName::from_static("grpc-timeout"), "10S"),
    ];
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
});

/// One call, to the trailers of its response.
fn exchange<S, B>(service: &S, call: Call)
where
    S: Service<Request<Body>, Response = Response<B>, Error: fmt::Debug> + Clone,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let mut request = Request::new(Body::new(Full::new(Bytes::from_static(b"\0\0\0\0\x08an order"))));
    *request.uri_mut() = Uri::from_static(call.path());
    *request.version_mut() = Version::HTTP_2;
    *request.headers_mut() = HEAD.clone();
    let here = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)));
    request.extensions_mut().insert(TcpConnectInfo { local_addr: here, remote_addr: here });
    let context = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.clone().call(request)).poll(context) else {
        unreachable!("the handler awaits nothing and never fails")
    };
    let mut body = pin!(Body::new(response.into_body().map_err(Into::into)));
    loop {
        match body.as_mut().poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => break,
            Poll::Ready(Some(Ok(frame))) => _ = black_box(frame.data_ref().map(Bytes::len)),
            // The stream has a message at every other look.
            Poll::Pending => {}
            Poll::Ready(Some(Err(_)) | None) => unreachable!("the body ends with trailers"),
        }
    }
}
