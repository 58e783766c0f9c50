//! The endpoint as a builder, a service and a router.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;
use tower_service::Service;

use super::accept;
use super::auth::Credentials;
use super::body::{Content, ResponseFuture};
use super::listener::{self, ListenError, MetricsListener};
use super::render::Renders;
use crate::recorder::Recorder;

/// Serves the installed recorder at `/metrics`, to be merged into the router of a service.
///
/// Until [`RecorderBuilder::install`](crate::RecorderBuilder::install) was called, it answers 503 and says so. A router with a state merges
/// it after [`with_state`](axum::Router::with_state).
///
/// Merge it before the layers that are to see every request. A merged router brings its own answer to what no route matches,
/// and takes the place of yours, with the layers around it, unless you have set a
/// [`fallback`](axum::Router::fallback):
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
    /// Nothing for the installed one.
    recorder: Option<Recorder>,
    path: Arc<str>,
    credentials: Credentials,
    renders: Arc<Renders>,
}

impl Endpoint {
    /// Serves `recorder` at `/metrics`, to anybody.
    pub fn new(recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..Self::installed() }
    }

    /// Serves the installed recorder, which may be installed later.
    pub fn installed() -> Self {
        let (credentials, renders) = (Credentials::default(), Arc::default());
        Self { recorder: None, path: "/metrics".into(), credentials, renders }
    }

    /// Sets the path; a leading slash is added if there is none. It is compared with the request's as it was sent.
    pub fn path(mut self, path: &str) -> Self {
        self.path = with_slash(path).into();
        self
    }

    /// Asks for `Authorization: Bearer` with this token. Several may be set, so that one can replace another; an empty one
    /// opens nothing.
    pub fn bearer(mut self, token: &str) -> Self {
        self.credentials.bearer(token);
        self
    }

    /// Asks for `Authorization: Basic` with this user and password. Several may be set; an empty password opens nothing.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.credentials.basic(user, password);
        self
    }

    /// Makes a router of it, with its path as the only route.
    ///
    /// Merge it before the layers that are to see every request, as [`metrics_router`] says.
    pub fn into_router(self) -> axum::Router {
        let route = as_it_reads(&self.path);
        axum::Router::new().without_v07_checks().route_service(&route, self)
    }

    /// Opens a port for it, and serves there until [`MetricsListener::shutdown`], on the runtime it is called in.
    ///
    /// [`DEFAULT_ADDRESS`](super::DEFAULT_ADDRESS) is reached from this machine only; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// When it is called outside a tokio runtime, or the address cannot be had.
    ///
    /// # Panics
    ///
    /// When the runtime was built without its network and time drivers (`enable_all`).
    pub fn listen(self, address: impl Into<SocketAddr>) -> Result<MetricsListener, ListenError> {
        listener::listen(self, address.into())
    }

    /// Answers a request, but for compression.
    fn answer<B>(&self, request: &Request<B>) -> Response<Content> {
        if request.uri().path() != &*self.path {
            return sentence(StatusCode::NOT_FOUND, format!("metrics are at {}\n", self.path));
        }
        if !self.credentials.admit(request.headers()) {
            let mut response = sentence(StatusCode::UNAUTHORIZED, "credentials are missing or wrong\n");
            for challenge in self.credentials.challenges() {
                response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
            }
            return response;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = sentence(StatusCode::METHOD_NOT_ALLOWED, "metrics are read with GET or HEAD\n");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let Some(recorder) = self.recorder.as_ref().or_else(|| Recorder::installed()) else {
            return sentence(
                StatusCode::SERVICE_UNAVAILABLE,
                "no recorder is installed: call `mme_metrics::Recorder::builder().install()` at the start of `main`\n",
            );
        };
        let format = accept::negotiate(request.headers());
        let content = if request.method() == Method::HEAD {
            Content::default()
        } else {
            Content::Exposition { reader: self.renders.read(recorder, format), burst: 0 }
        };
        let vary = HeaderValue::from_static("accept, accept-encoding");
        respond(StatusCode::OK, content, format.content_type(), Some(vary))
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
        let service = Compression::new(Plain(self)).quality(CompressionLevel::Fastest);
        ResponseFuture::new(service.compress_when::<Compressed>(is_exposition).call(request), is_head)
    }
}

/// Returns a path that begins with one slash.
pub(super) fn with_slash(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

/// Returns the route of a path that is meant as it reads: braces and colons name no parameters.
pub(super) fn as_it_reads(path: &str) -> String {
    path.replace('{', "{{").replace('}', "}}")
}

/// The endpoint before compression.
struct Plain<'a>(&'a Endpoint);

impl<B> Service<Request<B>> for Plain<'_> {
    type Response = Response<Content>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Content>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.0.answer(&request)))
    }
}

/// Says which answers are compressed.
pub(super) type Compressed = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// A sentence would grow.
fn is_exposition(status: StatusCode, _: Version, _: &HeaderMap, _: &Extensions) -> bool {
    status == StatusCode::OK
}

fn sentence(status: StatusCode, text: impl Into<Bytes>) -> Response<Content> {
    respond(status, Content::Sentence(text.into()), "text/plain; charset=utf-8", None)
}

fn respond(status: StatusCode, content: Content, kind: &'static str, vary: Option<HeaderValue>) -> Response<Content> {
    let mut response = Response::new(content);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Label values may come from strangers; a browser must not take them for a page.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(vary) = vary {
        headers.insert(header::VARY, vary);
    }
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Empty};

    use super::*;
    use crate::{Format, Recorder};

    fn recorder() -> Recorder {
        Recorder::builder().without_process_metrics().build().unwrap()
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
        assert!(status == 503 && text.contains("`mme_metrics::Recorder::builder().install()`"), "{status} {text}");
    }
}
