//! Sessions: the client gets a token, and the database stores its digest.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mme_metrics::instrument_metrics;
use mme_metrics::security::{ClassifyRefusal, JwtReason, JwtValidation};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::error::ApiError;
use crate::state::App;

/// Lifetime of a session, in seconds.
pub(super) const LIFETIME: i64 = 12 * 60 * 60;

/// The session of a caller who logged in. A handler that takes it as an argument makes its route private.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) tenant: String,
    pub(super) account: String,
    digest: Vec<u8>,
}

/// The reason why a token is rejected.
enum Invalid {
    Token(JwtReason),
    /// The token could not be checked.
    Unknown(ApiError),
}

impl ClassifyRefusal<JwtReason> for Invalid {
    fn refusal(&self) -> Option<JwtReason> {
        match self {
            Self::Token(reason) => Some(*reason),
            Self::Unknown(_) => None,
        }
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            // Only the metrics get the exact reason. The client does not, so that a forger learns nothing from it.
            Invalid::Token(_) => Self::Unauthorized("the session is over: log in again at /login"),
            Invalid::Unknown(error) => error,
        }
    }
}

impl Session {
    /// Finds the session for an `Authorization` header.
    pub(crate) async fn open_with(app: &App, header: Option<&str>) -> Result<Self, ApiError> {
        let token = header
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(ApiError::Unauthorized("log in at /login and send the token as `Authorization: Bearer …`"))?;
        Ok(validate(app, token).await?)
    }

    /// Ends the session. Its token is invalid from now on.
    pub(super) async fn close(self, app: &App) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM sessions WHERE digest = $1").bind(&self.digest).execute(&app.database).await?;
        app.sessions.close(&self.digest);
        Ok(())
    }
}

/// Finds the session of a token. The token must be issued by this service, and be neither expired nor revoked.
#[instrument_metrics(record = JwtValidation::new())]
async fn validate(app: &App, token: &str) -> Result<Session, Invalid> {
    let now = clock::now();
    app.key.check(token, now).map_err(Invalid::Token)?;
    let digest = digest(token);
    let found: Option<(String, String)> =
        sqlx::query_as("SELECT tenant, account FROM sessions WHERE digest = $1 AND expires_at > $2")
            .bind(&digest)
            .bind(now)
            .fetch_optional(&app.database)
            .await
            .map_err(|error| Invalid::Unknown(error.into()))?;
    let (tenant, account) = found.ok_or(Invalid::Token(JwtReason::Revoked))?;
    Ok(Session { tenant, account, digest })
}

impl FromRequestParts<App> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        Self::open_with(app, header).await
    }
}

/// Opens a session of `lifetime` seconds and returns its token. It also deletes expired sessions.
pub(super) async fn open(app: &App, tenant: &str, user: &str, lifetime: i64) -> Result<String, ApiError> {
    let now = clock::now();
    let expires_at = now + lifetime;
    let token = app.key.issue(random::<32>()?, expires_at);
    let digest = digest(&token);
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now).execute(&app.database).await?;
    sqlx::query("INSERT INTO sessions (digest, tenant, account, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(&digest)
        .bind(tenant)
        .bind(user)
        .bind(expires_at)
        .execute(&app.database)
        .await?;
    app.sessions.open(digest, now, expires_at);
    Ok(token)
}

/// Returns `N` random bytes as text that is safe in a header and in a shell command.
pub(super) fn random<const N: usize>() -> Result<String, ApiError> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<N>()?))
}

/// Returns `N` random bytes that cannot be guessed.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::Internal(error.into()))?;
    Ok(bytes)
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
