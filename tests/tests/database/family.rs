//! The database family without a driver: every outcome of an operation, a wait and a transaction.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mme_metrics::Format;
use mme_metrics::database::{
    CollectionName, DATABASE, DatabaseClient, DatabaseErrorType, DatabaseOperationName, DatabaseSystem, Namespace,
    PoolFigures, PoolMeter, PoolName, TransactionOutcome,
};
use mme_metrics::operation::{AlwaysOk, ByResult, Outcome};
use mme_metrics::operation::{Guard, measure, measure_async};
use mme_metrics::testing::{Emission, record};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::future::poll_once;

static CLIENT: DatabaseClient = DatabaseClient::new(DatabaseSystem::Mongodb).namespace("family").tables(&["orders"]);

type Labels = (DatabaseSystem, Namespace, DatabaseOperationName, CollectionName, DatabaseErrorType);

fn labels(operation: &str, collection: &str, outcome: Outcome) -> Labels {
    let (operation, collection) = (DatabaseOperationName::admit(operation), CollectionName::admit(collection));
    (DatabaseSystem::Mongodb, Namespace::admit("family"), operation, collection, DatabaseErrorType::of(outcome))
}

/// Asserts that one operation ended as `outcome`, and nothing else.
#[track_caller]
fn ended(emission: &Emission, outcome: Outcome) {
    emission.expect().histogram(&DATABASE.operation_duration, labels("find", "users", outcome), 1).only();
}

fn find() -> mme_metrics::database::DatabaseCall<'static> {
    CLIENT.operation("find").collection("users")
}

#[test]
fn each_end_of_an_operation_is_recorded_once() {
    ended(&record(|| measure(find(), AlwaysOk, || ())), Outcome::Ok);
    ended(&record(|| drop(measure(find(), ByResult, || Err::<(), _>("secret".to_owned())))), Outcome::OTHER);
    ended(&record(|| Guard::start(find()).end(Outcome::Error("timeout"))), Outcome::Error("timeout"));
    ended(&record(|| drop(Guard::start(find()))), Outcome::Cancelled);
    let panics = || catch_unwind(|| measure(find(), AlwaysOk, || panic!("on purpose")));
    ended(&record(|| assert!(panics().is_err())), Outcome::Panic);
}

#[test]
fn a_future_that_is_dropped_was_cancelled_and_one_never_polled_never_began() {
    let emission = record(|| {
        let mut future = Box::pin(measure_async(find(), AlwaysOk, pending::<()>()));
        assert!(poll_once(future.as_mut()).is_pending());
    });
    ended(&emission, Outcome::Cancelled);
    record(|| drop(measure_async(find(), AlwaysOk, pending::<()>()))).expect().only();
}

#[test]
fn a_statement_reads_as_its_verb_and_a_table_the_service_named() {
    for (sql, operation, table) in [
        ("SELECT * FROM Orders WHERE name = 'secret'", "SELECT", "orders"),
        ("delete from \"public\".\"orders\"", "DELETE", "orders"),
        ("SELECT * FROM secret", "SELECT", "_other"),
        ("WITH o AS (SELECT * FROM orders) SELECT * FROM o", "SELECT", "orders"),
        ("SELECT 'secret'", "SELECT", ""),
        ("secret", "_OTHER", ""),
    ] {
        let emission = record(|| Guard::start(CLIENT.statement(sql)).end(Outcome::Ok));
        emission.expect().histogram(&DATABASE.operation_duration, labels(operation, table, Outcome::Ok), 1).only();
    }
    let emission = record(|| Guard::start(CLIENT.batch("DELETE FROM orders; DELETE FROM secret")).end(Outcome::Ok));
    emission.expect().histogram(&DATABASE.operation_duration, labels("BATCH", "", Outcome::Ok), 1).only();
}

#[test]
fn a_statement_that_comes_again_is_counted_as_before() {
    let sql = "SELECT * FROM orders; DELETE FROM orders";
    let emission = record(|| {
        for _ in 0..3 {
            Guard::start(CLIENT.statement(sql)).end(Outcome::Ok);
            Guard::start(CLIENT.batch(sql)).end(Outcome::Ok);
            Guard::start(CLIENT.statement(sql).collection("users")).end(Outcome::Ok);
            drop(Guard::start(CLIENT.statement(sql)));
        }
    });
    let found = emission.expect().histogram(&DATABASE.operation_duration, labels("SELECT", "orders", Outcome::Ok), 3);
    let found = found.histogram(&DATABASE.operation_duration, labels("BATCH", "", Outcome::Ok), 3);
    let found = found.histogram(&DATABASE.operation_duration, labels("SELECT", "users", Outcome::Ok), 3);
    found.histogram(&DATABASE.operation_duration, labels("SELECT", "orders", Outcome::Cancelled), 3).only();
}

#[test]
fn an_operation_at_its_threshold_is_slow_whatever_its_end() {
    static HASTY: DatabaseClient = DatabaseClient::new(DatabaseSystem::Redis).slow_after(Duration::ZERO);
    for outcome in [Outcome::Ok, Outcome::Cancelled, Outcome::Error("io")] {
        let emission = record(|| Guard::start(HASTY.operation("GET")).end(outcome));
        let get = DatabaseOperationName::admit("GET");
        let labels = (
            DatabaseSystem::Redis,
            Namespace::admit(""),
            get,
            CollectionName::admit(""),
            DatabaseErrorType::of(outcome),
        );
        let expected = emission.expect().histogram(&DATABASE.operation_duration, labels, 1);
        expected.counter(&DATABASE.slow_operations, (DatabaseSystem::Redis, get), 1).only();
    }
}

#[test]
fn rows_are_recorded_if_asked_for_and_if_they_came() {
    static COUNTING: DatabaseClient = DatabaseClient::new(DatabaseSystem::Cassandra).returned_rows(true);
    let emission = record(|| {
        for outcome in [Outcome::Ok, Outcome::Cancelled] {
            let mut guard = Guard::start(COUNTING.operation("SELECT"));
            guard.operation().expect("it has not ended").add_rows(7);
            guard.end(outcome);
        }
    });
    let labels = (DatabaseSystem::Cassandra, DatabaseOperationName::admit("SELECT"));
    emission.expect().histogram(&DATABASE.returned_rows, labels, 1).among_others();
}

#[test]
fn a_transaction_that_is_not_committed_was_rolled_back() {
    let total = |emission: &Emission, outcome| {
        emission.expect().counter(&DATABASE.transactions, (DatabaseSystem::Mongodb, outcome), 1).only();
    };
    total(&record(|| CLIENT.start_transaction().committed()), TransactionOutcome::Commit);
    total(&record(|| drop(CLIENT.start_transaction())), TransactionOutcome::Rollback);
    let panics = || {
        let _transaction = CLIENT.start_transaction();
        panic!("on purpose")
    };
    total(&record(|| assert!(catch_unwind(AssertUnwindSafe(panics)).is_err())), TransactionOutcome::Rollback);
}

#[test]
fn each_end_of_a_wait_is_recorded_once() {
    let meter = PoolMeter::new("waits", || PoolFigures::new(0, 0));
    let name = (PoolName::find("waits"),);
    let expected = |emission: &Emission, uses, timeouts| {
        let expected = emission.expect().histogram(&DATABASE.connection_wait, name, 1);
        let expected = expected.histogram(&DATABASE.connection_use, name, uses);
        expected.counter(&DATABASE.connection_timeouts, name, timeouts).only();
    };
    expected(&record(|| drop(meter.start_wait().acquired())), 1, 0);
    expected(&record(|| meter.start_wait().timed_out()), 0, 1);
    expected(&record(|| drop(meter.start_wait())), 0, 0);
    let created = record(|| meter.created(Duration::from_millis(3)));
    created.expect().histogram(&DATABASE.connection_create, name, 1).only();
}

/// Returns the figures of a pool as an exposition has them: idle, used, most, least idle, waiting.
fn exposed(emission: &Emission, pool: &str) -> [f64; 5] {
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let label = format!("db_client_connection_pool_name=\"{pool}\"");
    let figure = |metric: &str, more: &str| samples.value(&format!("{metric}{{{label}{more}}}"));
    [
        figure("db_client_connections", ",db_client_connection_state=\"idle\""),
        figure("db_client_connections", ",db_client_connection_state=\"used\""),
        figure("db_client_connection_max", ""),
        figure("db_client_connection_idle_min", ""),
        figure("db_client_connection_pending_requests", ""),
    ]
}

#[test]
fn gauges_are_what_the_pool_says_at_each_exposition() {
    let used = Arc::new(AtomicUsize::new(3));
    let asked = Arc::clone(&used);
    let figures = move || PoolFigures::new(2, asked.load(Ordering::Relaxed)).max(10).idle_min(1);
    let meter = PoolMeter::new("gauges", figures);
    let emission = Emission::new();
    let waiting = [meter.start_wait(), meter.start_wait()];
    assert_eq!(exposed(&emission, "gauges"), [2.0, 3.0, 10.0, 1.0, 2.0]);
    used.store(4, Ordering::Relaxed);
    drop(waiting);
    assert_eq!(exposed(&emission, "gauges"), [2.0, 4.0, 10.0, 1.0, 0.0]);
    drop(meter);
    assert_eq!(exposed(&emission, "gauges"), [0.0; 5]);
}

#[test]
fn pools_of_one_name_are_added_up_and_one_that_panics_takes_no_other_name_with_it() {
    let _sound = [1, 2].map(|idle| PoolMeter::new("shards", move || PoolFigures::new(idle, 1).max(5)));
    let _broken = PoolMeter::new("broken", || panic!("on purpose"));
    let emission = Emission::new();
    assert_eq!(exposed(&emission, "shards"), [3.0, 2.0, 10.0, 0.0, 0.0]);
    let text = emission.recorder().render(Format::Text);
    let figures = text.lines().filter(|line| line.starts_with("db_client_connection") && line.contains("\"broken\""));
    // How many wait is known without the pool.
    let figures: Vec<_> = figures.filter(|line| !line.contains("timeouts")).collect();
    assert_eq!(figures, ["db_client_connection_pending_requests{db_client_connection_pool_name=\"broken\"} 0"]);
}
