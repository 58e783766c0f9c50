//! Documents: a tenant can store, list, read, process and delete its own.

mod access;
mod event;
mod metrics;
mod process;
mod recent;
mod store;

pub(crate) use self::access::Access;
pub(crate) use self::event::Events;
pub(crate) use self::metrics::DOCUMENTS;
pub(crate) use self::recent::RecentDocuments;
pub(crate) use self::store::{Document, Documents};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use mme_metrics::LabelValue;
use mme_metrics::security::{AuditEvent, EventOutcome, EventType};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};

use crate::business::{self, BACKLOG};
use crate::error::ApiError;
use crate::login::Session;
use crate::state::App;
use crate::tenant::Tenant;

/// The kind of a document. It is also a metric label, so the set of values is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, LabelValue)]
#[label(key = "kind")]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Contract,
    Invoice,
    Report,
    Scan,
}

/// The state of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Progress {
    New,
    Processed,
}

/// The database stores the same names that clients send.
impl TryFrom<String> for Kind {
    type Error = serde::de::value::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::deserialize(text.into_deserializer())
    }
}

/// As above: the database stores the same names that clients send.
impl TryFrom<String> for Progress {
    type Error = serde::de::value::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::deserialize(text.into_deserializer())
    }
}

/// A document as a client sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// The routes of this domain.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/documents", get(list).post(create))
        .route("/documents/events", get(event::follow))
        .route("/documents/{id}", get(read).delete(delete))
        .route("/documents/{id}/process", post(process))
}

async fn create(
    State(app): State<App>,
    session: Session,
    Json(draft): Json<Draft>,
) -> Result<(StatusCode, Json<Document>), ApiError> {
    Ok((StatusCode::CREATED, Json(store(&app, &session.tenant, &draft).await?)))
}

/// Stores a document and publishes an event.
pub(crate) async fn store(app: &App, tenant: &str, draft: &Draft) -> Result<Document, ApiError> {
    if draft.title.trim().is_empty() {
        return Err(ApiError::Unprocessable("a document has a title".to_owned()));
    }
    let document = Documents::of(&app.database, tenant).insert(draft).await?;
    DOCUMENTS.created.increment((Tenant::find(tenant), document.kind));
    DOCUMENTS.body_size.record((document.kind,), draft.body.len() as f64);
    app.events.tell(tenant, &document);
    Ok(document)
}

async fn list(State(app): State<App>, session: Session) -> Result<Json<Vec<Document>>, ApiError> {
    Ok(Json(Documents::of(&app.database, &session.tenant).newest(store::PAGE).await?))
}

async fn read(State(app): State<App>, session: Session, Path(id): Path<i64>) -> Result<Json<Document>, ApiError> {
    app.access.check(&app.database, &session.tenant, id).await?;
    if let Some(document) = app.recent.find(&session.tenant, id) {
        return Ok(Json(document));
    }
    let document = Documents::of(&app.database, &session.tenant).find(id).await?;
    app.recent.keep(&session.tenant, &document);
    Ok(Json(document))
}

async fn process(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Json<process::ProcessingResult>, ApiError> {
    app.access.check(&app.database, &session.tenant, id).await?;
    let documents = Documents::of(&app.database, &session.tenant);
    let document = documents.find(id).await?;
    let waiting = BACKLOG.enter();
    let deposit = business::charge(&session.tenant, document.kind);
    let processed = process::process(&documents, &document).await;
    drop(waiting);
    // A customer is dissatisfied if the document could not be read.
    business::rate(if processed.is_ok() { 1.0 } else { 0.0 });
    let processed = processed?;
    deposit.earn();
    app.recent.forget(&session.tenant, id);
    app.events.tell(&session.tenant, &Document { state: Progress::Processed, ..document });
    Ok(Json(processed))
}

async fn delete(State(app): State<App>, session: Session, Path(id): Path<i64>) -> Result<StatusCode, ApiError> {
    app.access.check(&app.database, &session.tenant, id).await?;
    Documents::of(&app.database, &session.tenant).delete(id).await?;
    app.access.forget(&session.tenant, id);
    app.recent.forget(&session.tenant, id);
    AuditEvent::new(EventType::new("document_deleted"), EventOutcome::Success).record();
    Ok(StatusCode::NO_CONTENT)
}
