//! The trust service on a real PostgreSQL works and measures as on SQLite.

use mme_metrics_tests::postgres::Postgres;
use mme_metrics_tests::service::Service;
use serde_json::json;
use sqlx::PgPool;

/// Starts a server with an empty database, and returns it with the database's address and a pool of its superuser.
async fn empty_database() -> (Postgres, String, PgPool) {
    let server = Postgres::start().await;
    sqlx::query("CREATE DATABASE trust").execute(&server.pool("postgres").await).await.unwrap();
    let url = server.url("trust");
    let own = PgPool::connect(&url).await.unwrap();
    (server, url, own)
}

fn start(url: &str) -> Service {
    Service::start_with(&[], &[("DATABASE_URL", url)])
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_the_same_on_postgresql() {
    let (_server, url, own) = empty_database().await;
    let told = tokio::task::spawn_blocking(move || {
        let service = start(&url);
        let token = service.log_in("acme", "alice");
        let ask = |method: &str, path: &str, body| service.send(method, path, Some(&token), body);
        let letter = json!({ "kind": "invoice", "title": "May", "body": "storage of crates, storage of paper" });
        let stored = ask("POST", "/documents", Some(letter));
        assert_eq!(stored.status, 201, "{stored:?}");
        let path = format!("/documents/{}", stored.body["id"]);
        assert_eq!(ask("GET", &path, None).body["title"], "May");
        assert_eq!(ask("GET", &path, None).body["kind"], "invoice");
        assert_eq!(ask("POST", &format!("{path}/process"), None).body["tags"][0], "storage");
        assert_eq!(ask("POST", &format!("{path}/process"), None).status, 409);
        assert_eq!(ask("GET", &path, None).body["state"], "processed");
        for (word, tier) in [("storage", "direct"), ("stored", "neighbors"), ("zoology", "recent")] {
            assert_eq!(ask("POST", "/promote", Some(json!({ "about": [word] }))).body["tier"], tier, "{word}");
        }
        let certificate = ask("POST", "/certificates", Some(json!({ "subject": "archive", "days": 90 })));
        let certificate = format!("/certificates/{}", certificate.body["id"]);
        let signed = ask("POST", &format!("{certificate}/sign"), Some(json!({ "document": stored.body["id"] })));
        assert_eq!(signed.status, 200, "{signed:?}");
        assert_eq!(ask("POST", &format!("{certificate}/revoke"), None).status, 204);
        assert_eq!(ask("POST", &format!("{certificate}/validate"), None).body["valid"], false);
        assert_eq!(ask("POST", "/logout", None).status, 204);
        assert_eq!(ask("GET", "/documents", None).status, 401);
        let database = ["db_system_name=\"postgresql\"", "db_namespace=\"trust\""];
        let of = |more: &str| {
            service.count("db_client_operation_duration_seconds_count", &[&database[..], &[more]].concat())
        };
        let counted = [of("INSERT\",db_system"), of("db_collection_name=\"certificates\""), of("error_type")];
        let transactions = service.count("db_client_transactions_total", &[database[0], "commit"]);
        let hits = service.count("cache_requests_total", &["cache=\"documents\"", "hit"]);
        assert!(service.stop().status.success());
        // The rows are those of the server, so they outlive the service.
        let service = start(&url);
        let token = service.log_in("acme", "alice");
        assert_eq!(service.send("GET", "/documents", Some(&token), None).body[0]["title"], "May");
        (counted, transactions, hits)
    });
    let (counted, transactions, hits) = told.await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM tags").fetch_one(&own).await.unwrap();
    // Three accounts, a session, a document, its tags and a certificate; issued, looked up for signing, revoked, validated.
    assert_eq!(counted, [6 + rows.unsigned_abs(), 4, 0]);
    assert_eq!([transactions, hits], [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_on_postgresql() {
    let (_server, url, own) = empty_database().await;
    let demo = tokio::task::spawn_blocking(move || {
        let service = Service::start_with(&["--demo"], &[("DATABASE_URL", &url)]);
        let count = |metric, labels: &[&str]| service.count(metric, labels);
        while count("db_client_transactions_total", &["commit"]) < 3 || count("cache_requests_total", &["hit"]) < 3 {
            std::thread::yield_now();
        }
        assert_eq!(count("db_client_operation_duration_seconds_count", &["error_type=\"4"]), 0);
        assert!(service.stop().status.success());
    });
    demo.await.unwrap();
    let documents: i64 = sqlx::query_scalar("SELECT count(*) FROM documents").fetch_one(&own).await.unwrap();
    assert!(documents >= 3, "{documents}");
}
