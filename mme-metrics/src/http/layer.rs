//! The server layer, which is its own builder.

use std::borrow::Cow;
use std::sync::Arc;

use metrics::SharedString;
use tower_layer::Layer;

use super::label::{HttpMethod, HttpStatus, Scheme};
use super::metrics::HTTP;
use super::pattern::{HttpRouteError, RoutePattern, checked_path};
use super::rules::{RequestHead, ResponseHead, Rules, Source};
use super::series::{Outcome, RouteSeries};
use super::watch::HttpWatch;
use crate::event::Listener;
use crate::exchange::{End, ExchangeService};

/// Measures every request that a service answers, from the head of the request to the last byte of the response.
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::{Router, routing::get};
/// use mme_metrics::http::HttpLayer;
///
/// let app = Router::<()>::new()
///     .route("/users/{id}", get(|| async { "a user" }))
///     .layer(HttpLayer::new().routes(["/users/{id} 200 404"])?.skip("/health")?);
/// # }
/// # Ok::<(), mme_metrics::http::HttpRouteError>(())
/// ```
///
/// # Where it goes
///
/// * As a rule, add it last with
///   [`Router::layer`](https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer). The route is then the whole template, also
///   of nested routers, and `_unmatched` for requests that match no route. A router merged after it, such as `metrics_router`,
///   brings its own fallback, so unmatched requests would bypass the layer unless you set a fallback.
/// * A layer that makes a `tracing` span goes outside of this one, so that requests have the ids of the span: see
///   [`trace`](crate::trace).
/// * `Router::route_layer` does not measure unmatched requests.
/// * Outside the router, for instance around a layer that rewrites paths, the route is not known yet. Then add another
///   `HttpLayer::new()` inside with `route_layer`: the outer layer measures, and the inner layer passes it the route.
/// * Around a service that is not a router, [`route_fn`](Self::route_fn) returns the route. If such a service is nested in a
///   router, for instance a directory of files, a layer around the router does not see its route: put a layer with `route_fn`
///   around the service too.
///
/// ```
/// # #[cfg(feature = "axum")] {
/// # use axum::{Router, body::Body, extract::Request, response::Response};
/// # use mme_metrics::http::HttpLayer;
/// # use tower::{Layer, ServiceBuilder, service_fn};
/// # let files = service_fn(|_: Request| async { Ok::<_, std::convert::Infallible>(Response::new(Body::empty())) });
/// let files = HttpLayer::new().route_fn(|_| Some("/static/{*file}")).layer(files);
/// let app = Router::<()>::new().nest_service("/static", files).layer(HttpLayer::new());
///
/// // Outside the router, for `axum::serve`, which accepts one type of body.
/// let outside = ServiceBuilder::new().map_response(|response: Response<_>| response.map(Body::new)).layer(HttpLayer::new());
/// # let _: Router = app;
/// # let router = Router::<()>::new().route("/", axum::routing::get(|| async {})).route_layer(HttpLayer::new());
/// # let make = axum::ServiceExt::<Request>::into_make_service(outside.service(router));
/// # drop(async { axum::serve(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), make).await });
/// # }
/// ```
///
/// # Optional layers
///
/// A router has the same type with and without a layer:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// # use mme_metrics::http::HttpLayer;
/// # let (app, is_measured) = (axum::Router::<()>::new(), true);
/// let app = if is_measured { app.layer(HttpLayer::new()) } else { app };
/// # }
/// ```
///
/// tower's `option_layer` needs the same body type with and without the layer. So put the layer into the option together with a
/// conversion to axum's body:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::{Router, body::Body, response::Response};
/// use mme_metrics::http::HttpLayer;
/// use tower::{ServiceBuilder, util::option_layer};
///
/// let is_measured = true;
/// let measured = is_measured.then(|| {
///     ServiceBuilder::new().map_response(|response: Response<_>| response.map(Body::new)).layer(HttpLayer::new())
/// });
/// let app = Router::<()>::new().layer(option_layer(measured));
/// # }
/// ```
///
/// # Several layers
///
/// A request that passes several layers is counted once, by the outermost layer that does not skip it. If that layer gets the
/// route from an inner one, the inner layer's [`skip`](Self::skip) applies to both.
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct HttpLayer {
    watch: HttpWatch,
    expected: Vec<ExpectedSeries>,
}

/// A zero series of the layer.
#[derive(Clone, Copy, Debug)]
struct ExpectedSeries {
    method: HttpMethod,
    route: &'static RouteSeries,
    status: HttpStatus,
}

impl HttpLayer {
    /// Measures durations, requests in flight and streams.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds zero series for routes, so that a first request is an increase. A route is a template with an optional method before
    /// it and optional statuses after it: `"/users/{id}"` is a GET with status 200, `"POST /users 201 422"` has both.
    ///
    /// Each status costs the 18 lines of a histogram. List the statuses whose first occurrence a query with plain `rate()` must
    /// see; the bundled rules see it without this. The layer may be made before or after the recorder is installed.
    ///
    /// # Errors
    ///
    /// When a word is not a method, a path that begins with `/`, or a status; or when a template cannot be a label value: a
    /// process has at most 1 000 templates, of at most 128 bytes.
    pub fn routes<T: AsRef<str>>(mut self, routes: impl IntoIterator<Item = T>) -> Result<Self, HttpRouteError> {
        for route in routes {
            let RoutePattern { method, route, statuses } = RoutePattern::parse_with_statuses(route.as_ref())?;
            let method = method.unwrap_or(HttpMethod::Get);
            let usual = statuses.is_empty().then_some(HttpStatus::new(200));
            let statuses = statuses.into_iter().chain(usual);
            self.expected.extend(statuses.map(|status| ExpectedSeries { method, route, status }));
        }
        Ok(self)
    }

    /// Skips requests whose path or route is `path`. With a `*` at its end, skips those whose path or route starts with it.
    ///
    /// # Errors
    ///
    /// When `path` does not begin with `/` or has spaces, so that no request would match.
    pub fn skip(mut self, path: &str) -> Result<Self, HttpRouteError> {
        self.rules().skip(checked_path(path)?);
        Ok(self)
    }

    /// Sets the scheme with which clients reach the server, for a server behind a proxy that terminates TLS. By default it is the
    /// scheme of the request in HTTP/2, and `http` in HTTP/1.1.
    pub const fn scheme(mut self, scheme: Scheme) -> Self {
        self.watch.scheme = Some(scheme);
        self
    }

    /// Sets whether the sizes of bodies are recorded, in bytes that were transferred.
    ///
    /// Request bodies are counted inside an axum router, and around any other service with
    /// [`count_request_body`](super::count_request_body). Each costs an allocation.
    pub const fn body_sizes(mut self, on: bool) -> Self {
        self.watch.body_sizes = on;
        self
    }

    /// Sets whether the time until the head of the response is recorded.
    pub const fn time_to_first_byte(mut self, on: bool) -> Self {
        self.watch.first_byte = on;
        self
    }

    /// Sets the function that returns the route of a request, for services other than axum routers: a template, or `None` if no
    /// route matches. If `route` panics, no route matches.
    ///
    /// A template is a `&'static str`, so the number of templates is bounded. The path of a request does not compile here.
    pub fn route_fn(mut self, route: impl Fn(RequestHead<'_>) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        self.rules().route = Some(Arc::new(route));
        self
    }

    /// Adds a label to the request duration, read from the head of the request. The first `budget` values are kept; later ones,
    /// and those over 128 bytes, become `_overflow`.
    ///
    /// Read only values that the service has verified, not raw headers: a client that invents 50 values fills the budget, and
    /// all real values after them become `_overflow`. In this example an authentication layer outside of this one has added an
    /// extension:
    ///
    /// ```
    /// # use mme_metrics::http::HttpLayer;
    /// #[derive(Clone)]
    /// struct Tenant(String);
    ///
    /// let layer = HttpLayer::new().label("tenant", 50, |request| Some(request.extensions.get::<Tenant>()?.0.as_str()));
    /// ```
    ///
    /// # Panics
    ///
    /// When the metric or the layer has a label with this key already.
    pub fn label<F>(mut self, key: impl Into<SharedString>, budget: usize, value: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        let source = Source::Request(Arc::new(move |head| value(head).map(Cow::Borrowed)));
        self.rules().label(key.into(), budget, source);
        self
    }

    /// Adds a label to the request duration, read from the head of the response; see [`label`](Self::label).
    ///
    /// # Panics
    ///
    /// When the metric or the layer has a label with this key already.
    pub fn response_label<F>(mut self, key: impl Into<SharedString>, budget: usize, value: F) -> Self
    where
        F: for<'a> Fn(ResponseHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        let source = Source::Response(Arc::new(move |head| value(head).map(Cow::Borrowed)));
        self.rules().label(key.into(), budget, source);
        self
    }

    /// Notifies `listener` of every request at its end: a [sampler of spikes](crate::spike), or code of your own.
    ///
    /// Of several layers, the outermost one measures the request and notifies its listeners. Listeners of inner layers are not
    /// notified.
    pub fn listener(mut self, listener: impl Listener + 'static) -> Self {
        self.rules().listeners.add(Arc::new(listener));
        self
    }

    /// Notifies `listener` of every request on `route` at its end, for instance an [objective](crate::slo::Objective). The route
    /// is a template for all methods, such as `"/users/{id}"`, or a method and a template, such as `"POST /users"`.
    ///
    /// ```
    /// # use mme_metrics::http::HttpLayer;
    /// # use mme_metrics::slo::Objective;
    /// static SOUND: Objective = Objective::success("promote_success", 0.995);
    ///
    /// let layer = HttpLayer::new().listener_on("POST /promote", &SOUND)?;
    /// # Ok::<(), mme_metrics::http::HttpRouteError>(())
    /// ```
    ///
    /// The listener's zero series exist as soon as the layer is applied and the recorder is installed, in either order.
    ///
    /// # Errors
    ///
    /// The errors of [`routes`](Self::routes), and any status in `route`.
    pub fn listener_on(mut self, route: &str, listener: impl Listener + 'static) -> Result<Self, HttpRouteError> {
        let RoutePattern { method, route, .. } = RoutePattern::parse(route)?;
        self.rules().listen(route, method, Arc::new(listener));
        Ok(self)
    }

    /// Adds an attribute to the events for listeners, read from the head of the request. It is copied for each request, so add
    /// few. For attributes that a handler knows, put [`Notes`](crate::event::Notes) into the response. Without this, an event
    /// contains neither paths nor headers.
    ///
    /// ```
    /// # use mme_metrics::http::HttpLayer;
    /// #[derive(Clone)]
    /// struct Tenant(String);
    ///
    /// let layer = HttpLayer::new().note("tenant", |request| Some(request.extensions.get::<Tenant>()?.0.as_str()));
    /// ```
    pub fn note<F>(mut self, key: &'static str, value: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.rules().note(key, Arc::new(move |head| value(head).map(Cow::Borrowed)));
        self
    }

    fn rules(&mut self) -> &mut Rules {
        Arc::make_mut(self.watch.rules.get_or_insert_default())
    }
}

impl<S> Layer<S> for HttpLayer {
    type Service = HttpService<S>;

    fn layer(&self, inner: S) -> HttpService<S> {
        let scheme = self.watch.scheme.unwrap_or(Scheme::Http);
        for &ExpectedSeries { method, route, status } in &self.expected {
            route.duration(Outcome { method, scheme, status, end: End::Complete }).touch();
            HTTP.server_active.touch((method, scheme));
        }
        if let Some(rules) = &self.watch.rules {
            rules.listeners.touch();
        }
        ExchangeService::new(inner, self.watch.clone())
    }
}

/// A service measured by an [`HttpLayer`].
pub type HttpService<S> = ExchangeService<S, HttpWatch>;
