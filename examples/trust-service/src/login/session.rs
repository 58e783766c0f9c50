//! Sessions: a random token for the client, its digest for the database.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::database::Database;
use crate::error::ApiError;
use crate::state::App;

/// Seconds that a session is good for.
pub(super) const LIFETIME: i64 = 12 * 60 * 60;

/// A caller who logged in. Taking it as an argument is what makes a route private.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) tenant: String,
    digest: Vec<u8>,
}

impl Session {
    /// Finds the session that a header of authorization opens.
    pub(crate) async fn open_with(app: &App, header: Option<&str>) -> Result<Self, ApiError> {
        let token = header
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(ApiError::Unauthorized("log in at /login and send the token as `Authorization: Bearer …`"))?;
        let digest = digest(token);
        let tenant = sqlx::query_scalar("SELECT tenant FROM sessions WHERE digest = $1 AND expires_at > $2")
            .bind(&digest)
            .bind(clock::now())
            .fetch_optional(&app.database)
            .await?
            .ok_or(ApiError::Unauthorized("the session is over: log in again at /login"))?;
        Ok(Self { tenant, digest })
    }

    /// Ends the session; its token opens nothing any more.
    pub(super) async fn close(self, database: &Database) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM sessions WHERE digest = $1").bind(self.digest).execute(database).await?;
        Ok(())
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        Self::open_with(app, header).await
    }
}

/// Opens a session and returns its token; sessions that are over are forgotten on the way.
pub(super) async fn open(database: &Database, tenant: &str, user: &str) -> Result<String, ApiError> {
    let token = random::<32>()?;
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(clock::now()).execute(database).await?;
    sqlx::query("INSERT INTO sessions (digest, tenant, account, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(digest(&token))
        .bind(tenant)
        .bind(user)
        .bind(clock::now() + LIFETIME)
        .execute(database)
        .await?;
    Ok(token)
}

/// Returns `N` random bytes as text that is safe in a header and in a shell.
pub(super) fn random<const N: usize>() -> Result<String, ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::Internal(error.into()))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
