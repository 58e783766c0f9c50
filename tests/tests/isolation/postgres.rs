//! The isolation sentinel on the row policies of a real `PostgreSQL`, good and bad.

use mme_metrics::isolation::{IsolationResource, IsolationRound, IsolationSentinel, SqlRead, Verdict};
use mme_metrics_tests::postgres::Postgres;
use sqlx::PgPool;

const SET_UP: &str = "
    CREATE TABLE invoices (id int PRIMARY KEY, tenant text NOT NULL, total int NOT NULL);
    INSERT INTO invoices VALUES (1, 'acme', 100), (2, 'globex', 200);
    ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON invoices USING (tenant = current_setting('app.tenant'));
    CREATE ROLE service LOGIN;
    CREATE ROLE stranger LOGIN;
    GRANT SELECT ON invoices TO service;
";

/// Acts for a tenant until the end of the transaction.
const ACTING: &str = "SELECT set_config('app.tenant', $1, true)";

fn invoices(pool: &PgPool, acting: Option<&'static str>) -> Vec<IsolationResource> {
    let read = |query| {
        let read = SqlRead::new(pool.clone(), query);
        if let Some(acting) = acting { read.acting(acting) } else { read }
    };
    vec![
        IsolationResource::new("acme", "invoice 1", read("SELECT FROM invoices WHERE id = 1")),
        IsolationResource::new("globex", "invoice 2", read("SELECT FROM invoices WHERE id = 2")),
    ]
}

async fn round(pool: &PgPool, acting: Option<&'static str>) -> IsolationRound {
    IsolationSentinel::new(invoices(pool, acting)).run_once().await
}

#[tokio::test]
async fn policies_that_hold_pass_and_what_they_do_not_bind_is_a_breach() {
    let postgres = Postgres::start().await;
    let owner = postgres.pool("postgres").await;
    sqlx::raw_sql(SET_UP).execute(&owner).await.unwrap();
    let service = postgres.pool("service").await;

    let passed = round(&service, Some(ACTING)).await;
    assert_eq!((passed.passed(), passed.verdict()), (2, Verdict::Pass), "{passed}");
    // The tenant was acted for until the end of the transaction only: no connection of the pool still is somebody.
    let left: Option<String> =
        sqlx::query_scalar("SELECT nullif(current_setting('app.tenant', true), '')").fetch_one(&service).await.unwrap();
    assert_eq!(left, None);

    // Nobody acts for a tenant, and a role that may read nothing: nothing was tried.
    assert_eq!(round(&service, None).await.verdict(), Verdict::Unknown);
    assert_eq!(round(&postgres.pool("stranger").await, Some(ACTING)).await.verdict(), Verdict::Unknown);
    // A statement that acts for nobody, because it is refused, is no refusal of the row.
    let refused = round(&service, Some("SELECT set_config('log_statement', $1, true)")).await;
    assert_eq!((refused.passed(), refused.verdict()), (0, Verdict::Unknown), "{refused}");

    // The owner of the table is not bound by its policies.
    let unbound = round(&owner, Some(ACTING)).await;
    assert_eq!((unbound.breaches().len(), unbound.verdict()), (2, Verdict::Breach), "{unbound}");
    // A policy that forgets the tenant in one case.
    sqlx::raw_sql("CREATE POLICY cheap ON invoices USING (total < 150)").execute(&owner).await.unwrap();
    let leaking = round(&service, Some(ACTING)).await;
    let breached: Vec<_> = leaking.breaches().iter().map(ToString::to_string).collect();
    assert_eq!(breached, ["invoice 1 of acme tried by globex"]);

    // Nobody answers any more.
    drop(postgres);
    assert_eq!(round(&service, Some(ACTING)).await.verdict(), Verdict::Unknown);
}
