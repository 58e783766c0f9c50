//! The endpoint as a builder, a service and a router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tower_service::Service;

use super::accept;
use super::answer::{answer, sentence};
use super::body::ResponseFuture;
use super::content::Content;
use super::encoding::{self, encode};
use super::gate::{Exposure, Gate};
use super::render::Renders;
use crate::recorder::{Recorder, has_foreign_recorder};

/// Serves the installed recorder at `/metrics`, as a router to merge into the service's own.
///
/// It needs no handle of the recorder and may be called before it is installed; until then it answers 503. A service that has the
/// handle can call [`Recorder::router`] instead. A router with a state merges it after [`with_state`](axum::Router::with_state).
///
/// Merge it before the layers that must see every request. A merged router brings its own fallback, which replaces yours and
/// bypasses the layers around it, unless you have set a [`fallback`](axum::Router::fallback):
///
/// ```
/// # #[cfg(feature = "http")] {
/// use mme_metrics::http::HttpLayer;
///
/// let app: axum::Router = axum::Router::new()
///     .route("/", axum::routing::get(|| async { "hello" }))
///     .merge(mme_metrics::metrics_router())
///     .layer(HttpLayer::new().skip("/metrics")?);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn metrics_router() -> axum::Router {
    Endpoint::installed().into_router()
}

impl Recorder {
    /// Serves this recorder at `/metrics`, as a router to merge into the service's own.
    ///
    /// Merge it before the layers that must see every request, as [`metrics_router`] says. An [`Endpoint`] has credentials,
    /// another path and a listener of its own.
    ///
    /// ```
    /// let recorder = mme_metrics::Recorder::builder().build()?;
    /// let app: axum::Router = axum::Router::new().merge(recorder.router());
    /// # Ok::<(), mme_metrics::recorder::BuildError>(())
    /// ```
    pub fn router(&self) -> axum::Router {
        Endpoint::new(self.clone()).into_router()
    }
}

/// Decides how metrics are served, and serves them: it is its own builder and a [`Service`]. Clones share expositions.
///
/// ```
/// use mme_metrics::{Recorder, endpoint::Endpoint};
///
/// let recorder = Recorder::builder().build()?;
/// let router = Endpoint::new(recorder).path("/internal/metrics").bearer("a long secret").into_router();
/// # let _: axum::Router = router;
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `None` for the installed one.
    recorder: Option<Recorder>,
    gate: Gate,
    renders: Arc<Renders>,
}

impl Endpoint {
    /// Serves `recorder` at `/metrics` to every caller.
    pub fn new(recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..Self::installed() }
    }

    /// Serves the installed recorder, which may be installed later.
    pub fn installed() -> Self {
        let gate = Gate::new("metrics", "/metrics", Exposure::Public);
        Self { recorder: None, gate, renders: Arc::default() }
    }

    /// Sets the path; a leading slash is added if there is none. The path of a request is compared as it was sent, not decoded.
    pub fn path(mut self, path: &str) -> Self {
        self.gate = self.gate.path(path);
        self
    }

    /// Demands `Authorization: Bearer` with this token. Several may be set, so that one can replace another. No request
    /// matches an empty token.
    pub fn bearer(mut self, token: &str) -> Self {
        self.gate = self.gate.bearer(token);
        self
    }

    /// Demands `Authorization: Basic` with this user and password. Several may be set. No request matches an empty password.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.gate = self.gate.basic(user, password);
        self
    }

    /// Allows a host name by which [`listen`](Self::listen) may be asked, without a port. Several may be set.
    ///
    /// It protects against DNS rebinding: a page in a browser that lets its own domain name point to this machine, to read what is
    /// served there. A listener at a loopback address accepts addresses, `localhost` and other names without a dot, and the names
    /// that are allowed; any other name is answered with 421. Elsewhere it accepts every name until one is allowed. A router
    /// checks no names, because it has those of its server.
    ///
    /// ```
    /// # let recorder = mme_metrics::Recorder::builder().build()?;
    /// let endpoint = mme_metrics::endpoint::Endpoint::new(recorder).allow_host("metrics.example.com");
    /// # drop(endpoint);
    /// # Ok::<(), mme_metrics::recorder::BuildError>(())
    /// ```
    pub fn allow_host(mut self, name: &str) -> Self {
        self.gate = self.gate.allow_host(name);
        self
    }

    /// Checks names as a listener at this address.
    pub(super) fn listening(mut self, address: SocketAddr) -> Self {
        self.gate = self.gate.listening(address);
        self
    }

    /// Makes a router of it, with its path as the only route.
    ///
    /// Merge it before the layers that must see every request, as [`metrics_router`] says.
    pub fn into_router(self) -> axum::Router {
        let route = self.gate.route();
        axum::Router::new().without_v07_checks().route_service(&route, self)
    }

    /// Waits until an exposition that was started at `moment` or later has been sent to its end.
    #[cfg(feature = "drain")]
    pub(super) async fn scraped_since(&self, moment: std::time::Instant) {
        self.renders.read_since(moment).await;
    }

    /// Answers a request; the answer is not compressed yet.
    fn answer<B>(&self, request: &Request<B>) -> Response<Content> {
        let coding = accept::coding(request.headers());
        // Only an exposition is compressed.
        let refused = |refusal: Response<Bytes>| {
            refusal.map(|text| if coding.identity { Content::Sentence(text) } else { Content::default() })
        };
        if let Some(refusal) = self.gate.refuse(request) {
            return refused(refusal);
        }
        let Some(recorder) = self.recorder.as_ref().or_else(|| Recorder::installed()) else {
            return refused(sentence(StatusCode::SERVICE_UNAVAILABLE, missing_recorder()));
        };
        let format = accept::negotiate(request.headers());
        let is_acceptable = coding.identity || (encoding::CAN_GZIP && coding.gzip);
        let status = if is_acceptable { StatusCode::OK } else { StatusCode::NOT_ACCEPTABLE };
        let content = if !is_acceptable || request.method() == Method::HEAD {
            Content::default()
        } else {
            Content::Exposition { reader: self.renders.read(recorder, format), burst: 0 }
        };
        let mut response = answer(status, format.content_type(), content);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static(encoding::VARY));
        // A layer around the router measures scrapes too.
        #[cfg(any(feature = "grpc", feature = "http"))]
        response.extensions_mut().insert(crate::trace::TraceOptOut);
        response
    }
}

impl<B> Service<Request<B>> for Endpoint {
    type Response = Response<super::EndpointBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let is_head = request.method() == Method::HEAD;
        let response = self.answer(&request);
        ResponseFuture::new(encode(request, response), is_head)
    }
}

/// Says why there is no recorder to serve, and what to do.
fn missing_recorder() -> &'static str {
    if has_foreign_recorder() {
        "the recorder of another crate is installed, and its metrics are not served here: replace it by `mme_metrics::install()`\n"
    } else {
        "no recorder is installed: call `mme_metrics::install()` at the start of `main`\n"
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Empty};

    use super::*;
    use crate::{Format, Recorder};

    fn recorder() -> Recorder {
        Recorder::builder().process_metrics(false).build().unwrap()
    }

    /// Asks `service` for `path`.
    async fn ask<S, B>(mut service: S, path: &str) -> (u16, String)
    where
        S: Service<Request<axum::body::Body>, Response = Response<B>, Error = Infallible>,
        B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
    {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = service.call(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn it_is_shared_and_sent_between_threads() {
        fn is_shared<T: Clone + Send + Sync + 'static>() {}
        fn is_sent<T: Send + 'static>() {}
        is_shared::<Endpoint>();
        is_sent::<super::super::EndpointBody>();
        is_sent::<ResponseFuture>();
    }

    #[tokio::test]
    async fn it_is_a_service_for_any_body() {
        let request = Request::get("/metrics").body(Empty::<Bytes>::new()).unwrap();
        let response = Endpoint::new(recorder()).call(request).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], Format::Text.content_type());
        assert!(response.into_body().collect().await.is_ok());
    }

    #[tokio::test]
    async fn a_request_that_accepts_no_coding_there_is_starts_no_exposition() {
        let endpoint = Endpoint::new(recorder()).bearer("secret");
        let unread = format!("{:?}", endpoint.renders);
        for (method, path, token, coding, status) in [
            (Method::GET, "/metrics", "secret", "identity;q=0", 406),
            (Method::HEAD, "/metrics", "secret", "*;q=0", 406),
            // The first check that fails decides.
            (Method::POST, "/metrics", "secret", "identity;q=0", 405),
            (Method::GET, "/metrics", "wrong", "*;q=0", 401),
            (Method::GET, "/metrics", "wrong", "gzip, identity;q=0", 401),
            (Method::GET, "/other", "secret", "*;q=0", 404),
        ] {
            let request = Request::builder().method(method).uri(path).header(header::ACCEPT_ENCODING, coding);
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let response = endpoint.clone().call(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{path} {coding}");
            assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty(), "{path} {coding}");
            assert_eq!(format!("{:?}", endpoint.renders), unread, "{path} {coding}");
        }
        let request = Request::get("/metrics").header(header::AUTHORIZATION, "Bearer secret");
        let scrape = endpoint.clone().call(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_ne!(format!("{:?}", endpoint.renders), unread, "a scrape that is answered is seen");
        drop(scrape);
    }

    #[tokio::test]
    async fn its_router_stands_beside_and_under_others() {
        let own = || Endpoint::new(recorder()).into_router();
        let hello = axum::Router::new().route("/", axum::routing::get(|| async { "hello" }));
        let app = hello.merge(own()).nest("/internal", own());
        assert_eq!(ask(app.clone(), "/").await, (200, "hello".to_owned()));
        for path in ["/metrics", "/internal/metrics"] {
            let (status, text) = ask(app.clone(), path).await;
            assert!(status == 200 && text.contains("# TYPE mme_series gauge\n"), "{path}");
        }
        assert_eq!(ask(app, "/metric").await, (404, String::new()));
    }

    #[tokio::test]
    async fn a_path_names_no_parameters() {
        for path in ["/{own}", "/:own", "/*own", "/", "/{{", "/{*own}"] {
            let router = Endpoint::new(recorder()).path(path).into_router();
            assert_eq!(ask(router, "/other").await.0, 404, "{path}");
        }
        assert_eq!(ask(Endpoint::new(recorder()).path("a/:b").into_router(), "/a/:b").await.0, 200);
    }

    #[tokio::test]
    async fn before_install_the_router_says_what_to_do() {
        let (status, text) = ask(metrics_router(), "/metrics").await;
        assert!(
            status == 503 && text.starts_with("no recorder is installed: call `mme_metrics::install()`"),
            "{status} {text}"
        );
    }

    #[test]
    fn a_recorder_of_another_crate_is_named_as_the_reason() {
        let text = metrics::with_local_recorder(&recorder(), missing_recorder);
        assert!(text.starts_with("the recorder of another crate is installed"), "{text}");
    }
}
