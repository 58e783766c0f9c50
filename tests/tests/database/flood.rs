//! A hundred thousand hostile statements add few series, and none of their values is exported.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use mme_metrics::database::sqlx::{Driver, Measure, MeasuredPool};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::postgres::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor};
use tokio::runtime::Runtime;

use super::{in_memory, one_connection};

const STATEMENTS: u64 = 100_000;
/// Connections to PostgreSQL, so that it reads one statement while the next one is written.
const CONNECTIONS: usize = 4;
const TABLES: u64 = 10_000;

/// Stands in every statement, as a literal, in a comment or as a name.
const SECRET: &str = "hunter2-correct-horse";

/// Most lines that all of it comes to.
const LINES: usize = 200;

/// Everything that any crate has written to the log, at any level.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes down everything that is written from now on, in this process.
    pub(super) fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .init();
        log
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes up a statement; few of them are valid, and those that are find no table.
fn statement(number: u64) -> String {
    let table = format!("t{}_{SECRET}", number % TABLES).replace('-', "_");
    match number % 10 {
        0 => format!("SELECT * FROM {table} WHERE password = '{SECRET}{number}'"),
        1 => format!("/* {SECRET} FROM a */ INSERT INTO \"{table}\" VALUES ({number}, '{SECRET}')"),
        2 => format!("WITH {table} AS (SELECT '{SECRET}{number}') SELECT * FROM {table}"),
        3 => format!("UPDATE main.{table} SET a = '{SECRET}' -- {SECRET}{number}"),
        4 => format!("DELETE FROM [{table}] WHERE a = x'{number:016x}' AND b = '{SECRET}'"),
        5 => format!("{SECRET}{number} FROM {table}"),
        6 => format!("SELECT '{SECRET}{number}', (SELECT 1 FROM {table})"),
        7 => format!("CREATE TABLE {table} ('{SECRET}')").replace("CREATE TABLE", "ALTER TABLE"),
        8 => format!("SELECT '{SECRET}{number}"),
        _ => format!("SELECT 1; SELECT '{SECRET}{number}' FROM {table}"),
    }
}

/// Runs the statements on a pool of any driver, so many at once: prepared ones, and texts that are not.
macro_rules! flood {
    ($pool:expr, $at_once:expr) => {{
        let pool = $pool;
        let one = |number| async move {
            let sql = AssertSqlSafe(statement(number));
            let _failed = if number % 3 == 0 {
                sqlx::raw_sql(sql).execute(pool).await.map(drop)
            } else {
                sqlx::query(sql).persistent(false).execute(pool).await.map(drop)
            };
        };
        stream::iter(0..STATEMENTS).for_each_concurrent($at_once, one).await;
        let mut connection = pool.acquire().await.unwrap();
        let _failed = connection.execute(AssertSqlSafe(statement(0))).await;
    }};
}

/// What is measured of a flood: every operation is slow, so that every one could be told of.
fn measure() -> Measure {
    Measure::new().tables(["dishes"]).slow_after(Duration::ZERO)
}

/// Requires that all operations came to few lines, and that no value of theirs is shown anywhere.
#[track_caller]
fn tells_nothing<DB: Driver>(recorder: &Recorder, log: &Log, pool: &MeasuredPool<DB>) {
    let (text, log) = (recorder.render(Format::Text), log.text());
    let counted: u64 = text
        .lines()
        .filter(|line| line.starts_with("db_client_operation_duration_seconds_count"))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum();
    assert_eq!(counted, STATEMENTS + 1);
    let lines = text.lines().filter(|line| line.starts_with("db_")).count();
    assert!(lines <= LINES, "{lines} lines:\n{text}");
    assert!(log.contains("slow database operation"), "{log}");
    for shown in [&text, &log, &format!("{pool:?}")] {
        let at = shown.find("hunter2").or_else(|| shown.find("horse")).or_else(|| shown.find("correct"));
        assert!(at.is_none(), "{}", shown.get(at.unwrap_or(0).saturating_sub(300)..).unwrap_or(shown));
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_hundred_thousand_statements_come_to_few_lines_and_tell_no_value() {
    run_alone(|| {
        let (log, recorder) = (Log::start(), Recorder::builder().install().expect("no other test runs here"));
        let pool = runtime().block_on(async {
            let pool = measure().connect_with(one_connection(), in_memory()).await.unwrap();
            flood!(&pool, 1);
            pool
        });
        tells_nothing(&recorder, &log, &pool);
    });
}

#[test]
fn a_hundred_thousand_on_postgresql_tell_no_value_either() {
    run_alone(|| {
        let (log, recorder) = (Log::start(), Recorder::builder().install().expect("no other test runs here"));
        let pool = runtime().block_on(async {
            let server = Postgres::start().await;
            // Until the server takes connections.
            server.pool("postgres").await.close().await;
            let few = PgPoolOptions::new().max_connections(CONNECTIONS as u32).test_before_acquire(false);
            let options = server.options("postgres").password(SECRET).application_name(SECRET);
            let pool = measure().connect_with(few, options).await.unwrap();
            flood!(&pool, CONNECTIONS);
            pool
        });
        tells_nothing(&recorder, &log, &pool);
    });
}
