//! Documents: stored, listed, read, processed and deleted, each by its own tenant.

mod event;
mod metrics;
mod process;
mod store;

pub(crate) use self::event::Events;
pub(crate) use self::metrics::DOCUMENTS;
pub(crate) use self::store::{Document, Documents};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use mme_metrics::LabelValue;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::login::Session;
use crate::state::App;
use crate::tenant::Tenant;

/// What a document is. A metric label as well, so the list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, LabelValue, sqlx::Type)]
#[label(key = "kind")]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub(crate) enum Kind {
    Contract,
    Invoice,
    Report,
    Scan,
}

/// How far a document has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub(crate) enum Progress {
    New,
    Processed,
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

/// Stores a document and tells of it.
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
    Ok(Json(Documents::of(&app.database, &session.tenant).find(id).await?))
}

async fn process(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Json<process::Processed>, ApiError> {
    let documents = Documents::of(&app.database, &session.tenant);
    let document = documents.find(id).await?;
    let processed = process::process(&documents, &document).await?;
    app.events.tell(&session.tenant, &Document { state: Progress::Processed, ..document });
    Ok(Json(processed))
}

async fn delete(State(app): State<App>, session: Session, Path(id): Path<i64>) -> Result<StatusCode, ApiError> {
    Documents::of(&app.database, &session.tenant).delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
