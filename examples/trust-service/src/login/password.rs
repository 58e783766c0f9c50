//! Passwords, kept as Argon2id. Hashing takes tens of milliseconds on purpose, so it has threads of its own.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{Error, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use mme_metrics::instrument_metrics;
use tokio::task::spawn_blocking;

use crate::error::ApiError;

/// What an unknown user's password is compared with, so that the time of the answer does not tell who exists.
static NOBODY: LazyLock<String> = LazyLock::new(|| compute("nobody").unwrap_or_default());

/// Hashes a password with a new salt.
pub(super) async fn hash(password: String) -> Result<String, ApiError> {
    spawn_blocking(move || compute(&password)).await?.map_err(|error| ApiError::Internal(error.into()))
}

/// Says whether `password` is the one that was stored; nobody's password is right if none was.
#[instrument_metrics(name = "verify_password")]
pub(super) async fn verify(password: String, stored: Option<String>) -> Result<bool, ApiError> {
    let verified = spawn_blocking(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let hash = PasswordHash::new(&stored)?;
        match Argon2::default().verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(known),
            Err(Error::Password) => Ok(false),
            Err(error) => Err(error),
        }
    });
    verified.await?.map_err(|error| ApiError::Internal(error.into()))
}

fn compute(password: &str) -> Result<String, Error> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
}
