//! The client layer, and the client's side of a call.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tonic::{GrpcMethod, Status};
use tower_layer::Layer;
use tower_service::Service;

use super::call::GrpcCall;
use super::known::{DescriptorError, GrpcMethodError, KnownMethods};
use super::label::{CallType, Direction, Method};
use super::message::MessageBody;
use super::series::{CalledServer, MethodSeries};
use crate::exchange::{Bodies, ExchangeBody, ExchangeFuture};
use crate::label::split_port;

type BoxError = Box<dyn Error + Send + Sync>;

/// Measures every call that a client of tonic sends, from the call to its status.
///
/// ```no_run
/// use mme_metrics::grpc::GrpcClientLayer;
/// use tonic::transport::Endpoint;
/// use tower_layer::Layer;
///
/// # async fn connect() -> Result<(), tonic::transport::Error> {
/// let channel = Endpoint::from_static("http://audit.internal:50051").connect().await?;
/// let channel = GrpcClientLayer::new("audit.internal").layer(channel);
/// // let client = AuditClient::new(channel);
/// # Ok(())
/// # }
/// ```
///
/// The measured channel is cloned like the one inside, and so is a client that was made from it. Methods of generated clients
/// are known without being told, because the clients name them.
///
/// A call that the caller drops is `CANCELLED`, or `DEADLINE_EXCEEDED` if its `grpc-timeout` was over; a server that cannot be
/// reached is `UNAVAILABLE`; and so on, each what the caller is told. One difference: where tonic's own timer stops a call it
/// tells the caller `CANCELLED`, and here it is the deadline that it was.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a channel"]
pub struct GrpcClientLayer {
    known: KnownMethods,
    watch: Watch,
}

impl GrpcClientLayer {
    /// Measures calls to this server: a host, with or without scheme and port, which do not show. A process tells 100 of them
    /// apart; later ones read `_overflow`.
    pub fn new(server: &str) -> Self {
        let server = CalledServer::of(&host(server));
        Self { known: KnownMethods::default(), watch: Watch { server, go: false } }
    }

    /// Registers every method of a descriptor set; see
    /// [`GrpcServerLayer::descriptors`](super::GrpcServerLayer::descriptors).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn descriptors(mut self, encoded: &[u8]) -> Result<Self, DescriptorError> {
        self.known.add_descriptors(encoded)?;
        Ok(self)
    }

    /// Registers one method, `package.Service/Method`, of a client that is not generated.
    ///
    /// # Errors
    ///
    /// When the name has another form, or cannot be a label value.
    pub fn method(mut self, name: &str, call_type: CallType) -> Result<Self, GrpcMethodError> {
        self.known.add(name, call_type)?;
        Ok(self)
    }

    /// Also records under the names of go-grpc-middleware, `grpc_client_handled_total` and its kin. Their `grpc_type` is there
    /// for methods that were registered here.
    pub const fn go_names(mut self, on: bool) -> Self {
        self.watch.go = on;
        self
    }
}

/// Returns the host that a target names, in small letters: what stands before it, behind it and who calls is left out.
fn host(target: &str) -> String {
    let target = target.split_once("://").map_or(target, |(_, rest)| rest).trim_start_matches('/');
    let authority = target.split(['/', '?', '#']).next().unwrap_or_default();
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    split_port(server).0.to_ascii_lowercase()
}

impl<S> Layer<S> for GrpcClientLayer {
    type Service = GrpcClientService<S>;

    fn layer(&self, inner: S) -> GrpcClientService<S> {
        for (method, call_type) in self.known.iter() {
            self.watch.server.call(method, call_type).touch(self.watch.go);
        }
        GrpcClientService { inner, watch: self.watch }
    }
}

/// A channel measured by a [`GrpcClientLayer`].
#[derive(Clone, Debug)]
pub struct GrpcClientService<S> {
    inner: S,
    watch: Watch,
}

impl<S, R> Service<Request<Body>> for GrpcClientService<S>
where
    S: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
    R: http_body::Body,
{
    type Response = Response<ExchangeBody<R, GrpcCall>>;
    type Error = BoxError;
    type Future = ExchangeFuture<GrpcClientFuture<S::Future>, GrpcCall>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let call = self.watch.begin(&mut request);
        let bodies = Bodies::of(request.method());
        if let Some(call) = &call {
            let messages = call.request_messages(Direction::Sent);
            request = request.map(|body| Body::new(MessageBody::new(body, Some(messages))));
        }
        ExchangeFuture::begin(call, bodies, || GrpcClientFuture { inner: self.inner.call(request) })
    }
}

/// What a [`GrpcClientLayer`] was built to do.
#[derive(Clone, Copy, Debug)]
struct Watch {
    server: &'static CalledServer,
    go: bool,
}

/// Tells inner layers that this call is measured.
#[derive(Clone, Copy, Debug)]
struct Measured;

impl Watch {
    fn begin<B>(self, request: &mut Request<B>) -> Option<GrpcCall> {
        if request.extensions_mut().insert(Measured).is_some() {
            return None;
        }
        Some(GrpcCall::begin(self.series(request), request.headers(), self.go, Direction::Received))
    }

    fn series<B>(self, request: &Request<B>) -> &'static MethodSeries {
        let name = name(request.uri().path());
        if let Some(series) = self.server.called(name) {
            return series;
        }
        // A client that is not generated may call anything, so only generated ones are taken at their word.
        let named = request.extensions().get::<GrpcMethod<'static>>();
        named.and_then(|named| self.learn(named)).unwrap_or_else(|| self.server.uncalled())
    }

    #[cold]
    fn learn(self, named: &GrpcMethod<'static>) -> Option<&'static MethodSeries> {
        let method = Method::register(&format!("{}/{}", named.service(), named.method())).ok()?;
        Some(self.server.call(method, CallType::Unknown))
    }
}

/// Returns the last two parts of a path: a client whose origin has a path puts that in front.
fn name(path: &str) -> &str {
    let slash = path.rfind('/').and_then(|last| path[..last].rfind('/'));
    slash.map_or(path, |slash| &path[slash + 1..])
}

pin_project! {
    /// The response of a channel, to come. Its error is the [`Status`] that tonic makes of it, which has it as its source.
    pub struct GrpcClientFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, T, E> Future for GrpcClientFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(context).map_err(|error| Status::from_error(error.into()).into())
    }
}

impl<F> fmt::Debug for GrpcClientFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcClientFuture").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_its_host_whatever_stands_around_it() {
        let spellings = [
            "audit.internal",
            "Audit.Internal:50051",
            "http://audit.internal",
            "https://me:secret@AUDIT.internal:443/path?query#end",
            "dns:///audit.internal:50051",
        ];
        for spelling in spellings {
            assert_eq!(host(spelling), "audit.internal", "{spelling}");
        }
        assert_eq!(host("http://[::1]:50051"), "[::1]");
    }

    #[test]
    fn a_name_is_the_end_of_a_path() {
        assert_eq!(name("/desk.v1.Desk/Sign"), "desk.v1.Desk/Sign");
        assert_eq!(name("/behind/a/path/desk.v1.Desk/Sign"), "desk.v1.Desk/Sign");
        assert_eq!(name("/Sign"), "/Sign");
        assert_eq!(name(""), "");
    }
}
