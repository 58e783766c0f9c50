//! The objectives of the service: which share of events has to be good, and which events are good.
//!
//! `server.rs` assigns objectives to routes, and `documents/process.rs` to a function.

use std::time::Duration;

use mme_metrics::http::{HttpLayer, HttpRouteError};
use mme_metrics::slo::Objective;

/// Promotions: p95 under 100 ms.
static PROMOTE_LATENCY: Objective = Objective::latency("promote_latency", 0.95, Duration::from_millis(100));

/// Promotions: errors under 0.5 %.
static PROMOTE_SUCCESS: Objective = Objective::success("promote_success", 0.995);

/// Reading documents: 99.9 % succeed within 250 ms.
static READ: Objective = Objective::success("document_read", 0.999).within(Duration::from_millis(250));

/// Text recognition: 90 % of scans are read. A scan that takes too long counts as failed.
pub(crate) static RECOGNITION: Objective = Objective::success("text_recognition", 0.9);

/// Assigns the objectives to routes.
pub(crate) fn of_routes(layer: HttpLayer) -> Result<HttpLayer, HttpRouteError> {
    layer
        .listener_on("POST /promote", &PROMOTE_LATENCY)?
        .listener_on("POST /promote", &PROMOTE_SUCCESS)?
        .listener_on("GET /documents/{id}", &READ)
}

/// Creates the zero series of the functions' objectives. The layers do that for the objectives of routes.
pub(crate) fn declare() {
    RECOGNITION.touch();
}
