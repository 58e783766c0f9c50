//! Databases through sqlx, and a driver that is measured by hand: everything is counted once, whatever its end, and nobody
//! downstream can tell that it was.

mod allocation;
mod checked;
mod ends;
mod family;
mod flood;
mod killed;
mod mysql;
mod pool;
mod redis;
mod replication;
mod same;
mod secrets;
mod server;
mod setup_order;
mod transactions;
mod truth;

use std::time::Duration;

use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use mme_metrics::database::{
    CollectionName, DATABASE, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace, PoolName,
};
use mme_metrics::operation::Outcome;
use mme_metrics::testing::{Emission, Expectation};
use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

type Labels = (DatabaseSystem, Namespace, DatabaseOperationName, CollectionName, DatabaseErrorType);

/// The labels of an operation on a database in memory, which has no name.
fn labels(operation: &str, table: &str, outcome: Outcome) -> Labels {
    let (operation, table) = (DatabaseOperationName::admit(operation), CollectionName::admit(table));
    (DatabaseSystem::Sqlite, Namespace::admit(""), operation, table, DatabaseErrorType::of(outcome))
}

/// A pool with one connection, which is not tested before it is handed out: the first poll of a query reaches the database.
fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).test_before_acquire(false)
}

fn in_memory() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
}

/// What is measured of a pool under which nothing is slow, however busy the computer is.
fn patient(name: &str) -> Measure {
    Measure::new().name(name).tables(["dishes"]).slow_after(Duration::MAX)
}

/// Opens a database in memory with the table `dishes`, under the name of the test's choice.
async fn kitchen(name: &str) -> MeasuredPool<Sqlite> {
    let pool = patient(name).connect_with(one_connection(), in_memory()).await.expect("memory can be opened");
    sqlx::migrate!().run(&pool).await.expect("the migrations fit");
    // The next one who asks is not to wait.
    pool::settled(&pool).await;
    pool
}

/// Expects `count` operations that ended so, each with a wait for a connection and a use of it.
fn expect<'e>(
    emission: &'e Emission,
    pool: &str,
    operation: (&str, &str, Outcome),
    [waits, uses]: [u64; 2],
) -> Expectation<'e> {
    let (verb, table, outcome) = operation;
    let name = (PoolName::find(pool),);
    emission
        .expect()
        .histogram(&DATABASE.operation_duration, labels(verb, table, outcome), 1)
        .histogram(&DATABASE.connection_wait, name, waits)
        .histogram(&DATABASE.connection_use, name, uses)
}
