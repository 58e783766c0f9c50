//! Passwords, stored as Argon2id hashes. Hashing takes tens of milliseconds on purpose, so it runs on threads for
//! blocking work.

use std::sync::{LazyLock, Mutex, PoisonError};

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{Error, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use mme_metrics::instrument_metrics;
use tokio::task::spawn_blocking;

use crate::error::ApiError;

/// A hash to verify an unknown user's password against. So the response time does not reveal which users exist.
static NOBODY: LazyLock<String> = LazyLock::new(|| compute("nobody").unwrap_or_default());

/// The 19 MiB of memory that hashing needs, kept and shared by all threads. If each thread allocated its own, the
/// allocator would keep some for each thread, and the process would grow by hundreds of MiB.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Hashes a password with a new salt.
pub(super) async fn hash(password: String) -> Result<String, ApiError> {
    spawn_blocking(move || compute(&password)).await?.map_err(|error| ApiError::Internal(error.into()))
}

/// Returns whether `password` matches the stored hash. Without a stored hash it returns false.
#[instrument_metrics(name = "verify_password")]
pub(super) async fn verify(password: String, stored: Option<String>) -> Result<bool, ApiError> {
    let verified = spawn_blocking(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let hash = PasswordHash::new(&stored)?;
        let salt = hash.salt.ok_or(Error::Password)?;
        let derived = derive(&password, salt, Params::try_from(&hash)?)?;
        // Outputs are compared in constant time.
        Ok::<_, Error>(hash.hash == Some(derived) && known)
    });
    verified.await?.map_err(|error| ApiError::Internal(error.into()))
}

fn compute(password: &str) -> Result<String, Error> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(Params::DEFAULT)?,
        salt: Some(salt.as_salt()),
        hash: Some(derive(password, salt.as_salt(), Params::DEFAULT)?),
    };
    Ok(hash.to_string())
}

/// Derives the hash of a password, of one password at a time.
fn derive(password: &str, salt: Salt<'_>, params: Params) -> Result<Output, Error> {
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes)?;
    // A poisoned lock is safe to use, because the memory is overwritten.
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Output::init_with(Params::DEFAULT_OUTPUT_LEN, |out| {
        Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, memory.as_mut_slice())?)
    })
}
