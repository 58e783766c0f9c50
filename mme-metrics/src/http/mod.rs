//! Metrics of HTTP servers and clients: durations and outcomes of requests, requests in flight, and streams.
//!
//! Four lines measure an axum service:
//!
//! ```no_run
//! # #[cfg(feature = "prometheus")] {
//! # use axum::{Router, routing::get};
//! use mme_metrics::http::HttpLayer;
//!
//! mme_metrics::install()?;
//! let app: Router = Router::new()
//!     .route("/users/{id}", get(|| async { "a user" }))
//!     .merge(mme_metrics::metrics_router())
//!     .layer(HttpLayer::new().skip("/metrics")?);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The documentation of [`HttpLayer`] explains where to put it and its options. [`HttpClientLayer`] measures the requests that
//! the service sends.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `http_server_request_duration_seconds` | once per request, at its end: the last byte of the response, an error, a panic or a drop; its `_count` is the number of requests |
//! | `http_server_active_requests` | up when the service is called, down at that same end |
//! | `http_server_response_start_duration_seconds` | if enabled: when the head of the response is ready |
//! | `http_server_request_body_size_bytes`, `http_server_response_body_size_bytes` | if enabled: once per request, at its end, with the bytes that were transferred |
//! | `http_server_active_streams` | up at the head of an event stream or of the response that upgrades the connection, down when that ends |
//! | `http_server_stream_duration_seconds` | when such a stream ends |
//! | `http_client_request_duration_seconds`, `http_client_active_requests` | as on the server |
//!
//! For event streams, upgrades and CONNECT the request ends at the head, so that the durations of streams are not among those of
//! requests. Event streams are measured automatically. The code that handles an upgraded connection holds a [`StreamGuard`] for
//! it. For a WebSocket of axum that is one argument and one call:
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! # use axum::extract::ws::{WebSocket, WebSocketUpgrade};
//! # use axum::response::Response;
//! use mme_metrics::http::StreamGuard;
//!
//! async fn chat(upgrade: WebSocketUpgrade, open: StreamGuard) -> Response {
//!     upgrade.on_upgrade(|socket| open.during(talk(socket)))
//! }
//! # async fn talk(_: WebSocket) {}
//! # let _: axum::Router = axum::Router::new().route("/chat", axum::routing::any(chat));
//! # }
//! ```
//!
//! The module [`exchange`](crate::exchange) defines the ends of a request. Their labels are:
//!
//! | end | `http_response_status_code` | `error_type` |
//! |---|---|---|
//! | complete | the status | empty, or the status if it is a 5xx |
//! | dropped before the head | absent | `cancelled` |
//! | dropped after the head | the status that was sent | `cancelled`, or the status if it is a 5xx |
//! | panic | absent or the status, likewise | `panic` |
//! | error of the service | absent | `service` |
//! | error of the body | the status | `body` |
//!
//! HTTP has the statuses 100 to 599. One of 600 to 999 is absent, and its `error_type` is `_OTHER`.
//!
//! The layer cannot know whether the last bytes reached the client.
//!
//! # What it costs
//!
//! A series of the duration has 18 lines. There is one for each combination of method, route, status and error type that occurs.
//! Routes are templates, at most 1 000 of them; paths and methods that a client invents become `_unmatched` and `_OTHER`. A
//! request on a known route takes no lock and reads the clock twice. It allocates only if its extensions have to grow for the
//! mark that prevents inner layers from counting it again. Unmatched requests, upgrades, extra labels and request sizes allocate.
//!
//! # Assets
//!
//! `http.yml` in `rules/`, `alerts/` and `tests/` of `assets/prometheus`, and the dashboard `application`. A series begins with its
//! first event, which `rate()` does not count as an increase. The bundled rules count it; for rules of your own,
//! [`HttpLayer::routes`] adds zero series.

#[cfg(feature = "http")]
mod client;
mod label;
#[cfg(feature = "http")]
mod layer;
mod metrics;
#[cfg(feature = "http")]
mod pattern;
#[cfg(feature = "http")]
mod plan;
#[cfg(feature = "http")]
mod request_body;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "http")]
mod rules;
#[cfg(feature = "http")]
mod series;
#[cfg(feature = "http")]
mod stream;
#[cfg(feature = "http")]
mod watch;

#[cfg(feature = "http")]
pub use self::client::{HttpClientExchange, HttpClientLayer, HttpClientService, HttpClientWatch};
pub use self::label::{HttpErrorType, HttpMethod, HttpStatus, HttpStreamKind, Route, Scheme};
#[cfg(feature = "http")]
pub use self::layer::{HttpLayer, HttpService};
pub use self::metrics::{HTTP, HttpMetrics};
#[cfg(feature = "http")]
pub use self::pattern::HttpRouteError;
#[cfg(feature = "http")]
pub use self::request_body::{HttpRequestBody, HttpRequestSize, count_request_body};
#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestService, SendMeasured};
#[cfg(feature = "http")]
pub use self::rules::{RequestHead, ResponseHead};
#[cfg(feature = "http")]
pub use self::stream::StreamGuard;
#[cfg(feature = "http")]
pub use self::watch::{HttpExchange, HttpWatch};
