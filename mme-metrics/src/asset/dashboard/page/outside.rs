//! The rows of probes from the outside and of Vault.

use crate::asset::dashboard::{DisplayUnit, Panel, Promql, Row, Series, View};

const INSTANCE: [&str; 1] = ["instance"];
const LEGEND: &str = "{{instance}}";

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Returns the row of probes by `blackbox_exporter`; an instance is the address that is probed.
pub(super) fn probes() -> Row {
    let series = |name: &str| Series::foreign(name).value();
    Row::new("Probes from the outside")
        .panel(
            Panel::new("Probes", DisplayUnit::FailedOk, "Whether each address answers a request from the outside.")
                .view(View::StateTimeline)
                .query(series("probe_success").min_by(&INSTANCE), LEGEND),
        )
        .panel(
            Panel::new(
                "Duration of probes",
                DisplayUnit::Seconds,
                "How long each phase of a probe takes: resolve, connect, tls, processing, transfer.",
            )
            .query(series("probe_http_duration_seconds").max_by(&["instance", "phase"]), "{{instance}} {{phase}}"),
        )
        .panel(
            Panel::new(
                "Certificates that probes see",
                DisplayUnit::Seconds,
                "Time until the first certificate of the chain expires. A negative time has passed since.",
            )
            .query(series("probe_ssl_earliest_cert_expiry").min_by(&INSTANCE).minus_now(), LEGEND)
            .warning_below("MmeProbeCertificateExpiring", 14.0 * DAY),
        )
}

/// Returns the row of Vault.
pub(super) fn vault() -> Row {
    let lost = |kind: &str| Series::foreign(&format!("vault_audit_log_{kind}_failure")).counts().sum_by(&INSTANCE);
    let mean = Promql::from("max by (instance) (instance:vault_request_duration_seconds:mean5m)");
    Row::new("Vault")
        .panel(
            Panel::new(
                "Vault servers",
                DisplayUnit::UpDown,
                "Whether each server is unsealed. A sealed one answers nothing.",
            )
            .view(View::StateTimeline)
            .query(Series::foreign("instance:vault_unsealed:max").value().min_by(&INSTANCE), LEGEND),
        )
        .panel(
            Panel::new("Vault requests", DisplayUnit::RequestsPerSecond, "Responses by status.")
                .sum(&Series::foreign("vault_core_response_status_code").rate(), &["code"]),
        )
        .panel(
            Panel::new("Vault latency", DisplayUnit::Seconds, "Mean duration of a request over five minutes.")
                .query(mean, LEGEND),
        )
        .panel(
            Panel::new(
                "Vault audit log failures",
                DisplayUnit::Short,
                "Entries that could not be written. Vault answers no request that it cannot log.",
            )
            .view(View::Counts)
            .query(lost("request"), "request {{instance}}")
            .query(lost("response"), "response {{instance}}"),
        )
        .panel(
            Panel::new("Vault leases", DisplayUnit::Short, "Secrets and tokens that have not expired.")
                .query(Series::foreign("vault_expire_num_leases").value().max_by(&INSTANCE), LEGEND),
        )
}
