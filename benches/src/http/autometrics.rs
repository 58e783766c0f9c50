//! `autometrics` on the handler: no layer, and so neither body nor status nor route.

use axum::Router;
use axum::routing::get;

use super::{ROUTE, user};
use crate::contest::Contestant;
use crate::function;

#[autometrics::autometrics]
async fn measured_user() -> &'static str {
    user().await
}

pub(super) fn contestant() -> Contestant {
    let router = Router::new().route(ROUTE, get(measured_user));
    super::contestant("autometrics, on the handler", router, function::autometrics_total("measured_user"))
}
