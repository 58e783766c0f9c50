//! The infrastructure dashboard: databases, connection pools, replicas, caches and hosts.

use super::{connection, host, outside, state, store};
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Promql, Row, Series, View};
use crate::cache::CACHE;
use crate::database::DATABASE;
use crate::metric::Spec;

/// Returns the dashboard of databases, pools, replicas, caches and hosts.
pub fn infrastructure() -> Dashboard {
    Dashboard::new(
        "mme-infrastructure",
        "Infrastructure",
        "Connections, databases, pools, replicas and caches as the service sees them; hosts, Redis, probes and Vault.",
    )
    .row(state::state())
    .row(connection::connections())
    .row(operations())
    .row(pools())
    .row(transactions())
    .row(caches())
    .row(host::resources(Series::foreign))
    .row(host::traffic(Series::foreign))
    .row(store::redis(Series::foreign))
    .row(outside::probes())
    .row(outside::vault())
}

const DATABASES: [&str; 2] = ["db_system_name", "db_namespace"];
const TABLES: [&str; 2] = ["db_operation_name", "db_collection_name"];
const POOL: [&str; 1] = ["db_client_connection_pool_name"];
const POOL_LEGEND: &str = "{{db_client_connection_pool_name}}";

fn operations() -> Row {
    let operations = Series::of(DATABASE.operation_duration.spec());
    let buckets = Series::buckets(DATABASE.operation_duration.spec());
    Row::new("Database operations")
        .panel(
            Panel::new("Database operations", DisplayUnit::EventsPerSecond, "Finished operations by verb and table.")
                .sum(&operations.rate(), &TABLES),
        )
        .panel(
            Panel::new(
                "Failed database operations",
                DisplayUnit::Share,
                "Share that failed; cancelled operations do not count.",
            )
            .judged(
                &Series::recorded(
                    "job_db_system_name_db_namespace:db_client_operation_errors_per_operation:ratio_rate5m",
                ),
                &DATABASES,
            )
            .warning("MmeDbErrorRateHigh", 0.05),
        )
        .panel(
            Panel::new("Duration of operations", DisplayUnit::Seconds, "Without the wait for a connection.")
                .quantiles(&buckets, &DATABASES)
                .warning("MmeDbLatencyHigh", 0.5),
        )
        .panel(
            Panel::new("p95 by table", DisplayUnit::Seconds, "The 95th percentile of each operation on each table.")
                .p95(&buckets, &TABLES)
                .warning("MmeDbLatencyHigh", 0.5),
        )
        .panel(
            Panel::new(
                "Operations by error",
                DisplayUnit::EventsPerSecond,
                "Classes of SQLSTATE: 23 is a broken constraint, 40 a conflict, 57 a server that stops. An empty class is success.",
            )
            .sum(&operations.rate(), &["error_type"]),
        )
        .panel(
            Panel::new(
                "Slow operations",
                DisplayUnit::Short,
                "Operations at or over the client's threshold, which is 1 s unless it is configured.",
            )
            .view(View::Counts)
            .sum(&Series::of(DATABASE.slow_operations.spec()).counts(), &["db_system_name", "db_operation_name"]),
        )
}

fn gauge(spec: &Spec, by: &[&str]) -> Promql {
    Series::of(spec).value().sum_by(by)
}

pub(super) fn connections() -> Panel {
    Panel::new(
        "Connections",
        DisplayUnit::Short,
        "Idle and used connections, the number that the pool keeps idle, and how many it may open.",
    )
    .query(
        gauge(DATABASE.connections.spec(), &[POOL[0], "db_client_connection_state"]),
        "{{db_client_connection_pool_name}} {{db_client_connection_state}}",
    )
    .query(gauge(DATABASE.connection_idle_min.spec(), &POOL), "{{db_client_connection_pool_name}} kept idle")
    .limit_line(gauge(DATABASE.connection_max.spec(), &POOL), &POOL)
}

pub(super) fn pool_use() -> Panel {
    let used = "job_instance_db_client_connection_pool_name:db_client_connections_used_per_max:ratio";
    Panel::new(
        "Pool in use",
        DisplayUnit::Share,
        "Share of the connections that a pool may open, on its fullest instance. At 100 % every further query waits.",
    )
    // The value now, not the largest of a range: a pool may be full for a moment.
    .max(&Series::of_target(used).value(), &POOL)
    .warning("MmeDbPoolExhausted", 0.9)
}

pub(super) fn pool_waits() -> Panel {
    Panel::new("Waiting for a connection", DisplayUnit::Short, "Callers that wait now.")
        .query(gauge(DATABASE.connection_pending.spec(), &POOL), POOL_LEGEND)
        .warning("MmeDbPoolWaiting", 0.0)
}

fn pools() -> Row {
    let seconds = |title: &str, spec: &Spec, description: &str| {
        Panel::new(title, DisplayUnit::Seconds, description).quantiles(&Series::buckets(spec), &POOL)
    };
    Row::new("Connection pools")
        .panel(connections())
        .panel(pool_use())
        .panel(pool_waits())
        .panel(
            Panel::new("Pool timeouts", DisplayUnit::Short, "Callers that gave up waiting for a connection.")
                .view(View::Counts)
                .sum(&Series::of(DATABASE.connection_timeouts.spec()).counts(), &POOL)
                .warning("MmeDbPoolTimeouts", 2.5),
        )
        .panel(seconds("Wait for a connection", DATABASE.connection_wait.spec(), "Until a connection was free, or the caller gave up."))
        .panel(seconds(
            "Use of a connection",
            DATABASE.connection_use.spec(),
            "How long connections are held. Much longer than operations take means that code holds them while it does something else.",
        ))
        .panel(seconds(
            "Opening a connection",
            DATABASE.connection_create.spec(),
            "How long it takes. Many openings mean that connections do not live long enough.",
        ))
}

fn transactions() -> Row {
    let replica = ["replica"];
    Row::new("Transactions and replicas")
        .panel(
            Panel::new(
                "Transactions",
                DisplayUnit::EventsPerSecond,
                "Ended transactions; a rollback discards its work.",
            )
            .sum(&Series::of(DATABASE.transactions.spec()).rate(), &["db_system_name", "outcome"]),
        )
        .panel(
            Panel::new("Replication lag", DisplayUnit::Seconds, "How far each replica is behind, as it reports it.")
                .max(&Series::of(DATABASE.replication_lag.spec()).value(), &replica)
                .warning("MmeReplicationLag", 30.0),
        )
        .panel(
            Panel::new(
                "Replication last checked",
                DisplayUnit::Since,
                "When each replica last reported its lag. An old check says nothing about the lag now.",
            )
            .view(View::Stat)
            .max(&Series::of(DATABASE.replication_checked.spec()).value().times(1000), &replica),
        )
}

fn caches() -> Row {
    let requests = Series::of(CACHE.requests.spec());
    Row::new("Caches")
        .panel(
            Panel::new("Cache lookups", DisplayUnit::EventsPerSecond, "Lookups by result: hit or miss.")
                .sum(&requests.rate(), &["cache", "result"]),
        )
        .panel(
            Panel::new("Cache hit ratio", DisplayUnit::Share, "Share of lookups that found a value.")
                .judged_rest(&Series::recorded("job_cache:cache_misses_per_request:ratio_rate5m"), &["cache"])
                .warning_below("MmeCacheMissRateHigh", 0.5),
        )
}
