//! An admin endpoint that serves a value as JSON, behind the [`Gate`].

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use http::StatusCode;
use serde::Serialize;

use super::gate::Gate;
use super::json::json;

/// Makes a router with one route, that of `gate`. It serves what `view` returns when the request comes.
pub(super) fn router<T: Serialize>(gate: Gate, view: impl Fn() -> T + Send + Sync + 'static) -> Router {
    let route = gate.route();
    let shared = Arc::new((gate, view));
    let answer = async move |request: Request| {
        let (gate, view) = &*shared;
        gate.refuse(&request).unwrap_or_else(|| json(StatusCode::OK, &view())).map(Body::from)
    };
    Router::new().without_v07_checks().route(&route, any(answer))
}
