//! The client layer and its watch.

use ::http::Request;
use tonic::body::Body;
use tower_layer::Layer;

use super::call::GrpcCall;
use super::known::{GrpcDescriptorError, GrpcMethodError, KnownMethods};
use super::label::{CallType, GrpcMethod};
use super::series::{CalledServer, MethodSeries};
use super::transport::GrpcTransport;
use crate::exchange::{ExchangeBody, ExchangeService, Watch};
use crate::label::split_port;

/// Measures every call that a tonic client sends, from the call to the status.
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
/// The measured channel can be cloned like the channel inside, and so can a client that is made from it. Methods of generated
/// clients need no registration, because the clients name them in each request.
///
/// A call that the caller drops is `CANCELLED`, or `DEADLINE_EXCEEDED` if its `grpc-timeout` was over. A call to a server that
/// cannot be reached is `UNAVAILABLE`. In general the recorded status is the one that the caller gets, also for an error page of a
/// proxy, a message over the size limit and a message that cannot be decoded. The exceptions are:
///
/// * If a timer of tonic stops a call, on either side, the caller gets `CANCELLED`, and the metrics have `DEADLINE_EXCEEDED`.
/// * The messages of a stream are decoded after they have left the layer. A caller that drops the stream because one of them cannot
///   be decoded is one that left: `CANCELLED`.
/// * The type of a method is known if it is registered with this layer. An unregistered method is taken for one that answers with
///   one message until a second one comes; so a caller that drops its stream within the poll that returned the first message has
///   met an `INTERNAL` error. Register the methods to which that applies.
/// * A compressed message that is over the limit only when it is decompressed is `INTERNAL`, and the caller gets
///   `RESOURCE_EXHAUSTED`.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a channel"]
pub struct GrpcClientLayer {
    known: KnownMethods,
    watch: GrpcClientWatch,
}

impl GrpcClientLayer {
    /// Measures calls to this server: a host, with or without scheme and port, which are not part of the label. A process has 100
    /// servers with label values of their own; later ones share `_overflow`.
    pub fn new(server: &str) -> Self {
        let server = CalledServer::of(&host(server));
        Self { known: KnownMethods::default(), watch: GrpcClientWatch { server, go: false, limit: None } }
    }

    /// Registers every method of a descriptor set; see
    /// [`GrpcServerLayer::descriptors`](super::GrpcServerLayer::descriptors).
    ///
    /// # Errors
    ///
    /// As described there.
    pub fn descriptors(mut self, encoded: &[u8]) -> Result<Self, GrpcDescriptorError> {
        self.known.add_descriptors(encoded)?;
        Ok(self)
    }

    /// Registers one method, `package.Service/Method`, for a client that is not generated.
    ///
    /// # Errors
    ///
    /// When the name has another form, or cannot be a label value.
    pub fn method(mut self, name: &str, call_type: CallType) -> Result<Self, GrpcMethodError> {
        self.known.add(name, call_type)?;
        Ok(self)
    }

    /// Sets whether the metrics of go-grpc-middleware, such as `grpc_client_handled_total`, are recorded too. They have a
    /// `grpc_type` only for methods that are registered here.
    pub const fn go_names(mut self, on: bool) -> Self {
        self.watch.go = on;
        self
    }

    /// Sets the limit that the generated client has by its own `max_decoding_message_size`, in bytes. The layer does not apply it.
    /// It only tells a message that is too long, which is `OUT_OF_RANGE`, from one that cannot be decoded, which is `INTERNAL`.
    pub fn max_decoding_message_size(mut self, limit: usize) -> Self {
        // The length of a message has 32 bits.
        self.watch.limit = Some(u32::try_from(limit).unwrap_or(u32::MAX));
        self
    }
}

/// Returns the host of a target in lower case, without scheme, user information, port and path.
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
    limit: Option<u32>,
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
        Some(GrpcCall::send(self.series(request), request.headers(), self.go, self.limit))
    }

    fn request(call: Option<&GrpcCall>, request: Request<Body>) -> Request<Body> {
        let Some(call) = call else { return request };
        let messages = call.request_messages();
        request.map(|body| Body::new(ExchangeBody::new(body, Some(messages))))
    }
}

impl GrpcClientWatch {
    fn series<B>(self, request: &Request<B>) -> &'static MethodSeries {
        let name = name(request.uri().path());
        if let Some(series) = self.server.called(name) {
            return series;
        }
        // Only the names that generated clients give are trusted: other clients may call any path.
        let named = request.extensions().get::<tonic::GrpcMethod<'static>>();
        named.and_then(|named| self.learn(named)).unwrap_or_else(|| self.server.uncalled())
    }

    #[cold]
    fn learn(self, named: &tonic::GrpcMethod<'static>) -> Option<&'static MethodSeries> {
        let method = GrpcMethod::register(&format!("{}/{}", named.service(), named.method())).ok()?;
        Some(self.server.call(method, CallType::Unknown))
    }
}

/// Returns the last two parts of a path. If the client's origin has a path, that is in front of them.
fn name(path: &str) -> &str {
    let slash = path.rfind('/').and_then(|last| path[..last].rfind('/'));
    slash.map_or(path, |slash| &path[slash + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_its_host_without_the_rest_of_the_target() {
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
