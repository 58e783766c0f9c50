//! The server layer, which is its own builder, and its watch.

use std::sync::Arc;

use ::http::{Method as HttpMethod, Request, header};
use tower_layer::Layer;

use super::call::GrpcCall;
use super::known::{GrpcDescriptorError, GrpcMethodError, KnownMethods};
use super::label::CallType;
use super::message::GrpcRequestBody;
use super::series;
use crate::event::{Listener, Listeners};
use crate::exchange::{ExchangeBody, ExchangeService, Watch};

/// Measures every call that a service answers, from the head of the request to the status.
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
/// * As a rule, add it with [`Server::layer`](https://docs.rs/tonic/0.14/tonic/transport/struct.Server.html#method.layer). tonic
///   puts the first of several layers outermost. As the outermost layer, this one also measures calls that other layers refuse.
/// * Around services in an axum router, it measures the requests that are calls: those of a registered method, and those with a
///   content type of gRPC. All others are left to [`HttpLayer`](crate::http::HttpLayer).
/// * Put it inside `tonic_web::GrpcWebLayer`, which translates the calls of browsers. Outside of that layer, it does not measure
///   them.
/// * The service receives a [`GrpcRequestBody`]. Layers for any body type, such as tower's and tonic's, can be inside this one; a
///   layer for tonic's body type alone must be outside.
/// * A layer outside that replaces the body of the request hands on its `is_end_stream`. A body that ends without saying so, and
///   without a whole message, reads as one that the client has reset, and an error of the service then as `CANCELLED`.
///
/// If a call passes two of these layers, the outer one counts it.
///
/// # Limits outside of the layer
///
/// Some settings of tonic's builder act outside of all layers: `load_shed`, `concurrency_limit_per_connection`, `timeout` and
/// `max_connection_age`. A call that `load_shed` refuses does not reach this layer and is not measured. A call that `timeout` or
/// `max_connection_age` stops is `CANCELLED`, as its client is told. To measure refusals, put tower's layers inside this one:
///
/// ```
/// # use mme_metrics::grpc::GrpcServerLayer;
/// use tonic::service::RecoverErrorLayer;
/// use tonic::transport::Server;
/// use tower::ServiceBuilder;
/// use tower::limit::ConcurrencyLimitLayer;
/// use tower::load_shed::LoadShedLayer;
///
/// let limits = ServiceBuilder::new()
///     .layer(GrpcServerLayer::new())
///     // Makes the response of the error, as tonic's builder does.
///     .layer(RecoverErrorLayer::new())
///     .layer(LoadShedLayer::new())
///     // For the whole server, not for each connection.
///     .layer(ConcurrencyLimitLayer::new(100));
/// let server = Server::builder().layer(limits);
/// ```
///
/// Interceptors and limits of the message size belong to a service, so their refusals are measured.
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct GrpcServerLayer {
    known: KnownMethods,
    watch: GrpcServerWatch,
}

impl GrpcServerLayer {
    /// Measures all calls; until methods are registered, as calls of the one method `_OTHER`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers every method of a descriptor set: the bytes of `tonic::include_file_descriptor_set!`, which reflection uses too.
    ///
    /// The methods get zero series, so that a first error is an increase. The layer may be made before or after the recorder is
    /// installed. Call this once for each set, for instance again for that of the health service.
    ///
    /// # Errors
    ///
    /// When the bytes are not a descriptor set, declare no method, or declare a method that cannot be a label value: a process
    /// has at most 1 000 methods, with names of at most 128 bytes.
    pub fn descriptors(mut self, encoded: &[u8]) -> Result<Self, GrpcDescriptorError> {
        self.known.add_descriptors(encoded)?;
        Ok(self)
    }

    /// Registers one method, `package.Service/Method`, for a service without descriptors.
    ///
    /// # Errors
    ///
    /// When the name has another form, or cannot be a label value.
    pub fn method(mut self, name: &str, call_type: CallType) -> Result<Self, GrpcMethodError> {
        self.known.add(name, call_type)?;
        Ok(self)
    }

    /// Sets whether the metrics of go-grpc-middleware, such as `grpc_server_handled_total`, are recorded too, for existing
    /// dashboards and rules.
    pub const fn go_names(mut self, on: bool) -> Self {
        self.watch.go = on;
        self
    }

    /// Notifies `listener` of every call at its end: a sampler of spikes, or code of your own.
    ///
    /// The event includes the [`Notes`](crate::event::Notes) that a handler leaves among the extensions of its response.
    pub fn listener(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners().add(Arc::new(listener));
        self
    }

    /// Notifies `listener` of every call of one method at its end, for instance an [objective](crate::slo::Objective).
    /// The method is a registered one, `package.Service/Method`, or `_OTHER` for all that are not registered.
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
    /// A call has failed if it ended in a panic or with a code that is the server's fault.
    ///
    /// # Errors
    ///
    /// When the method is not registered with this layer.
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

    #[inline]
    fn begin(&self, request: &mut Request<B>) -> Option<GrpcCall> {
        let known = series::served(request.uri().path());
        if !is_call(request, known.is_some()) || request.extensions_mut().insert(MeasurementMark).is_some() {
            return None;
        }
        let series = known.unwrap_or_else(series::unserved);
        let call = GrpcCall::serve(series, request.headers(), self.go);
        Some(call.with_listeners(self.listeners.as_ref()))
    }

    #[inline]
    fn request(call: Option<&GrpcCall>, request: Request<B>) -> Request<GrpcRequestBody<B>> {
        let messages = call.map(GrpcCall::request_messages);
        request.map(|body| ExchangeBody::new(body, messages))
    }
}

/// Returns whether a request is a call: by its content type, or by a registered method without another content type.
fn is_call<B>(request: &Request<B>, known: bool) -> bool {
    let Some(content_type) = request.headers().get(header::CONTENT_TYPE) else {
        return known && *request.method() == HttpMethod::POST;
    };
    match content_type.as_bytes().strip_prefix(b"application/grpc") {
        // `application/grpc-web` is another protocol: its status is in the body.
        Some(rest) => matches!(rest.first(), None | Some(b'+' | b';')),
        // tonic answers any other type too.
        None => known,
    }
}
