//! An admin endpoint that serves a value as JSON, behind the [`Gate`].

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;

use super::answer::{answer, sentence};
use super::gate::Gate;

/// Makes a router with one route, that of `gate`. It serves what `view` returns when the request comes.
pub(super) fn router<T: Serialize>(gate: Gate, view: impl Fn() -> T + Send + Sync + 'static) -> Router {
    let route = gate.route();
    let shared = Arc::new((gate, view));
    let answer = async move |request: Request| {
        let (gate, view) = &*shared;
        gate.refuse(&request).unwrap_or_else(|| json(&view())).map(Body::from)
    };
    Router::new().without_v07_checks().route(&route, any(answer))
}

/// Answers with `value` as one line of JSON.
fn json(value: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(mut text) => {
            text.push(b'\n');
            answer(StatusCode::OK, "application/json", text.into())
        }
        Err(error) => {
            sentence(StatusCode::INTERNAL_SERVER_ERROR, format!("the answer cannot be written as JSON: {error}\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that serde refuses.
    struct Unwritable;

    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no text"))
        }
    }

    #[test]
    fn a_value_is_one_line_and_a_failure_says_why() {
        let response = json(&[1, 2]);
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &b"[1,2]\n"[..]));
        let response = json(&Unwritable);
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(&response.body()[..], b"the answer cannot be written as JSON: no text\n");
    }
}
