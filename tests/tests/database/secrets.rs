//! Connection secrets are never shown, whether connecting works or not.

use std::time::Duration;

use mme_metrics::database::sqlx::{Driver, Measure, MeasuredPool, ReplicationProbe};
use mme_metrics::database::{DatabaseClient, DatabaseSystem, PoolFigures, PoolMeter};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone_with;
use mme_metrics_tests::postgres::Postgres as Server;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Any, Postgres};
use tokio::net::TcpListener;

use super::flood::Log;
use super::{in_memory, one_connection};

/// Is part of every secret below.
const SECRET: &str = "hunter2";

/// Addresses that lead nowhere, with a secret in each place that has room for one. PORT is a port that nobody listens on, or a
/// server that never answers.
const ADDRESSES: [&str; 5] = [
    "postgres://hunter2-user:hunter2-password@127.0.0.1:PORT/shop",
    "postgres://hunter2-user@127.0.0.1:PORT/shop?password=hunter2-query",
    "postgres://127.0.0.1:PORT/shop?user=hunter2-user&application_name=hunter2-name&options[search_path]=hunter2",
    "postgres://hunter2-user:hunter2%21@127.0.0.1:PORT",
    // The password comes from the environment.
    "postgres://u@127.0.0.1:PORT/shop",
];

async fn ask(pool: &MeasuredPool<Postgres>) -> Vec<String> {
    let acquired = pool.acquire().await.err().map(|error| error.to_string());
    let queried = sqlx::query("SELECT 'hunter2-literal'").execute(pool).await.err().map(|error| error.to_string());
    let begun = pool.begin().await.err().map(|error| error.to_string());
    [acquired, queried, begun].into_iter().map(|error| error.expect("nobody is there")).collect()
}

#[test]
fn connecting_in_vain_tells_no_secret() {
    let environment = [("PGPASSWORD", "hunter2-environment"), ("PGUSER", "hunter2-user"), ("PGAPPNAME", "hunter2-app")];
    run_alone_with(&environment, || {
        let (log, recorder) = (Log::start(), Recorder::builder().install().expect("no other test runs here"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let shown = runtime.block_on(async {
            let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
            let mut shown = Vec::new();
            for port in [silent.local_addr().unwrap().port(), nobody] {
                for address in ADDRESSES {
                    let options: PgConnectOptions = address.replace("PORT", &port.to_string()).parse().unwrap();
                    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(20));
                    let measure = Measure::new();
                    shown.push(format!("{measure:?}"));
                    let pool = measure.connect_lazy_with(pool, options);
                    shown.extend(ask(&pool).await);
                    shown.push(format!("{pool:?}"));
                }
            }
            // The password has characters in it that somebody forgot to escape.
            let torn: PgConnectOptions = "postgres://u:p@127.0.0.1/hunter2@127.0.0.1:1/shop".parse().unwrap();
            let torn = Measure::new().connect_lazy_with(PgPoolOptions::new(), torn);
            shown.push(format!("{torn:?}"));
            let any: sqlx::any::AnyConnectOptions = "postgres://hunter2-user:hunter2@127.0.0.1:1/shop".parse().unwrap();
            let any = Measure::new().connect_lazy_with(sqlx::pool::PoolOptions::<Any>::new(), any);
            shown.push(format!("{any:?} {:?}", ReplicationProbe::new("reports")));
            shown.push(shown_when_open().await);
            // Both pools are there while the exposition is written.
            shown.push(recorder.render(Format::Text));
            drop((torn, any));
            shown
        });
        let text = recorder.render(Format::Text);
        assert!(
            text.contains("db_client_connection_timeouts_total{db_client_connection_pool_name=\"shop\"} "),
            "{text}"
        );
        for shown in shown.iter().chain([&text, &log.text()]) {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    });
}

/// Returns what the types of an open pool show.
async fn shown_when_open() -> String {
    let pool = Measure::new().name("open").connect_with(one_connection(), in_memory()).await.unwrap();
    shown_types(&pool).await
}

/// Returns what everything shows that an open pool gives out.
pub(super) async fn shown_types<DB: Driver>(pool: &MeasuredPool<DB>) -> String {
    let connection = pool.acquire().await.unwrap();
    let mut shown = format!("{pool:?} {connection:?} {:?}", *connection);
    drop(connection);
    let mut transaction = pool.begin().await.unwrap();
    shown += &format!("{transaction:?} {:?}", *transaction);
    shown += &format!("{:?}", transaction.begin().await.unwrap());
    shown
}

/// Returns what the types of a driver that is measured by hand show.
fn shown_by_hand() -> String {
    static ORDERS: DatabaseClient = DatabaseClient::new(DatabaseSystem::Mysql).namespace("shop").tables(&["orders"]);
    let statement = ORDERS.statement("SELECT 'hunter2' FROM orders WHERE password = 'hunter2'");
    let batch = ORDERS.batch("SET PASSWORD = 'hunter2'; SELECT 'hunter2'");
    let meter = PoolMeter::new("by-hand", PoolFigures::default);
    let wait = meter.start_wait();
    let mut shown = format!("{ORDERS:?} {statement:?} {batch:?} {:?} {meter:?} {wait:?}", ORDERS.start_transaction());
    shown += &format!("{:?}", wait.acquired());
    shown
}

/// What a server says of an error has the values in it, and goes to the caller alone.
async fn fail(pool: &MeasuredPool<Postgres>) -> String {
    let mut told = String::new();
    for sql in ["SELECT 'hunter2'::int4", "SELECT 'hunter2' FROM hunter2", "hunter2", "SELECT 'hunter2"] {
        told += &sqlx::query(sql).execute(pool).await.unwrap_err().to_string();
        told += &sqlx::raw_sql(sql).execute(pool).await.unwrap_err().to_string();
    }
    sqlx::query("SELECT $1").bind("hunter2").execute(pool).await.unwrap();
    told
}

#[test]
fn an_open_pool_with_a_password_tells_no_secret() {
    let environment = [("PGPASSWORD", "hunter2-environment"), ("PGAPPNAME", "hunter2-app")];
    run_alone_with(&environment, || {
        let recorder = Recorder::builder().install().expect("no other test runs here");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (shown, told, log) = runtime.block_on(async {
            let server = Server::start().await;
            sqlx::raw_sql("CREATE ROLE \"hunter2-user\" LOGIN").execute(&server.pool("postgres").await).await.unwrap();
            // What was said so far, nobody measured.
            let log = Log::start();
            let options = server.options("hunter2-user").password("hunter2-password").options([("my.key", "hunter2")]);
            let pool = PgPoolOptions::new().max_connections(1);
            let measure = Measure::new().name("secretive").slow_after(Duration::ZERO);
            let pool = measure.connect_with(pool, options).await.unwrap();
            let told = fail(&pool).await;
            (shown_types(&pool).await, told, log)
        });
        assert!(told.contains(SECRET), "the caller is told what it was: {told}");
        let (text, log) = (recorder.render(Format::Text), log.text());
        assert!(text.contains("error_type=\"42\"") && log.contains("slow database operation"), "{text} {log}");
        for shown in [shown, shown_by_hand(), text, log] {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    });
}
