//! Who is calling: passwords, sessions, and the extractor that lets only sessions in.

mod password;
mod session;

pub(crate) use self::session::Session;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::database::Database;
use crate::error::ApiError;
use crate::state::App;
use crate::tenant::ACCOUNTS;

/// The routes of this domain.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/login", post(login)).route("/logout", post(logout))
}

#[derive(Deserialize)]
struct Credentials {
    tenant: String,
    user: String,
    password: String,
}

#[derive(Serialize)]
struct Opened {
    token: String,
    expires_in: i64,
}

async fn login(State(app): State<App>, Json(given): Json<Credentials>) -> Result<Json<Opened>, ApiError> {
    let stored: Option<String> = sqlx::query_scalar("SELECT password FROM users WHERE tenant = $1 AND name = $2")
        .bind(&given.tenant)
        .bind(&given.user)
        .fetch_optional(&app.database)
        .await?;
    if !password::verify(given.password, stored).await? {
        return Err(ApiError::Unauthorized("tenant, user or password is wrong"));
    }
    let token = session::open(&app.database, &given.tenant, &given.user).await?;
    Ok(Json(Opened { token, expires_in: session::LIFETIME }))
}

async fn logout(State(app): State<App>, session: Session) -> Result<StatusCode, ApiError> {
    session.close(&app.database).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives the example accounts this password, and makes those that are missing.
pub(crate) async fn seed(database: &Database, password: &str) -> Result<(), ApiError> {
    for (tenant, user) in ACCOUNTS {
        let hash = password::hash(password.to_owned()).await?;
        sqlx::query(
            "INSERT INTO users (tenant, name, password) VALUES ($1, $2, $3)
             ON CONFLICT (tenant, name) DO UPDATE SET password = excluded.password",
        )
        .bind(tenant)
        .bind(user)
        .bind(hash)
        .execute(database)
        .await?;
    }
    Ok(())
}

/// Makes a password for the example accounts that nobody can know beforehand.
pub(crate) fn invent_password() -> Result<String, ApiError> {
    session::random::<9>()
}

/// Opens a session for a task of the service itself, which needs no password.
pub(crate) async fn open_session(database: &Database, tenant: &str, user: &str) -> Result<String, ApiError> {
    session::open(database, tenant, user).await
}

/// Makes a text that nobody can guess.
pub(crate) fn random_text() -> Result<String, ApiError> {
    session::random::<18>()
}
