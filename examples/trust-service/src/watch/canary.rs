//! Checks the isolation of tenants from outside. Each tenant has a canary document that only it may read. The sentinel
//! tries to read it as the other tenant, over the service's own API.

use std::net::SocketAddr;
use std::time::Duration;

use mme_metrics::isolation::{HttpRead, IsolationResource, IsolationSentinel};
use mme_metrics::probe::ProbeFailure;

use super::breach;
use crate::database::Database;
use crate::error::ApiError;
use crate::login;
use crate::state::App;
use crate::tenant::ACCOUNTS;

/// Time between two rounds. Five minutes are enough for a service; a demonstration is shorter.
const EVERY: Duration = Duration::from_secs(30);

/// Returns the isolation sentinel of this service.
pub(super) fn sentinel(app: &App, address: SocketAddr) -> IsolationSentinel {
    let app = app.clone();
    IsolationSentinel::planned(move || plan(app.clone(), address)).every(EVERY).at_once(true).on_breach(breach::found)
}

/// Returns the resources to check. It is called before each round, because sessions and documents may change.
async fn plan(app: App, address: SocketAddr) -> Result<Vec<IsolationResource>, ProbeFailure> {
    let mut sessions = Vec::new();
    for (tenant, user) in ACCOUNTS {
        let token = login::open_session(&app, tenant, user).await.map_err(|_| ProbeFailure::Other("no session"))?;
        sessions.push((tenant, token));
    }
    let mut resources = Vec::new();
    for (tenant, _) in ACCOUNTS {
        let (id, marker) =
            canary(&app.database, tenant).await.map_err(|_| ProbeFailure::Other("no document to look for"))?;
        let sessions = sessions.clone();
        let read = HttpRead::new(&format!("http://{address}/documents/{id}"), marker, move |tenant, request| {
            match sessions.iter().find(|(owner, _)| *owner == tenant) {
                Some((_, token)) => request.bearer_auth(token),
                None => request,
            }
        });
        let read = read.map_err(|_| ProbeFailure::Other("the document cannot be looked for"))?;
        resources.push(IsolationResource::new(tenant, format!("document {id}"), read));
    }
    Ok(resources)
}

/// Returns the number and the title of a tenant's canary document. No other document has its title.
async fn canary(database: &Database, tenant: &str) -> Result<(i64, String), ApiError> {
    let known = sqlx::query_as("SELECT id, title FROM documents WHERE tenant = $1 AND title LIKE 'canary-%'")
        .bind(tenant)
        .fetch_optional(database)
        .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let title = format!("canary-{}", login::random_text()?);
    let inserted = sqlx::query_as(
        "INSERT INTO documents (tenant, kind, title, body, created_at) VALUES ($1, 'report', $2, '', 0) RETURNING id, title",
    );
    Ok(inserted.bind(tenant).bind(title).fetch_one(database).await?)
}
