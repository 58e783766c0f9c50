//! The certificates of one tenant.

use ed25519_dalek::{SignatureError, SigningKey};
use serde::Serialize;
use sqlx::FromRow;

use crate::clock;
use crate::database::Database;
use crate::error::ApiError;

/// A stored certificate.
#[derive(Debug, FromRow, Serialize)]
pub(super) struct Certificate {
    id: i64,
    subject: String,
    not_before: i64,
    not_after: i64,
    revoked_at: Option<i64>,
    #[serde(skip)]
    secret_key: Vec<u8>,
}

impl Certificate {
    /// Checks that the certificate is valid at `now`. The error is the reason why it is not.
    pub(super) fn check(&self, now: i64) -> Result<(), &'static str> {
        if self.revoked_at.is_some() {
            Err("the certificate is revoked")
        } else if now < self.not_before {
            Err("the certificate is not valid yet")
        } else if now >= self.not_after {
            Err("the certificate has expired")
        } else {
            Ok(())
        }
    }

    pub(super) fn key(&self) -> Result<SigningKey, SignatureError> {
        SigningKey::try_from(self.secret_key.as_slice())
    }
}

/// The certificates of one tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certificates<'a> {
    database: &'a Database,
    tenant: &'a str,
}

impl<'a> Certificates<'a> {
    pub(super) fn of(database: &'a Database, tenant: &'a str) -> Self {
        Self { database, tenant }
    }

    /// Creates a certificate with a new key. It is valid from now on.
    pub(super) async fn insert(&self, subject: &str, not_after: i64) -> Result<Certificate, ApiError> {
        let mut secret_key = vec![0; ed25519_dalek::SECRET_KEY_LENGTH];
        getrandom::fill(&mut secret_key).map_err(|error| ApiError::Internal(error.into()))?;
        let issued = sqlx::query_as(
            "INSERT INTO certificates (tenant, subject, secret_key, not_before, not_after) VALUES ($1, $2, $3, $4, $5)
             RETURNING id, subject, not_before, not_after, revoked_at, secret_key",
        )
        .bind(self.tenant)
        .bind(subject)
        .bind(secret_key)
        .bind(clock::now())
        .bind(not_after)
        .fetch_one(self.database)
        .await?;
        Ok(issued)
    }

    pub(super) async fn all(&self) -> Result<Vec<Certificate>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, subject, not_before, not_after, revoked_at, secret_key FROM certificates
             WHERE tenant = $1 ORDER BY id DESC LIMIT 50",
        )
        .bind(self.tenant)
        .fetch_all(self.database)
        .await
    }

    pub(super) async fn find(&self, id: i64) -> Result<Certificate, ApiError> {
        sqlx::query_as(
            "SELECT id, subject, not_before, not_after, revoked_at, secret_key FROM certificates
             WHERE tenant = $1 AND id = $2",
        )
        .bind(self.tenant)
        .bind(id)
        .fetch_optional(self.database)
        .await?
        .ok_or(ApiError::NotFound("there is no such certificate"))
    }

    /// Changes the expiry of a certificate that is not revoked.
    pub(super) async fn renew(&self, id: i64, not_after: i64) -> Result<Certificate, ApiError> {
        sqlx::query_as(
            "UPDATE certificates SET not_after = $1 WHERE tenant = $2 AND id = $3 AND revoked_at IS NULL
             RETURNING id, subject, not_before, not_after, revoked_at, secret_key",
        )
        .bind(not_after)
        .bind(self.tenant)
        .bind(id)
        .fetch_optional(self.database)
        .await?
        .ok_or(ApiError::NotFound("there is no such certificate in force"))
    }

    pub(super) async fn revoke(&self, id: i64) -> Result<(), ApiError> {
        let revoked =
            sqlx::query("UPDATE certificates SET revoked_at = COALESCE(revoked_at, $1) WHERE tenant = $2 AND id = $3")
                .bind(clock::now())
                .bind(self.tenant)
                .bind(id)
                .execute(self.database)
                .await?;
        if revoked.rows_affected() == 0 {
            return Err(ApiError::NotFound("there is no such certificate"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_holds_from_its_first_second_until_its_last() {
        let mut certificate = Certificate {
            id: 1,
            subject: "archive".to_owned(),
            not_before: 10,
            not_after: 20,
            revoked_at: None,
            secret_key: Vec::new(),
        };
        let holds: Vec<bool> = [9, 10, 19, 20].map(|now| certificate.check(now).is_ok()).to_vec();
        assert_eq!(holds, [false, true, true, false]);
        certificate.revoked_at = Some(12);
        assert_eq!(certificate.check(15), Err("the certificate is revoked"));
    }
}
