//! What the service stands on: databases, connection pools, replicas, caches.

use super::panel::{DisplayUnit, Panel, View};
use super::query::{Promql, Series};
use super::{Dashboard, Row};
use crate::cache::CACHE;
use crate::database::DATABASE;
use crate::metric::Spec;

/// Returns the dashboard of databases, pools, replicas and caches.
pub fn infrastructure() -> Dashboard {
    Dashboard::new("mme-infrastructure", "Infrastructure", "Databases, connection pools, replicas and caches.")
        .row(operations())
        .row(pools())
        .row(transactions())
        .row(caches())
}

const DATABASES: [&str; 2] = ["db_system_name", "db_namespace"];
const TABLES: [&str; 2] = ["db_operation_name", "db_collection_name"];
const POOL: [&str; 1] = ["db_client_connection_pool_name"];
const POOL_LEGEND: &str = "{{db_client_connection_pool_name}}";

/// Matches what counts as an error: nobody waited any more for what was cancelled.
const FAILED: [&str; 2] = ["error_type!=\"\"", "error_type!=\"cancelled\""];

fn operations() -> Row {
    let operations = Series::of(DATABASE.operation_duration.spec());
    let buckets = Series::buckets(DATABASE.operation_duration.spec());
    let all = operations.rate().sum_by(&DATABASES);
    let failed = FAILED.into_iter().fold(operations.clone(), Series::matching).rate().sum_by(&DATABASES);
    Row::new("Database operations")
        .panel(
            Panel::new("Operations", DisplayUnit::EventsPerSecond, "Finished operations by verb and table.")
                .query(operations.rate().sum_by(&TABLES), "{{db_operation_name}} {{db_collection_name}}"),
        )
        .panel(
            Panel::new(
                "Failed operations",
                DisplayUnit::Share,
                "Share that failed; what was cancelled is not counted.",
            )
            .query(failed.or_zero_of(&all).share_of(&all), "{{db_system_name}} {{db_namespace}}")
            .limits(0.01, 0.05),
        )
        .panel(
            Panel::new("Duration of operations", DisplayUnit::Seconds, "Without the wait for a connection.")
                .quantiles(&buckets, &DATABASES)
                .limits(0.1, 0.5),
        )
        .panel(
            Panel::new("p95 by table", DisplayUnit::Seconds, "Which operation on which table is slow.")
                .query(buckets.quantile(0.95, &TABLES), "{{db_operation_name}} {{db_collection_name}}")
                .limits(0.1, 0.5),
        )
        .panel(
            Panel::new(
                "Operations by end",
                DisplayUnit::EventsPerSecond,
                "Classes of SQLSTATE: 23 is a broken constraint, 40 a conflict, 57 a server that stops. Without a word they succeeded.",
            )
            .query(operations.rate().sum_by(&["error_type"]), "{{error_type}}"),
        )
        .panel(
            Panel::new(
                "Slow operations",
                DisplayUnit::Short,
                "Operations at or over the threshold of their client, which is 1 s unless it was told otherwise.",
            )
            .query(
                Series::of(DATABASE.slow_operations.spec()).increase().sum_by(&["db_system_name", "db_operation_name"]),
                "{{db_system_name}} {{db_operation_name}}",
            ),
        )
}

fn gauge(spec: &Spec, by: &[&str]) -> Promql {
    Series::of(spec).value().sum_by(by)
}

fn pools() -> Row {
    let seconds = |title: &str, spec: &Spec, description: &str| {
        Panel::new(title, DisplayUnit::Seconds, description).quantiles(&Series::buckets(spec), &POOL)
    };
    let used = Series::of(DATABASE.connections.spec()).matching("db_client_connection_state=\"used\"");
    let max = gauge(DATABASE.connection_max.spec(), &POOL);
    Row::new("Connection pools")
        .panel(
            Panel::new("Connections", DisplayUnit::Short, "Idle and used ones, and how many are kept idle.")
                .query(
                    gauge(DATABASE.connections.spec(), &[POOL[0], "db_client_connection_state"]),
                    "{{db_client_connection_pool_name}} {{db_client_connection_state}}",
                )
                .query(
                    gauge(DATABASE.connection_idle_min.spec(), &POOL),
                    "{{db_client_connection_pool_name}} kept idle",
                ),
        )
        .panel(
            Panel::new("Pool in use", DisplayUnit::Share, "Share of the connections the pool may have; at 1 all wait.")
                .query(used.value().sum_by(&POOL).share_of(&max), POOL_LEGEND)
                .limits(0.7, 0.9),
        )
        .panel(
            Panel::new("Waiting for a connection", DisplayUnit::Short, "Those who wait now, and waits that timed out.")
                .query(gauge(DATABASE.connection_pending.spec(), &POOL), "{{db_client_connection_pool_name}} waiting")
                .query(
                    Series::of(DATABASE.connection_timeouts.spec()).increase().sum_by(&POOL),
                    "{{db_client_connection_pool_name}} timed out",
                ),
        )
        .panel(seconds(
            "Wait for a connection",
            DATABASE.connection_wait.spec(),
            "Until there was one, or until nobody waited any more.",
        ))
        .panel(seconds(
            "Use of a connection",
            DATABASE.connection_use.spec(),
            "How long it was held; longer than operations take means that code holds it for nothing.",
        ))
        .panel(seconds(
            "Opening a connection",
            DATABASE.connection_create.spec(),
            "How long it took; many of these mean that connections do not live long enough.",
        ))
}

fn transactions() -> Row {
    let transactions = Series::of(DATABASE.transactions.spec());
    let lag = Series::of(DATABASE.replication_lag.spec()).value().max_by(&["replica"]);
    let checked = Series::of(DATABASE.replication_checked.spec()).value().max_by(&["replica"]);
    Row::new("Transactions and replicas")
        .panel(
            Panel::new("Transactions", DisplayUnit::EventsPerSecond, "Ended ones; a rollback is work thrown away.")
                .query(transactions.rate().sum_by(&["db_system_name", "outcome"]), "{{db_system_name}} {{outcome}}"),
        )
        .panel(
            Panel::new("Replication lag", DisplayUnit::Seconds, "How far each replica is behind, by its own account.")
                .query(lag, "{{replica}}")
                .limits(10.0, 30.0),
        )
        .panel(
            Panel::new(
                "Replication last checked",
                DisplayUnit::Since,
                "When each replica last told its lag; a lag that is older says nothing.",
            )
            .view(View::Stat)
            .query(Promql::from(format!("1000 * {checked}").as_str()), "{{replica}}"),
        )
}

fn caches() -> Row {
    let requests = Series::of(CACHE.requests.spec());
    let all = requests.rate().sum_by(&["cache"]);
    let hits = requests.clone().matching("result=\"hit\"").rate().sum_by(&["cache"]);
    Row::new("Caches")
        .panel(
            Panel::new("Cache lookups", DisplayUnit::EventsPerSecond, "By whether the cache knew the answer.")
                .query(requests.rate().sum_by(&["cache", "result"]), "{{cache}} {{result}}"),
        )
        .panel(
            Panel::new("Cache hit ratio", DisplayUnit::Share, "Share of the lookups that found what they looked for.")
                .query(hits.share_of(&all), "{{cache}}"),
        )
}
