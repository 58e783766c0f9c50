//! The router of an admin endpoint, behind the [`Gate`].

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use bytes::Bytes;
use http::Response;

use super::gate::Gate;

/// Makes a router with one route, that of `gate`. A request that may pass gets what `answer` returns.
pub(crate) fn router(gate: Gate, answer: impl Fn(&Request) -> Response<Bytes> + Send + Sync + 'static) -> Router {
    let route = gate.route();
    let shared = Arc::new((gate, answer));
    let respond = async move |request: Request| {
        let (gate, answer) = &*shared;
        gate.refuse(&request).unwrap_or_else(|| answer(&request)).map(Body::from)
    };
    Router::new().without_v07_checks().route(&route, any(respond))
}
