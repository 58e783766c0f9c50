//! What the service promises: a share of events that is good, and what good means.
//!
//! Routes count for their objectives in `server.rs`, a function in `documents/process.rs`.

use std::time::Duration;

use mme_metrics::http::{HttpLayer, HttpRouteError};
use mme_metrics::slo::Objective;

/// Promotions: p95 under 100 ms.
static PROMOTE_LATENCY: Objective = Objective::latency("promote_latency", 0.95, Duration::from_millis(100));

/// Promotions: errors under 0.5 %.
static PROMOTE_SUCCESS: Objective = Objective::success("promote_success", 0.995);

/// Reading documents works, and at once.
static READ: Objective = Objective::success("document_read", 0.999).within(Duration::from_millis(250));

/// Text recognition reads what it is given; what takes it too long is given up.
pub(crate) static RECOGNITION: Objective = Objective::success("text_recognition", 0.9);

/// Tells the objectives of routes how requests end.
pub(crate) fn of_routes(layer: HttpLayer) -> Result<HttpLayer, HttpRouteError> {
    layer
        .listener_on("POST /promote", &PROMOTE_LATENCY)?
        .listener_on("POST /promote", &PROMOTE_SUCCESS)?
        .listener_on("GET /documents/{id}", &READ)
}

/// Makes the objectives of functions known before their first call; layers do that for theirs.
pub(crate) fn declare() {
    RECOGNITION.touch();
}
