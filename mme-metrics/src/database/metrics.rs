//! The declaration of every metric of database clients.

use super::label::{
    CollectionName, ConnectionState, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace, PoolName,
    Replica, TransactionOutcome,
};
use crate::buckets;
use crate::metric::{Counter, Gauge, Histogram, Unit, family};

family! {
    /// Clients of databases, and their connection pools.
    pub static DATABASE: DatabaseMetrics {
        /// Duration of database client operations.
        operation_duration: Histogram<(DatabaseSystem, Namespace, DatabaseOperationName, CollectionName, DatabaseErrorType)> =
            Histogram::new("db_client_operation_duration_seconds", Unit::Seconds, buckets::DATABASE);
        /// The actual number of records returned by the database operation.
        returned_rows: Histogram<(DatabaseSystem, DatabaseOperationName)> =
            Histogram::new("db_client_response_returned_rows", Unit::None, buckets::ROWS).optional();
        /// Operations that took as long as the threshold of their client, or longer.
        slow_operations: Counter<(DatabaseSystem, DatabaseOperationName)> =
            Counter::new("db_client_slow_operations_total", Unit::None);
        /// Transactions that ended, by outcome.
        transactions: Counter<(DatabaseSystem, TransactionOutcome)> = Counter::new("db_client_transactions_total", Unit::None);
        /// The number of connections that are currently in state described by the state attribute.
        connections: Gauge<(PoolName, ConnectionState)> = Gauge::new("db_client_connections", Unit::None);
        /// The maximum number of open connections allowed.
        connection_max: Gauge<(PoolName,)> = Gauge::new("db_client_connection_max", Unit::None);
        /// The minimum number of idle open connections allowed.
        connection_idle_min: Gauge<(PoolName,)> = Gauge::new("db_client_connection_idle_min", Unit::None);
        /// The number of current pending requests for an open connection.
        connection_pending: Gauge<(PoolName,)> = Gauge::new("db_client_connection_pending_requests", Unit::None);
        /// The number of connection timeouts that have occurred trying to obtain a connection from the pool.
        connection_timeouts: Counter<(PoolName,)> = Counter::new("db_client_connection_timeouts_total", Unit::None);
        /// The time it took to obtain an open connection from the pool.
        connection_wait: Histogram<(PoolName,)> =
            Histogram::new("db_client_connection_wait_time_seconds", Unit::Seconds, buckets::DATABASE);
        /// The time between borrowing a connection and returning it to the pool.
        connection_use: Histogram<(PoolName,)> =
            Histogram::new("db_client_connection_use_time_seconds", Unit::Seconds, buckets::DATABASE);
        /// The time it took to create a new connection.
        connection_create: Histogram<(PoolName,)> =
            Histogram::new("db_client_connection_create_time_seconds", Unit::Seconds, buckets::DATABASE);
        /// How far a replica is behind, when it was last asked.
        replication_lag: Gauge<(DatabaseSystem, Replica)> = Gauge::new("db_replication_lag_seconds", Unit::Seconds);
        /// When the lag of a replica was last measured, as a Unix timestamp.
        replication_checked: Gauge<(DatabaseSystem, Replica)> =
            Gauge::new("db_replication_last_check_timestamp_seconds", Unit::Seconds);
    }
    collect = super::pools::report_pools;
}
