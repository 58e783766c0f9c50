//! The dashboard of databases and caches, from their own exporters.

use super::host::Select;
use super::state;
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Promql, Row, Series, View};

const INSTANCE: [&str; 1] = ["instance"];
const LEGEND: &str = "{{instance}}";

/// Returns the dashboard of Redis, PostgreSQL, MongoDB and MariaDB.
pub fn stores() -> Dashboard {
    Dashboard::of_exporter(
        "mme-stores",
        "Stores",
        "Redis, PostgreSQL, MongoDB and MariaDB, each from its own exporter.",
        "up",
    )
    .row(state::state())
    .row(redis(Series::of_target))
    .row(postgres(Series::of_target))
    .row(mongodb(Series::of_target))
    .row(mariadb(Series::of_target))
}

fn rate(series: &Series) -> Promql {
    series.rate().sum_by(&INSTANCE)
}

fn value(series: &Series) -> Promql {
    series.value().max_by(&INSTANCE)
}

/// Returns `part` as a share of the sum of `part` and `rest`.
fn share_with(part: &Promql, rest: &Promql) -> Promql {
    part.share_of(&format!("({part} + {rest})").as_str().into())
}

/// Returns the row of Redis.
pub(super) fn redis(select: Select) -> Row {
    Row::new("Redis")
        .panel(
            Panel::new("Redis hit ratio", DisplayUnit::Share, "Share of lookups that found their key.")
                .judged_below(&select("instance:redis_keyspace_hits_per_lookup:ratio_rate5m"), &INSTANCE)
                .warning_below("MmeRedisHitRateLow", 0.5),
        )
        .panel(
            Panel::new("Redis clients", DisplayUnit::Short, "Connected clients, and how many the server accepts.")
                .query(value(&select("redis_connected_clients")), LEGEND)
                .limit_line(value(&select("redis_config_maxclients")), &INSTANCE),
        )
        .panel(
            Panel::new("Redis memory", DisplayUnit::Bytes, "Memory in use, and its limit where there is one.")
                .query(value(&select("redis_memory_used_bytes")), "used {{instance}}")
                .limit_line(value(&select("redis_memory_max_bytes")).above_zero(), &INSTANCE),
        )
        .panel(
            Panel::new("Redis commands", DisplayUnit::EventsPerSecond, "Commands by name.")
                .sum(&select("redis_commands_total").rate(), &["cmd"]),
        )
        .panel(
            Panel::new("Redis keys", DisplayUnit::Short, "Keys in each database.")
                .sum(&select("redis_db_keys").value(), &["db"]),
        )
        .panel(
            Panel::new("Redis replicas", DisplayUnit::Short, "Replicas that are connected to each primary.")
                .view(View::Stat)
                .query(value(&select("redis_connected_slaves")), LEGEND),
        )
        .panel(
            Panel::new(
                "Redis evictions",
                DisplayUnit::EventsPerSecond,
                "Keys that were removed because memory was full.",
            )
            .query(rate(&select("redis_evicted_keys_total")), LEGEND),
        )
}

fn postgres(select: Select) -> Row {
    let database = ["instance", "datname"];
    let legend = "{{instance}} {{datname}}";
    let rate = |name: &str| select(name).matching("datname!=\"\"").rate().sum_by(&database);
    let connections = select("pg_stat_activity_count").value().sum_by(&INSTANCE);
    Row::new("PostgreSQL")
        .panel(
            Panel::new("PostgreSQL connections", DisplayUnit::Share, "Share of `max_connections` that is in use.")
                .query(connections.share_of(&value(&select("pg_settings_max_connections"))), LEGEND)
                .warning("MmePostgresConnectionsHigh", 0.8),
        )
        .panel(
            Panel::new("PostgreSQL transactions", DisplayUnit::EventsPerSecond, "Commits and rollbacks.")
                .query(rate("pg_stat_database_xact_commit"), "commit {{instance}} {{datname}}")
                .query(rate("pg_stat_database_xact_rollback"), "rollback {{instance}} {{datname}}"),
        )
        .panel(
            Panel::new("PostgreSQL cache hits", DisplayUnit::Share, "Share of blocks that were in memory already.")
                .query(share_with(&rate("pg_stat_database_blks_hit"), &rate("pg_stat_database_blks_read")), legend),
        )
        .panel(
            Panel::new("PostgreSQL deadlocks", DisplayUnit::EventsPerSecond, "Transactions that deadlocked.")
                .query(rate("pg_stat_database_deadlocks"), legend),
        )
        .panel(
            Panel::new("PostgreSQL size", DisplayUnit::Bytes, "Size of each database on disk.")
                .query(select("pg_database_size_bytes").value().max_by(&database), legend),
        )
        .panel(
            Panel::new(
                "Longest transaction",
                DisplayUnit::Seconds,
                "Age of the oldest open transaction in each database.",
            )
            .query(select("pg_stat_activity_max_tx_duration").value().max_by(&database), legend)
            .warning("MmePostgresTransactionLong", 300.0),
        )
}

/// Returns the row of MongoDB.
pub(super) fn mongodb(select: Select) -> Row {
    let connections = |kind: &str| {
        let kind = format!("conn_type=\"{kind}\"");
        select("mongodb_ss_connections").matching(&kind).value().sum_by(&INSTANCE)
    };
    Row::new("MongoDB")
        .panel(
            Panel::new("MongoDB connections", DisplayUnit::Share, "Share of the connections that are in use.")
                .view(View::Gauge)
                .query(share_with(&connections("current"), &connections("available")), LEGEND)
                .warning("MmeMongodbConnectionsHigh", 0.8),
        )
        .panel(
            Panel::new("MongoDB operations", DisplayUnit::EventsPerSecond, "Operations by type.")
                .sum(&select("mongodb_ss_opcounters").rate(), &["legacy_op_type"]),
        )
        .panel(
            Panel::new(
                "MongoDB slow queries",
                DisplayUnit::Short,
                "Slow queries that the profiler recorded in the last half minute. It is no total, and falls again.",
            )
            .sum(&select("mongodb_profile_slow_query_count").value(), &["database"]),
        )
        .panel(
            Panel::new("MongoDB queues", DisplayUnit::Short, "Operations that wait for a lock.")
                .sum(&select("mongodb_ss_globalLock_currentQueue").value(), &["count_type"])
                .warning("MmeMongodbQueueHigh", 50.0),
        )
}

fn mariadb(select: Select) -> Row {
    let connected = value(&select("mysql_global_status_threads_connected"));
    let read = rate(&select("mysql_global_status_innodb_buffer_pool_reads"));
    let asked = rate(&select("mysql_global_status_innodb_buffer_pool_read_requests"));
    Row::new("MariaDB")
        .panel(
            Panel::new("MariaDB connections", DisplayUnit::Share, "Share of `max_connections` that is in use.")
                .query(connected.share_of(&value(&select("mysql_global_variables_max_connections"))), LEGEND)
                .warning("MmeMariadbConnectionsHigh", 0.8),
        )
        .panel(
            Panel::new("MariaDB queries", DisplayUnit::EventsPerSecond, "Statements that the server executed.")
                .query(rate(&select("mysql_global_status_queries")), LEGEND),
        )
        .panel(
            Panel::new("MariaDB slow queries", DisplayUnit::Short, "Queries longer than `long_query_time`.")
                .view(View::Counts)
                .query(select("mysql_global_status_slow_queries").counts().sum_by(&INSTANCE), LEGEND),
        )
        .panel(
            Panel::new("MariaDB buffer pool misses", DisplayUnit::Share, "Share of reads that had to go to disk.")
                .query(read.share_of(&asked), LEGEND),
        )
        .panel(
            Panel::new(
                "MariaDB row lock waits",
                DisplayUnit::EventsPerSecond,
                "Waits for a row that another transaction has locked.",
            )
            .query(rate(&select("mysql_global_status_innodb_row_lock_waits")), LEGEND),
        )
}
