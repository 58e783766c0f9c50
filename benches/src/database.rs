//! A point query on SQLite in memory, the fastest query there is, so no overhead hides behind it: measured by us, by a peer, and not
//! at all.
//!
//! Each contestant has a database with one connection to it, whose thread runs on the processor of the calling thread.

use std::hint::black_box;

use mme_metrics::database::DATABASE;
use mme_metrics::database::sqlx::Measure;
use opentelemetry_0_32::global;
use opentelemetry_sdk_0_32::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Executor, Sqlite, SqlitePool};
use sqlx_otel::{PoolBuilder, QueryTextMode};
use tokio::runtime::{Builder, Runtime};

use crate::contest::{self, Contestant};
use crate::load;
use crate::peer::counted;

/// This library's wrapper.
pub const OURS: &str = "mme-metrics";

/// Where the bare pools stand among the contestants.
pub const BARE: [usize; 2] = [0, 1];

/// How many of the first contestants record nothing.
pub const SILENT: usize = 2;

/// What the query runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A pool, which lends a connection to each query.
    Pool,
    /// A connection, which a batch has for itself.
    Connection,
}

const POINT: &str = "SELECT name FROM dishes WHERE id = $1";

const SET_UP: &str = "CREATE TABLE dishes (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
                      INSERT INTO dishes VALUES (1, 'soup'), (2, 'bread')";

/// Makes a contestant that runs the query on a pool, or on what is made of a connection of it.
macro_rules! contestant {
    ($name:expr, $place:expr, $runtime:expr, $pool:expr, |$connection:ident| $executor:expr, $done:expr) => {{
        let (place, runtime, pool) = ($place, $runtime, $pool);
        let run = move |count| {
            runtime.block_on(async {
                if place == Place::Pool {
                    for _ in 0..count {
                        query(&pool).await;
                    }
                } else {
                    let mut $connection = pool.acquire().await.expect("the pool is idle");
                    for _ in 0..count {
                        query($executor).await;
                    }
                }
            });
        };
        Contestant::new($name, run, $done)
    }};
}

/// Makes all contestants: the bare pool twice, ours, and the peer.
pub fn contestants(place: Place) -> Vec<Contestant> {
    // Before a connection is opened, so that its thread stays there too, and no wake-up of another processor is timed.
    contest::pin(0);
    let [first, again, ours, peer] = std::array::from_fn(|_| memory());
    let count = counted(DATABASE.operation_duration.spec().name);
    let measured = Measure::new().tables(["dishes"]).pool(ours.1);
    // It measures what ours does; its spans are off, as ours has none.
    let registry = peer_registry();
    let otel = PoolBuilder::from(peer.1).with_query_text_mode(QueryTextMode::Off).build();
    vec![
        contestant!("bare sqlx", place, first.0, first.1, |connection| &mut *connection, || 0),
        contestant!("bare sqlx again", place, again.0, again.1, |connection| &mut *connection, || 0),
        contestant!(OURS, place, ours.0, measured, |connection| &mut *connection, count),
        contestant!("sqlx-otel", place, peer.0, otel, |connection| &mut connection, move || peer_done(&registry)),
    ]
}

async fn query<'e>(executor: impl Executor<'e, Database = Sqlite>) {
    let name: String = sqlx::query_scalar(POINT).bind(1_i64).fetch_one(executor).await.expect("the row is there");
    black_box(name);
}

fn memory() -> (Runtime, SqlitePool) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let pool = runtime.block_on(async {
        // For all of them the same: ours turns the log off by itself.
        let options = SqliteConnectOptions::new().disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        let pool = pool.expect("memory can be opened");
        sqlx::raw_sql(SET_UP).execute(&pool).await.expect("the table is new");
        pool
    });
    (runtime, pool)
}

/// Makes the peer's metrics real.
fn peer_registry() -> Registry {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus_0_32::exporter().with_registry(registry.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(exporter.expect("the registry is empty")).build();
    global::set_meter_provider(provider);
    registry
}

fn peer_done(registry: &Registry) -> u64 {
    let text = TextEncoder::new().encode_to_string(&registry.gather()).expect("the exposition is text");
    load::total(&text, "db_client_operation_duration_seconds")
}
