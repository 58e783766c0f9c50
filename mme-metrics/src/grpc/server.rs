//! The server layer, which is its own builder, and the server's side of a call.

use std::sync::Arc;

use ::http::{Method as HttpMethod, Request, header};
use tower_layer::Layer;

use super::call::GrpcCall;
use super::known::{GrpcDescriptorError, GrpcMethodError, KnownMethods};
use super::label::{CallType, Direction};
use super::message::GrpcRequestBody;
use super::series;
use crate::event::{Listener, Listeners};
use crate::exchange::{ExchangeBody, ExchangeService, Watch};

/// Measures every call that a service answers, from its head to its status.
///
/// ```no_run
/// use mme_metrics::grpc::GrpcServerLayer;
/// use tonic::transport::Server;
///
/// # async fn serve(routes: tonic::service::Routes) -> Result<(), Box<dyn std::error::Error>> {
/// # const FILE_DESCRIPTOR_SET: &[u8] = &[];
/// Server::builder()
///     .layer(GrpcServerLayer::new().descriptors(FILE_DESCRIPTOR_SET)?)
///     .add_routes(routes)
///     .serve("127.0.0.1:50051".parse()?)
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Where it goes
///
/// * [`Server::layer`](https://docs.rs/tonic/0.14/tonic/transport/struct.Server.html#method.layer) is the place. Of several layers
///   tonic puts the first one outermost; outside, this one sees what the others refuse.
/// * Around services that are mounted in an axum router, it measures the calls among the requests: those of a registered method,
///   and those whose content type is gRPC's. All others are left to [`HttpLayer`](crate::http::HttpLayer).
/// * It stands inside `tonic_web::GrpcWebLayer`, which turns calls of browsers into calls; outside, it leaves them out.
/// * The body of the request that it hands on is a [`GrpcRequestBody`]. Layers that take any body, as tower's and tonic's do, stand
///   inside it; one that takes tonic's alone stands outside.
///
/// A call that passes two of these layers on its way is counted once, by the outer one.
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct GrpcServerLayer {
    known: KnownMethods,
    watch: GrpcServerWatch,
}

impl GrpcServerLayer {
    /// Measures all calls, as those of one method until it is told which methods there are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers every method of a descriptor set: the bytes that `tonic::include_file_descriptor_set!` gives, the same that
    /// reflection is given.
    ///
    /// Their series exist from the start at zero, so that a first error is an increase. Call
    /// [`RecorderBuilder::install`](crate::RecorderBuilder::install) before this layer is put around anything. It may be called again for
    /// another set, such as that of the health service.
    ///
    /// # Errors
    ///
    /// When these bytes are no descriptor set, declare no method, or one that cannot be a label: a process has 1 000 methods at
    /// most, with names of at most 128 bytes.
    pub fn descriptors(mut self, encoded: &[u8]) -> Result<Self, GrpcDescriptorError> {
        self.known.add_descriptors(encoded)?;
        Ok(self)
    }

    /// Registers one method, `package.Service/Method`, where there are no descriptors.
    ///
    /// # Errors
    ///
    /// When the name has another form, or cannot be a label value.
    pub fn method(mut self, name: &str, call_type: CallType) -> Result<Self, GrpcMethodError> {
        self.known.add(name, call_type)?;
        Ok(self)
    }

    /// Also records under the names of go-grpc-middleware, `grpc_server_handled_total` and its kin, for dashboards and rules
    /// that exist.
    pub const fn go_names(mut self, on: bool) -> Self {
        self.watch.go = on;
        self
    }

    /// Tells `listener` of every call when it is over: a sampler of spikes, or code of your own.
    ///
    /// What a handler leaves as [`Notes`](crate::event::Notes) among the extensions of its response is told along.
    pub fn listener(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners().add(Arc::new(listener));
        self
    }

    /// Tells `listener` of every call of one method when it is over, for instance an [objective](crate::slo::Objective).
    /// The method is one that was registered before, `package.Service/Method`, or `_OTHER` for all that were not.
    ///
    /// ```
    /// # use mme_metrics::grpc::{CallType, GrpcServerLayer};
    /// # use mme_metrics::slo::Objective;
    /// use std::time::Duration;
    ///
    /// static QUICK: Objective = Objective::latency("sign_latency", 0.95, Duration::from_millis(100));
    ///
    /// let layer = GrpcServerLayer::new()
    ///     .method("desk.v1.Desk/Sign", CallType::Unary)?
    ///     .listener_on("desk.v1.Desk/Sign", &QUICK)?;
    /// # Ok::<(), mme_metrics::grpc::GrpcMethodError>(())
    /// ```
    ///
    /// A call has failed if it ended with a code that the server is to blame for, or in a panic.
    ///
    /// # Errors
    ///
    /// When this layer has not registered the method.
    pub fn listener_on(mut self, method: &str, listener: impl Listener + 'static) -> Result<Self, GrpcMethodError> {
        let method = self.known.find(method)?.as_str();
        self.listeners().add_to(method.into(), None, Arc::new(listener));
        Ok(self)
    }

    fn listeners(&mut self) -> &mut Listeners {
        Arc::make_mut(self.watch.listeners.get_or_insert_default())
    }
}

impl<S> Layer<S> for GrpcServerLayer {
    type Service = GrpcServerService<S>;

    fn layer(&self, inner: S) -> GrpcServerService<S> {
        for (method, call_type) in self.known.iter() {
            series::serve(method, call_type).touch(self.watch.go);
        }
        if let Some(listeners) = &self.watch.listeners {
            listeners.touch();
        }
        ExchangeService::new(inner, self.watch.clone())
    }
}

/// A service measured by a [`GrpcServerLayer`].
pub type GrpcServerService<S> = ExchangeService<S, GrpcServerWatch>;

/// The settings of a [`GrpcServerLayer`].
#[derive(Clone, Debug, Default)]
pub struct GrpcServerWatch {
    go: bool,
    listeners: Option<Arc<Listeners>>,
}

/// Marks a call in its extensions as measured, for inner layers.
#[derive(Clone, Copy, Debug)]
struct MeasurementMark;

impl<B> Watch<B> for GrpcServerWatch {
    type Observer = GrpcCall;
    type Body = GrpcRequestBody<B>;

    fn begin(&self, request: &mut Request<B>) -> Option<GrpcCall> {
        let known = series::served(request.uri().path());
        if !is_call(request, known.is_some()) || request.extensions_mut().insert(MeasurementMark).is_some() {
            return None;
        }
        let series = known.unwrap_or_else(series::unserved);
        let call = GrpcCall::begin(series, request.headers(), self.go, Direction::Sent);
        Some(call.heard_by(self.listeners.as_ref()))
    }

    fn request(call: Option<&GrpcCall>, request: Request<B>) -> Request<GrpcRequestBody<B>> {
        let messages = call.map(|call| call.request_messages(Direction::Received));
        request.map(|body| ExchangeBody::new(body, messages))
    }
}

/// Says whether a request is a call: it says so, or it asks for a known method and says nothing else.
fn is_call<B>(request: &Request<B>, known: bool) -> bool {
    let Some(content_type) = request.headers().get(header::CONTENT_TYPE) else {
        return known && *request.method() == HttpMethod::POST;
    };
    match content_type.as_bytes().strip_prefix(b"application/grpc") {
        // `application/grpc-web` is not: its status is in its body.
        Some(rest) => matches!(rest.first(), None | Some(b'+' | b';')),
        // tonic answers whatever the type.
        None => known,
    }
}
