//! HTTP servers and clients: how long requests take, how they end, how many run, and how long streams live.
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
//!     .route("/users/{id}", get(|| async { "somebody" }))
//!     .merge(mme_metrics::metrics_router())
//!     .layer(HttpLayer::new().skip("/metrics")?);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`HttpLayer`] says where it goes and what else it does; [`HttpClientLayer`] is the same for requests that the service sends.
//!
//! # When each metric moves
//!
//! | metric | moves |
//! |---|---|
//! | `http_server_request_duration_seconds` | once per request, at its end: the last byte of the response, an error, a panic or a drop; its `_count` is the number of requests |
//! | `http_server_active_requests` | up when the service is called, down at that same end |
//! | `http_server_response_start_duration_seconds` | if asked for: when the head of the response is ready |
//! | `http_server_request_body_size_bytes`, `http_server_response_body_size_bytes` | if asked for: once per request, at its end, with the bytes that passed |
//! | `http_server_active_streams` | up at the head of an event stream or of the response that upgrades the connection, down when that ends |
//! | `http_server_stream_duration_seconds` | when such a stream ends |
//! | `http_client_request_duration_seconds`, `http_client_active_requests` | as on the server |
//!
//! For event streams, upgrades and CONNECT the request ends at the head, so that their lives never enter request durations. Event
//! streams are measured without more; an upgraded connection belongs to whoever awaits the upgrade, who keeps a [`StreamGuard`]
//! beside it. For a WebSocket of axum that is one argument and one word:
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
//! [`exchange`](crate::exchange) has the table of ends; here they read:
//!
//! | end | `http_response_status_code` | `error_type` |
//! |---|---|---|
//! | complete | the status | empty, or the status if it is a 5xx |
//! | dropped before the head | absent | `cancelled` |
//! | dropped after the head | the status that was sent | `cancelled` |
//! | panic | absent or the status, likewise | `panic` |
//! | error of the service | absent | `service` |
//! | error of the body | the status | `body` |
//!
//! The service sees everything that a caller could: what it cannot see is whether the last bytes reached the client.
//!
//! # What it costs
//!
//! A series of the duration is 18 lines. There is one for each method, route, status and way to fail that occurs; routes are
//! templates, at most 1 000 of them, and what a client invents reads `_unmatched` or `_OTHER`. A request on a known route
//! takes no lock and reads the clock twice, and allocates only if its extensions have to grow for the mark that tells inner
//! layers it is measured; unmatched ones, upgrades, extra labels and request sizes allocate.
//!
//! # Assets
//!
//! `http.yml` in `rules/`, `alerts/` and `tests/` of `assets/prometheus`, and the dashboard `application`. A series begins with its
//! first event, which `rate()` takes for no increase: the bundled rules count it, and [`HttpLayer::routes`] makes series exist
//! beforehand for rules of your own.

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
pub use self::label::{HttpErrorType, HttpMethod, HttpStatus, HttpStreamKind, Route, Scheme, ServerPort};
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
