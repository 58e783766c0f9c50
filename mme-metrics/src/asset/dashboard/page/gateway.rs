//! The gateway dashboard, for Traefik.

use super::host::Select;
use super::state;
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Row, Series, View};

const ROUTER: [&str; 1] = ["router"];
const SERVICE: [&str; 1] = ["service"];

/// Returns the dashboard of the gateway.
pub fn gateway() -> Dashboard {
    Dashboard::of_exporter(
        "mme-gateway",
        "Gateway",
        "Requests, errors, latency and servers as the gateway Traefik sees them.",
        "traefik_entrypoint_requests_total",
    )
    .row(state::state())
    .row(traffic(Series::of_target))
    .row(upstream(Series::of_target))
    .row(entry(Series::of_target))
}

/// Returns the row of requests, error ratios and latency by route.
pub(super) fn traffic(select: Select) -> Row {
    let requests = select("traefik_router_requests_total");
    let all = requests.rate().sum_by(&ROUTER);
    let failed = |codes: &str| {
        let part = requests.clone().matching(&format!("code=~\"{codes}\"")).rate().sum_by(&ROUTER);
        part.or_zero_of(&all).share_of(&all)
    };
    let durations = select("traefik_service_request_duration_seconds_bucket");
    Row::new("Gateway (Traefik)")
        .panel(
            Panel::new("Gateway requests", DisplayUnit::RequestsPerSecond, "Requests by router.")
                .sum(&requests.rate(), &ROUTER),
        )
        .panel(
            Panel::new(
                "Gateway errors",
                DisplayUnit::Share,
                "Share of responses with 4xx, which are the client's fault, and with 5xx, which are not.",
            )
            .query(failed("4.."), "4xx {{router}}")
            .query(failed("5.."), "5xx {{router}}")
            .warning("MmeGatewayErrorRateHigh", 0.05),
        )
        .panel(
            Panel::new(
                "Upstream latency",
                DisplayUnit::Seconds,
                "Time until a service behind the gateway has answered.",
            )
            .query(durations.quantile(0.5, &SERVICE), "p50 {{service}}")
            .query(durations.quantile(0.95, &SERVICE), "p95 {{service}}")
            .warning("MmeGatewayLatencyHigh", 0.5),
        )
}

fn upstream(select: Select) -> Row {
    Row::new("Servers behind the gateway")
        .panel(
            Panel::new("Servers", DisplayUnit::UpDown, "Servers of services with a health check.")
                .view(View::StateTimeline)
                .query(select("traefik_service_server_up").value().min_by(&["service", "url"]), "{{service}} {{url}}"),
        )
        .panel(
            Panel::new("Responses by status", DisplayUnit::RequestsPerSecond, "Responses of each service by status.")
                .sum(&select("traefik_service_requests_total").rate(), &["service", "code"]),
        )
        .panel(
            Panel::new("Retries", DisplayUnit::EventsPerSecond, "Requests that the gateway sent again.")
                .sum(&select("traefik_service_retries_total").rate(), &SERVICE),
        )
}

fn entry(select: Select) -> Row {
    let requests = select("traefik_entrypoint_requests_total");
    Row::new("Entry points")
        .panel(
            Panel::new(
                "Requests by entry point",
                DisplayUnit::RequestsPerSecond,
                "Requests by status class are on the panels above.",
            )
            .sum(&requests.rate(), &["entrypoint"]),
        )
        .panel(
            Panel::new("Open connections", DisplayUnit::Short, "Connections that clients hold open.")
                .sum(&select("traefik_open_connections").value(), &["entrypoint", "protocol"]),
        )
        .panel(
            Panel::new("Configuration reloaded", DisplayUnit::Since, "When the gateway last loaded its configuration.")
                .view(View::Stat)
                .max(&select("traefik_config_last_reload_success").value().times(1000), &[]),
        )
}
