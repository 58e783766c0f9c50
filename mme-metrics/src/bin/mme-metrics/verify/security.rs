//! Checks for refused callers and for a flood of requests: of each service, and of the gateway in front of it.

use super::check::State;
use crate::prometheus::Prometheus;

/// Callers that were refused, a second.
const REFUSALS: [&str; 2] = [
    "max by (job) (job:auth_refusals:rate5m)",
    "sum by (job) (rate(traefik_service_requests_total{code=\"401\"}[5m]))",
];

/// Requests a second.
const REQUESTS: [&str; 2] = [
    "sum by (job) (rate(http_server_request_duration_seconds_count[1m]))",
    "sum by (job) (rate(traefik_service_requests_total[1m]))",
];

pub(super) fn auth_failures(prometheus: &Prometheus, limit: f64) -> Result<State, String> {
    check(prometheus, &REFUSALS, limit, "callers are refused")
}

pub(super) fn rate_limiting(prometheus: &Prometheus, limit: f64) -> Result<State, String> {
    check(prometheus, &REQUESTS, limit, "requests arrive")
}

fn check(prometheus: &Prometheus, expressions: &[&str], limit: f64, what: &str) -> Result<State, String> {
    let mut samples = Vec::new();
    for expression in expressions {
        samples.extend(prometheus.query(expression, None)?);
    }
    if samples.is_empty() {
        return Ok(State::Skipped("nothing counts them".to_owned()));
    }
    let over = samples.iter().filter(|sample| sample.value > limit);
    let problems =
        over.map(|sample| format!("{}: {:.2} {what} a second, more than {limit}", sample.label("job"), sample.value));
    let most = samples.iter().map(|sample| sample.value).fold(0.0, f64::max);
    Ok(State::of(problems.collect(), format!("at most {most:.2} a second")))
}
