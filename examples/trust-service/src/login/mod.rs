//! Authentication: passwords, second factors, sessions, and the extractor that requires a session.

mod factor;
mod failure;
mod open_sessions;
mod password;
mod session;
mod token;

pub(crate) use self::factor::code_now;
pub(crate) use self::open_sessions::OpenSessions;
pub(crate) use self::session::Session;
pub(crate) use self::token::TokenKey;

use std::net::SocketAddr;

use axum::error_handling::HandleErrorLayer;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{BoxError, Json, Router};
use mme_metrics::operation::ByOperation;
use mme_metrics::operation::measure_async;
use mme_metrics::security::{
    AuditEvent, AuthMethod, Authenticator, BlockReason, EventOutcome, EventType, FailureReason, PolicyName, RateLimit,
    RateLimitLayer, SECURITY, SecurityClient,
};
use serde::{Deserialize, Serialize};
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;

use self::failure::LoginFailure;
use crate::database::Database;
use crate::error::ApiError;
use crate::sources;
use crate::state::App;
use crate::tenant::{ACCOUNTS, CAREFUL};

/// Counts the logins with a password.
static PASSWORD: Authenticator = Authenticator::new(AuthMethod::PASSWORD).reasons(&[
    FailureReason::CREDENTIALS,
    FailureReason::SECOND_FACTOR,
    FailureReason::BLOCKED,
]);

/// The rate limit of concurrent logins. Hashing is slow on purpose, so a client with many logins would delay all
/// others.
static LOGINS: RateLimit = RateLimit::new(PolicyName::new("logins"));

/// Largest number of concurrent logins.
pub(crate) const AT_ONCE: usize = 8;

/// Lifetime of a session of the service itself, in seconds.
const OWN_LIFETIME: i64 = 5 * 60;

/// The routes of this domain.
pub(crate) fn routes() -> Router<App> {
    let limited = ServiceBuilder::new()
        .layer(RateLimitLayer::new(&LOGINS))
        .layer(HandleErrorLayer::new(async |_: BoxError| ApiError::TooMany("too many log in at once: try again")))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE));
    Router::new()
        .route("/login", post(login).layer(limited))
        .route("/login/factor", post(enrol))
        .route("/logout", post(logout))
}

#[derive(Deserialize)]
struct Credentials {
    tenant: String,
    user: String,
    password: String,
    /// The code of the second factor, if the account has one.
    code: Option<String>,
}

#[derive(Serialize)]
struct LoginResponse {
    token: String,
    expires_in: i64,
}

#[derive(Serialize)]
struct FactorSecret {
    /// The secret in hexadecimal, as `oathtool --totp=sha256` expects it.
    secret: String,
}

async fn login(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(given): Json<Credentials>,
) -> Result<Json<LoginResponse>, ApiError> {
    let client = app.sources.client(peer.ip(), &headers).account(&format!("{}/{}", given.tenant, given.user));
    let entered = measure_async(PASSWORD.attempt().by(&client), ByOperation, enter(&app, &client, given)).await;
    let outcome = match &entered {
        Ok(_) => EventOutcome::Success,
        Err(LoginFailure::Broken(_)) => EventOutcome::Unknown,
        Err(_) => EventOutcome::Failure,
    };
    AuditEvent::new(EventType::LOGIN, outcome).by(&client).record();
    Ok(Json(LoginResponse { token: entered?, expires_in: session::LIFETIME }))
}

/// Checks the credentials and opens a session.
async fn enter(app: &App, client: &SecurityClient, given: Credentials) -> Result<String, LoginFailure> {
    let Credentials { tenant, user, password, code } = given;
    if sources::is_threat(client.address()) {
        return Err(blocked(BlockReason::THREAT));
    }
    // Each attempt counts, so a source that keeps trying stays blocked.
    if client.standing().is_over_limit() {
        return Err(blocked(BlockReason::BRUTE_FORCE));
    }
    let stored: Option<String> = sqlx::query_scalar("SELECT password FROM users WHERE tenant = $1 AND name = $2")
        .bind(&tenant)
        .bind(&user)
        .fetch_optional(&app.database)
        .await?;
    if !password::verify(password, stored).await? {
        return Err(LoginFailure::Credentials);
    }
    if let Some(secret) = factor::secret(&app.database, &tenant, &user).await? {
        let code = code.ok_or(LoginFailure::SecondFactor)?;
        factor::challenge(&app.database, (&tenant, &user), &secret, &code).await?;
    }
    Ok(session::open(app, &tenant, &user, session::LIFETIME).await?)
}

fn blocked(reason: BlockReason) -> LoginFailure {
    SECURITY.blocks.increment((reason,));
    LoginFailure::Blocked(reason)
}

/// Sets up a second factor for the account of the session. The next login needs its code.
async fn enrol(State(app): State<App>, session: Session) -> Result<Json<FactorSecret>, ApiError> {
    let secret = factor::enrol(&app.database, &session.tenant, &session.account).await?;
    AuditEvent::new(EventType::new("factor_enrolled"), EventOutcome::Success).record();
    Ok(Json(FactorSecret { secret }))
}

async fn logout(State(app): State<App>, session: Session) -> Result<StatusCode, ApiError> {
    session.close(&app).await?;
    AuditEvent::new(EventType::LOGOUT, EventOutcome::Success).record();
    Ok(StatusCode::NO_CONTENT)
}

/// Creates the missing example accounts, sets the password of all of them, and removes their second factors.
pub(crate) async fn seed(database: &Database, password: &str) -> Result<(), ApiError> {
    for (tenant, user) in ACCOUNTS.into_iter().chain([CAREFUL]) {
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
        factor::remove(database, tenant, user).await?;
    }
    Ok(())
}

/// Returns a random password for the example accounts.
pub(crate) fn invent_password() -> Result<String, ApiError> {
    session::random::<9>()
}

/// Opens a short session for a task of the service itself, without a password.
pub(crate) async fn open_session(app: &App, tenant: &str, user: &str) -> Result<String, ApiError> {
    session::open(app, tenant, user, OWN_LIFETIME).await
}

/// Returns a random text that cannot be guessed.
pub(crate) fn random_text() -> Result<String, ApiError> {
    session::random::<18>()
}
