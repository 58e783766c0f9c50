//! HTTP: every request is counted once, whatever its outcome, and passes through unchanged.

mod allocation;
mod bodies;
mod budget;
mod client;
mod connections;
mod ends;
mod flood;
mod labels;
mod long_streams;
mod polls;
mod resets;
mod routes;
mod setup_order;
mod streams;
mod unread;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use mme_metrics::http::{HTTP, HttpErrorType, HttpLayer, HttpMethod, HttpStatus, Route, Scheme};
use mme_metrics::testing::{Emission, Expectation};

/// The route that all requests of these tests have unless they are about routes.
const ROUTE: &str = "/";

fn layer() -> HttpLayer {
    HttpLayer::new().route_fn(|_| Some(ROUTE))
}

fn get() -> Request<Empty<Bytes>> {
    Request::new(Empty::new())
}

async fn hello(_: Request<Empty<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("hello")))
}

type ServerLabels = (HttpMethod, Route, HttpStatus, Scheme, HttpErrorType);

/// The labels of a GET of [`ROUTE`] that ended so; no status is 0.
fn ended(status: u16, error: HttpErrorType) -> ServerLabels {
    // Registering again returns the same route.
    let route = Route::register(ROUTE).expect("it is short and there are few");
    (HttpMethod::Get, route, HttpStatus::new(status), Scheme::Http, error)
}

/// Expects that `count` requests ended so.
fn expect(emission: &Emission, status: u16, error: HttpErrorType, count: u64) -> Expectation<'_> {
    emission.expect().histogram(&HTTP.server_duration, ended(status, error), count)
}
