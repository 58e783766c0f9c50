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

/// Measures every request that a service answers, from its head to the last byte of the response.
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::{Router, routing::get};
/// use mme_metrics::http::HttpLayer;
///
/// let app = Router::<()>::new()
///     .route("/users/{id}", get(|| async { "somebody" }))
///     .layer(HttpLayer::new().routes(["/users/{id} 200 404"])?.skip("/health")?);
/// # }
/// # Ok::<(), mme_metrics::http::HttpRouteError>(())
/// ```
///
/// # Where it goes
///
/// * [`Router::layer`](https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer) is the place: routes read as their whole
///   template, nested ones too, and what no route matches reads `_unmatched`. Merge other routers before it: one that is merged
///   after it, `metrics_router` too, answers what no route matches in place of the measured one, unless you have set a fallback.
/// * `Router::route_layer` leaves unmatched requests out.
/// * Outside the router, for instance around a layer that rewrites paths, the route is not known yet. Then put one more
///   `HttpLayer::new()` inside with `route_layer`: the outer one measures, and the inner one tells it the route.
/// * Around a service that is no router, [`route_fn`](Self::route_fn) says what the route is. Of one that is nested in a router,
///   such as a directory of files, a layer around the router sees no route; the same inside tells it.
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
/// // Outside the router, for `axum::serve`, which takes one type of body only.
/// let outside = ServiceBuilder::new().map_response(|response: Response<_>| response.map(Body::new)).layer(HttpLayer::new());
/// # let _: Router = app;
/// # let router = Router::<()>::new().route("/", axum::routing::get(|| async {})).route_layer(HttpLayer::new());
/// # let make = axum::ServiceExt::<Request>::into_make_service(outside.service(router));
/// # drop(async { axum::serve(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), make).await });
/// # }
/// ```
///
/// # Behind a switch
///
/// A router is the same type with a layer and without:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// # use mme_metrics::http::HttpLayer;
/// # let (app, is_measured) = (axum::Router::<()>::new(), true);
/// let app = if is_measured { app.layer(HttpLayer::new()) } else { app };
/// # }
/// ```
///
/// tower's `option_layer` needs the same body with the layer and without. So the layer goes into the option together with what
/// makes its body axum's:
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
/// However many layers a request passes, it is counted once, by the outermost that does not skip it. Where that one waits to be
/// told the route, the inner one's [`skip`](Self::skip) holds for both.
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct HttpLayer {
    watch: HttpWatch,
    expected: Vec<ExpectedSeries>,
}

/// A series that is to exist from the start.
#[derive(Clone, Copy, Debug)]
struct ExpectedSeries {
    method: HttpMethod,
    route: &'static RouteSeries,
    status: HttpStatus,
}

impl HttpLayer {
    /// Measures duration, requests in flight and streams, with nothing else to be said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names routes that exist, each as a template, with its method before it and its usual statuses behind it where they are
    /// not GET and 200: `"/users/{id}"`, `"POST /users 201 422"`.
    ///
    /// Their series exist from the start at zero, so that a first request is an increase. Each status costs the 18 lines of a
    /// histogram; give those that a first occurrence of matters to somebody who reads plain `rate()`. The bundled rules see a
    /// first occurrence either way.
    ///
    /// Call [`RecorderBuilder::install`](crate::RecorderBuilder::install) before this layer is put around anything.
    ///
    /// # Errors
    ///
    /// When a word is not a method, a path that begins with `/`, or a status; or when a template cannot be a label value: a
    /// process has at most 1 000, of at most 128 bytes.
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

    /// Leaves out requests whose path or route is `path`; with a `*` at its end, those whose path or route starts with it.
    ///
    /// # Errors
    ///
    /// When `path` does not begin with `/`, or has spaces: no request would match.
    pub fn skip(mut self, path: &str) -> Result<Self, HttpRouteError> {
        self.rules().skip(checked_path(path)?);
        Ok(self)
    }

    /// Says how clients reach the server, where a proxy ends TLS. Unless it is set, HTTP/2 requests say it themselves, and
    /// all others read `http`.
    pub const fn scheme(mut self, scheme: Scheme) -> Self {
        self.watch.scheme = Some(scheme);
        self
    }

    /// Records the sizes of bodies, in bytes that really passed.
    ///
    /// Request bodies are counted inside an axum router, and around any other service with
    /// [`count_request_body`](super::count_request_body). Each costs an allocation.
    pub const fn body_sizes(mut self, on: bool) -> Self {
        self.watch.body_sizes = on;
        self
    }

    /// Records the time until the head of the response is ready.
    pub const fn time_to_first_byte(mut self, on: bool) -> Self {
        self.watch.first_byte = on;
        self
    }

    /// Says what the route of a request is, for services that are no axum router: a template, or nothing if none matches.
    /// Where `route` panics, none does.
    ///
    /// A template is program text that begins with `/`, so there is an end to them; a path of a request is not, and does not
    /// compile here.
    pub fn route_fn(mut self, route: impl Fn(RequestHead<'_>) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        self.rules().route = Some(Arc::new(route));
        self
    }

    /// Adds a label to the request duration, read from the head of the request. The first `budget` values seen are told
    /// apart; later ones, and those over 128 bytes, read `_overflow`.
    ///
    /// Read it from what the service itself has established, not from a header as it came: a stranger who makes up 50 values
    /// would fill the budget, and every true one after them would read `_overflow`. Here a layer that knows who is calling,
    /// and stands outside this one, leaves an extension:
    ///
    /// ```
    /// # use mme_metrics::http::HttpLayer;
    /// #[derive(Clone)]
    /// struct Tenant(String);
    ///
    /// let layer = HttpLayer::new().label("tenant", 50, |request| Some(request.extensions.get::<Tenant>()?.0.as_str()));
    /// ```
    pub fn label<F>(mut self, key: impl Into<SharedString>, budget: usize, value: F) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        let source = Source::Request(Arc::new(move |head| value(head).map(Cow::Borrowed)));
        self.rules().label(key.into(), budget, source);
        self
    }

    /// Adds a label to the request duration, read from the head of the response; see [`label`](Self::label).
    pub fn response_label<F>(mut self, key: impl Into<SharedString>, budget: usize, value: F) -> Self
    where
        F: for<'a> Fn(ResponseHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        let source = Source::Response(Arc::new(move |head| value(head).map(Cow::Borrowed)));
        self.rules().label(key.into(), budget, source);
        self
    }

    /// Tells `listener` of every request when it is over: a [sampler of spikes](crate::spike), or code of your own.
    ///
    /// It is told by the layer that measures the request, which is the outermost; an inner layer's listeners are told nothing.
    pub fn listener(mut self, listener: impl Listener + 'static) -> Self {
        self.rules().listeners.add(Arc::new(listener));
        self
    }

    /// Tells `listener` of every request on `route` when it is over, for instance an [objective](crate::slo::Objective).
    /// The route is a template, or a method and a template: `"/users/{id}"` is any method, `"POST /users"` is one.
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
    /// Install the recorder before this layer is put around anything; the objective's series then exist from the start.
    ///
    /// # Errors
    ///
    /// As with [`routes`](Self::routes).
    pub fn listener_on(mut self, route: &str, listener: impl Listener + 'static) -> Result<Self, HttpRouteError> {
        let RoutePattern { method, route, .. } = RoutePattern::parse(route)?;
        self.rules().listen(route, method, Arc::new(listener));
        Ok(self)
    }

    /// Tells listeners an attribute of each request, read from its head. It is copied for each request, so choose few; what
    /// a response knows goes into its [`Notes`](crate::event::Notes) instead. Nothing is told unless it is chosen: neither
    /// paths nor headers.
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
