//! SQL. Law: whatever the text, the labels are words of the library or tables that the service named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mme_metrics::Format;
use mme_metrics::database::{DatabaseClient, DatabaseSystem};
use mme_metrics::operation::{Guard, Outcome};
use mme_metrics::testing::record;

const TABLES: &[&str] = &["orders", "Users"];

static CLIENTS: [DatabaseClient; 3] = [
    DatabaseClient::new(DatabaseSystem::Postgresql).tables(TABLES),
    DatabaseClient::new(DatabaseSystem::Mysql).tables(TABLES),
    DatabaseClient::new(DatabaseSystem::Sqlite).tables(TABLES),
];

fn is_a_table(text: &str) -> bool {
    matches!(text, "_other" | "") || TABLES.contains(&text)
}

fn is_an_operation(text: &str) -> bool {
    text == "_OTHER" || !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Returns the values of a label in an exposition.
fn values<'t>(text: &'t str, label: &str) -> impl Iterator<Item = &'t str> {
    text.split(&format!("{label}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default())
        .collect::<Vec<_>>()
        .into_iter()
}

fuzz_target!(|sql: &str| {
    let emission = record(|| {
        for client in &CLIENTS {
            Guard::start(client.statement(sql)).end(Outcome::Ok);
            Guard::start(client.batch(sql)).end(Outcome::Ok);
        }
    });
    let text = emission.recorder().render(Format::Text);
    assert!(values(&text, "db_collection_name").all(is_a_table), "{text}");
    assert!(values(&text, "db_operation_name").all(is_an_operation), "{text}");
});
