//! Certificates that sign documents: each is a key pair with a period of validity. They stand in for X.509 and show the
//! usual operations on a certificate. A real service stores the keys elsewhere.

mod identity;
mod store;

pub(crate) use self::identity::Identity;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Signer};
use mme_metrics::certificate::CertificateOperation;
use mme_metrics::instrument_metrics;
use mme_metrics::operation::ErrorType;
use mme_metrics::security::{AuditEvent, EventOutcome, EventType};
use serde::{Deserialize, Serialize};

use self::store::{Certificate, Certificates};
use crate::business;
use crate::clock;
use crate::documents::Documents;
use crate::error::ApiError;
use crate::login::Session;
use crate::state::App;

/// Longest validity, in days.
const MAX_DAYS: i64 = 398;

/// The routes of this domain.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/certificates", get(list).post(issue))
        .route("/certificates/{id}/validate", post(validate))
        .route("/certificates/{id}/sign", post(sign))
        .route("/certificates/{id}/renew", post(renew))
        .route("/certificates/{id}/revoke", post(revoke))
}

#[derive(Deserialize)]
struct Order {
    subject: String,
    days: i64,
}

/// A document and, if given, a signature to check.
#[derive(Deserialize)]
pub(crate) struct SignedDocument {
    pub(crate) document: i64,
    pub(crate) signature: String,
}

#[derive(Deserialize)]
struct ToSign {
    document: i64,
}

#[derive(Deserialize)]
struct Renewal {
    days: i64,
}

#[derive(Serialize)]
struct SignatureResponse {
    signature: String,
}

/// The result of a validation: whether the certificate is valid, and the reason.
#[derive(Serialize)]
pub(crate) struct Verdict {
    pub(crate) valid: bool,
    pub(crate) reason: &'static str,
}

async fn list(State(app): State<App>, session: Session) -> Result<Json<Vec<Certificate>>, ApiError> {
    Ok(Json(Certificates::of(&app.database, &session.tenant).all().await?))
}

#[instrument_metrics(record = CertificateOperation::Issuance)]
async fn issue(
    State(app): State<App>,
    session: Session,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Certificate>), ApiError> {
    let not_after = end_of(order.days)?;
    let issued = Certificates::of(&app.database, &session.tenant).insert(&order.subject, not_after).await?;
    Ok((StatusCode::CREATED, Json(issued)))
}

async fn validate(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
    signed: Option<Json<SignedDocument>>,
) -> Result<Json<Verdict>, ApiError> {
    judge(&app, &session.tenant, id, signed.map(|Json(signed)| signed)).await.map(Json)
}

/// Validates a certificate at the current time and, if a signature is given, that it belongs to the document.
pub(crate) async fn judge(
    app: &App,
    tenant: &str,
    id: i64,
    signed: Option<SignedDocument>,
) -> Result<Verdict, ApiError> {
    match verify(app, tenant, id, signed).await {
        Ok(()) => Ok(Verdict { valid: true, reason: "in force" }),
        Err(Invalid::Certificate(reason)) => Ok(Verdict { valid: false, reason }),
        Err(Invalid::Signature) => Ok(Verdict { valid: false, reason: "the signature is not this document's" }),
        Err(Invalid::Unknown(error)) => Err(error),
    }
}

/// The reason why a certificate or a signature is invalid. The client gets it as an answer, and the metrics count it as
/// a failed validation.
enum Invalid {
    Certificate(&'static str),
    Signature,
    Unknown(ApiError),
}

impl ErrorType for Invalid {
    const ERROR_TYPES: &'static [&'static str] = &["certificate", "signature", "unknown"];

    fn error_type(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "certificate",
            Self::Signature => "signature",
            Self::Unknown(_) => "unknown",
        }
    }
}

#[instrument_metrics(record = CertificateOperation::Validation)]
async fn verify(app: &App, tenant: &str, id: i64, signed: Option<SignedDocument>) -> Result<(), Invalid> {
    let certificates = Certificates::of(&app.database, tenant);
    let certificate = certificates.find(id).await.map_err(Invalid::Unknown)?;
    certificate.check(clock::now()).map_err(Invalid::Certificate)?;
    let Some(SignedDocument { document, signature }) = signed else { return Ok(()) };
    let document = Documents::of(&app.database, tenant).find(document).await.map_err(Invalid::Unknown)?;
    let bytes = BASE64_STANDARD.decode(signature).unwrap_or_default();
    let genuine = Signature::from_slice(&bytes)
        .and_then(|signature| certificate.key()?.verify_strict(document.body.as_bytes(), &signature));
    genuine.map_err(|_| Invalid::Signature)
}

async fn sign(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
    Json(ToSign { document }): Json<ToSign>,
) -> Result<Json<SignatureResponse>, ApiError> {
    Ok(Json(SignatureResponse { signature: seal(&app, &session.tenant, id, document).await? }))
}

/// Signs a document with a certificate that is valid now.
#[instrument_metrics(name = "sign_document")]
#[instrument_metrics(record = CertificateOperation::Signing)]
pub(crate) async fn seal(app: &App, tenant: &str, id: i64, document: i64) -> Result<String, ApiError> {
    let certificate = Certificates::of(&app.database, tenant).find(id).await?;
    certificate.check(clock::now()).map_err(ApiError::Conflict)?;
    let document = Documents::of(&app.database, tenant).find(document).await?;
    let key = certificate.key().map_err(|error| ApiError::Internal(error.into()))?;
    let signature = key.sign(document.body.as_bytes());
    business::charge_signature(tenant);
    Ok(BASE64_STANDARD.encode(signature.to_bytes()))
}

#[instrument_metrics(record = CertificateOperation::Renewal)]
async fn renew(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
    Json(Renewal { days }): Json<Renewal>,
) -> Result<Json<Certificate>, ApiError> {
    let not_after = end_of(days)?;
    Ok(Json(Certificates::of(&app.database, &session.tenant).renew(id, not_after).await?))
}

#[instrument_metrics(record = CertificateOperation::Revocation)]
async fn revoke(State(app): State<App>, session: Session, Path(id): Path<i64>) -> Result<StatusCode, ApiError> {
    Certificates::of(&app.database, &session.tenant).revoke(id).await?;
    AuditEvent::new(EventType::new("certificate_revoked"), EventOutcome::Success).record();
    Ok(StatusCode::NO_CONTENT)
}

fn end_of(days: i64) -> Result<i64, ApiError> {
    if (1..=MAX_DAYS).contains(&days) {
        Ok(clock::now() + days * clock::DAY)
    } else {
        Err(ApiError::Unprocessable(format!("a certificate is valid for 1 to {MAX_DAYS} days")))
    }
}
