//! The MySQL driver on a real MariaDB: same rows and errors as without the wrapper, and the same counts as the server.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{join, join_all};
use mme_metrics::database::sqlx::{Measure, MeasuredPool};
use mme_metrics::database::{
    CollectionName, DATABASE, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace, PoolName,
    TransactionOutcome,
};
use mme_metrics::operation::Outcome;
use mme_metrics::testing::{Emission, Expectation};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::mariadb::MariaDb;
use sqlx::MySqlPool;
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlDatabaseError, MySqlPoolOptions};
use tokio::net::TcpListener;

use super::flood::Log;
use super::pool::{gauges, settled};
use super::secrets::shown_types;
use super::server::{DISHES, server_story};

fn measured(server: &MariaDb, name: &str, connections: u32) -> MeasuredPool<MySql> {
    let pool = MySqlPoolOptions::new().max_connections(connections);
    let measure = Measure::new().name(name).tables(["dishes"]).slow_after(Duration::MAX);
    measure.connect_lazy_with(pool, server.options("root").database("shop"))
}

/// Expects so many operations on the database `shop` that ended so.
fn ended<'e>(
    expected: Expectation<'e>,
    (operation, table): (&str, &str),
    outcome: Outcome,
    count: u64,
) -> Expectation<'e> {
    let (operation, table) = (DatabaseOperationName::admit(operation), CollectionName::admit(table));
    let labels = (DatabaseSystem::Mysql, Namespace::admit("shop"), operation, table, DatabaseErrorType::of(outcome));
    expected.histogram(&DATABASE.operation_duration, labels, count)
}

#[tokio::test]
async fn the_wrapper_changes_no_result_on_mysql() {
    let server = MariaDb::start().await;
    let bare: MySqlPool = server.pool().await;
    let bare = server_story!(bare, MySql, MySqlDatabaseError, "?", "?", "?");
    let measured = server_story!(measured(&server, "mysql-same", 4), MySql, MySqlDatabaseError, "?", "?", "?");
    assert_eq!(measured, bare);
    assert_eq!(bare.len(), 18);
}

/// Returns how often the server has run statements of each kind, for all sessions.
async fn commands(own: &MySqlPool) -> BTreeMap<String, u64> {
    let told: Vec<(String, String)> = sqlx::query_as("SHOW GLOBAL STATUS LIKE 'Com\\_%'").fetch_all(own).await.unwrap();
    told.into_iter().map(|(name, count)| (name, count.parse().unwrap())).collect()
}

async fn cook(pool: &MeasuredPool<MySql>) -> sqlx::Result<()> {
    for number in 0..30_i64 {
        sqlx::query("INSERT INTO dishes VALUES (?, 'soup', 1)").bind(number).execute(pool).await?;
        sqlx::query("SELECT price FROM `shop`.`dishes` WHERE id = ?").bind(number).fetch_one(pool).await?;
    }
    for number in 0..12_i64 {
        let mut transaction = pool.begin().await?;
        sqlx::query("UPDATE dishes SET price = 2 WHERE id = ?").bind(number).execute(&mut *transaction).await?;
        match number % 3 {
            0 => transaction.commit().await?,
            1 => transaction.rollback().await?,
            _ => drop(transaction),
        }
    }
    // A transaction that is dropped is rolled back with the next use of its connection.
    sqlx::query("DELETE FROM dishes WHERE id > 99 # not 'all'").execute(pool).await.map(drop)
}

#[tokio::test]
async fn a_mysql_server_has_counted_what_was_counted() {
    let server = MariaDb::start().await;
    let (own, pool) = (server.pool().await, measured(&server, "mysql-truth", 1));
    sqlx::query(DISHES).execute(&own).await.unwrap();
    // It is opened before anything is counted, because sqlx sets up the session by statements of its own.
    drop(pool.acquire().await.unwrap());
    settled(&pool).await;
    let before = commands(&own).await;
    let emission = Emission::new();
    emission.record_async(cook(&pool)).await.unwrap();
    settled(&pool).await;

    let after = commands(&own).await;
    let more = |name: &str| after[name] - before[name];
    assert_eq!(["Com_insert", "Com_select", "Com_update", "Com_delete"].map(more), [30, 30, 12, 1]);
    assert_eq!(["Com_begin", "Com_commit", "Com_rollback"].map(more), [12, 4, 8]);
    let mut expected = emission.expect();
    for (operation, table, count) in [
        ("INSERT", "dishes", 30),
        ("SELECT", "dishes", 30),
        ("UPDATE", "dishes", 12),
        ("DELETE", "dishes", 1),
        ("BEGIN", "", 12),
        ("COMMIT", "", 4),
        // The other four were not awaited by anybody.
        ("ROLLBACK", "", 4),
    ] {
        expected = ended(expected, (operation, table), Outcome::Ok, count);
    }
    let (name, transaction) = ((PoolName::find("mysql-truth"),), |outcome| (DatabaseSystem::Mysql, outcome));
    expected
        .counter(&DATABASE.transactions, transaction(TransactionOutcome::Commit), 4)
        .counter(&DATABASE.transactions, transaction(TransactionOutcome::Rollback), 8)
        .histogram(&DATABASE.connection_wait, name, 73)
        .histogram(&DATABASE.connection_use, name, 73)
        .only();
}

#[tokio::test]
async fn an_error_of_a_mysql_server_reads_as_the_class_of_its_sqlstate() {
    let server = MariaDb::start().await;
    let pool = measured(&server, "mysql-classes", 1);
    sqlx::raw_sql(DISHES).execute(&pool).await.unwrap();
    sqlx::raw_sql("INSERT INTO dishes VALUES (1, 'soup', 1)").execute(&pool).await.unwrap();
    for (sql, operation, table, class, code) in [
        ("INSERT INTO dishes VALUES (1, 'soup', 1)", "INSERT", "dishes", "23", "23000"),
        ("SELECT secret FROM dishes", "SELECT", "dishes", "42", "42S22"),
        ("INSERT INTO dishes VALUES (2, 'a soup of twenty letters', 1)", "INSERT", "dishes", "22", "22001"),
        ("SELECT * FROM secret", "SELECT", "_other", "42", "42S02"),
        ("secret", "_OTHER", "", "42", "42000"),
        ("SIGNAL SQLSTATE '45000'", "_OTHER", "", "database", "45000"),
    ] {
        let emission = Emission::new();
        let failed = emission.record_async(sqlx::query(sql).execute(&pool)).await.unwrap_err();
        assert_eq!(failed.as_database_error().and_then(DatabaseError::code).as_deref(), Some(code), "{sql}");
        ended(emission.expect(), (operation, table), Outcome::Error(class), 1).among_others();
    }
}

/// Ends so many connections that sleep, as soon as they do.
async fn kill(own: &MySqlPool, count: usize) {
    let asleep = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'";
    let mut ended = std::collections::BTreeSet::new();
    while ended.len() < count {
        let found: Vec<i64> = sqlx::query_scalar(asleep).fetch_all(own).await.unwrap();
        for id in found {
            if ended.insert(id) {
                sqlx::raw_sql(sqlx::AssertSqlSafe(format!("KILL CONNECTION {id}"))).execute(own).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn killed_connections_of_mysql_fail_what_they_ran_and_leave_the_gauges_true() {
    let server = MariaDb::start().await;
    let (own, pool) = (server.pool().await, measured(&server, "mysql-killed", 3));
    let (emission, name) = (Emission::new(), (PoolName::find("mysql-killed"),));
    emission
        .record_async(async {
            let asleep = (0..3).map(|_| sqlx::query("SELECT SLEEP(600)").execute(&pool));
            let (results, ()) = join(join_all(asleep), kill(&own, 3)).await;
            assert!(results.iter().all(Result::is_err), "{results:?}");
            settled(&pool).await;
            assert_eq!(gauges(&pool, "mysql-killed")[1..], [0, 0]);
            sqlx::query("SELECT 1").execute(&pool).await.unwrap();
            settled(&pool).await;
        })
        .await;
    // Three that slept, and one for whoever came after them.
    let expected = emission.expect().histogram(&DATABASE.connection_create, name, 4);
    let expected = expected.histogram(&DATABASE.connection_wait, name, 4);
    let expected = expected.histogram(&DATABASE.connection_use, name, 4);
    ended(expected, ("SELECT", ""), Outcome::Ok, 1).among_others();
    // The server says so before it hangs up, if it gets to it.
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let failed = samples.of("db_client_operation_duration_seconds_count");
    let failed: Vec<_> = failed.filter(|(series, _)| series.contains("error_type")).collect();
    assert!(failed.iter().all(|(series, _)| series.contains("=\"70\"") || series.contains("=\"io\"")), "{failed:?}");
    assert_eq!(failed.iter().map(|(_, count)| *count as u64).sum::<u64>(), 3);
    let held = (pool.acquire().await.unwrap(), pool.begin().await.unwrap());
    drop(server);
    assert_eq!(gauges(&pool, "mysql-killed"), [0, 2, 0]);
    drop(held);
    settled(&pool).await;
    assert_eq!(gauges(&pool, "mysql-killed")[1..], [0, 0]);
}

/// Is part of every secret below.
const SECRET: &str = "hunter2";

/// Addresses that lead nowhere, or to a server that never answers.
const ADDRESSES: [&str; 3] = [
    "mysql://hunter2-user:hunter2-password@127.0.0.1:PORT/shop",
    "mysql://hunter2-user:hunter2%21@127.0.0.1:PORT",
    "mysql://hunter2-user@127.0.0.1:PORT/shop?ssl-mode=disabled&charset=hunter2&token=hunter2",
];

/// Returns what is shown of pools that connect in vain.
async fn in_vain() -> Vec<String> {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut shown = Vec::new();
    for port in [silent.local_addr().unwrap().port(), nobody] {
        for address in ADDRESSES {
            let options: MySqlConnectOptions = address.replace("PORT", &port.to_string()).parse().unwrap();
            let pool = MySqlPoolOptions::new().acquire_timeout(Duration::from_millis(20));
            let pool = Measure::new().connect_lazy_with(pool, options);
            shown.push(sqlx::query("SELECT 'hunter2'").execute(&pool).await.unwrap_err().to_string());
            shown.push(pool.begin().await.unwrap_err().to_string());
            shown.push(format!("{pool:?}"));
        }
    }
    shown
}

#[test]
fn a_pool_of_mysql_tells_no_secret() {
    run_alone(|| {
        let recorder = Recorder::builder().install().expect("no other test runs here");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (mut shown, told, log) = runtime.block_on(async {
            let server = MariaDb::start().await;
            let account = "CREATE USER 'hunter2-user'@'localhost' IDENTIFIED BY 'hunter2-password';
                           GRANT ALL ON shop.* TO 'hunter2-user'@'localhost'";
            sqlx::raw_sql(account).execute(&server.pool().await).await.unwrap();
            // What was said so far, nobody measured.
            let log = Log::start();
            let mut shown = in_vain().await;
            let measure = || Measure::new().name("mysql-secretive").slow_after(Duration::ZERO);
            let user = server.options("hunter2-user").database("shop");
            let wrong = measure().connect_lazy_with(MySqlPoolOptions::new(), user.clone().password("hunter2-wrong"));
            // The server names the account to whoever asked.
            let mut told = wrong.acquire().await.unwrap_err().to_string();
            let one = MySqlPoolOptions::new().max_connections(1);
            let pool = measure().connect_with(one, user.password("hunter2-password")).await.unwrap();
            for sql in ["SELECT 'hunter2' FROM hunter2", "hunter2", "SELECT 'hunter2", "DO 'hunter2"] {
                told += &sqlx::query(sql).execute(&pool).await.unwrap_err().to_string();
                told += &sqlx::raw_sql(sql).execute(&pool).await.unwrap_err().to_string();
            }
            sqlx::query("SELECT ?").bind("hunter2").execute(&pool).await.unwrap();
            shown.extend([shown_types(&pool).await, format!("{wrong:?}"), recorder.render(Format::Text)]);
            (shown, told, log)
        });
        assert!(told.contains(SECRET), "the caller is told what it was: {told}");
        let log = log.text();
        assert!(log.contains("slow database operation"), "{log}");
        shown.push(log);
        for shown in shown {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    });
}
