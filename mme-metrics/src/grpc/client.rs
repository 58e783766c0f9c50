//! The client layer, and the client's side of a call.

use ::http::Request;
use tonic::body::Body;
use tower_layer::Layer;

use super::call::GrpcCall;
use super::known::{GrpcDescriptorError, GrpcMethodError, KnownMethods};
use super::label::{CallType, Direction, GrpcMethod};
use super::series::{CalledServer, MethodSeries};
use super::transport::GrpcTransport;
use crate::exchange::{ExchangeBody, ExchangeService, Watch};
use crate::label::split_port;

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
    watch: GrpcClientWatch,
}

impl GrpcClientLayer {
    /// Measures calls to this server: a host, with or without scheme and port, which do not show. A process tells 100 of them
    /// apart; later ones read `_overflow`.
    pub fn new(server: &str) -> Self {
        let server = CalledServer::of(&host(server));
        Self { known: KnownMethods::default(), watch: GrpcClientWatch { server, go: false } }
    }

    /// Registers every method of a descriptor set; see
    /// [`GrpcServerLayer::descriptors`](super::GrpcServerLayer::descriptors).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn descriptors(mut self, encoded: &[u8]) -> Result<Self, GrpcDescriptorError> {
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
        ExchangeService::new(GrpcTransport::new(inner), self.watch)
    }
}

/// A channel measured by a [`GrpcClientLayer`].
pub type GrpcClientService<S> = ExchangeService<GrpcTransport<S>, GrpcClientWatch>;

/// The settings of a [`GrpcClientLayer`].
#[derive(Clone, Copy, Debug)]
pub struct GrpcClientWatch {
    server: &'static CalledServer,
    go: bool,
}

/// Marks a call in its extensions as measured, for inner layers.
#[derive(Clone, Copy, Debug)]
struct MeasurementMark;

impl Watch<Body> for GrpcClientWatch {
    type Observer = GrpcCall;
    type Body = Body;

    fn begin(&self, request: &mut Request<Body>) -> Option<GrpcCall> {
        if request.extensions_mut().insert(MeasurementMark).is_some() {
            return None;
        }
        Some(GrpcCall::begin(self.series(request), request.headers(), self.go, Direction::Received))
    }

    fn request(call: Option<&GrpcCall>, request: Request<Body>) -> Request<Body> {
        let Some(call) = call else { return request };
        let messages = call.request_messages(Direction::Sent);
        request.map(|body| Body::new(ExchangeBody::new(body, Some(messages))))
    }
}

impl GrpcClientWatch {
    fn series<B>(self, request: &Request<B>) -> &'static MethodSeries {
        let name = name(request.uri().path());
        if let Some(series) = self.server.called(name) {
            return series;
        }
        // A client that is not generated may call anything, so only generated ones are taken at their word.
        let named = request.extensions().get::<tonic::GrpcMethod<'static>>();
        named.and_then(|named| self.learn(named)).unwrap_or_else(|| self.server.uncalled())
    }

    #[cold]
    fn learn(self, named: &tonic::GrpcMethod<'static>) -> Option<&'static MethodSeries> {
        let method = GrpcMethod::register(&format!("{}/{}", named.service(), named.method())).ok()?;
        Some(self.server.call(method, CallType::Unknown))
    }
}

/// Returns the last two parts of a path: a client whose origin has a path puts that in front.
fn name(path: &str) -> &str {
    let slash = path.rfind('/').and_then(|last| path[..last].rfind('/'));
    slash.map_or(path, |slash| &path[slash + 1..])
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
