//! Second factors: time-based one-time codes (TOTP, RFC 6238, with HMAC-SHA-256), as authenticator apps show them.

use hmac::{Hmac, KeyInit, Mac};
use mme_metrics::instrument_metrics;
use mme_metrics::security::{MfaFactor, MfaMethod};
use sha2::Sha256;

use super::failure::LoginFailure;
use super::session;
use crate::clock;
use crate::database::Database;
use crate::error::ApiError;

/// Counts the challenges for a code.
static CODE: MfaFactor = MfaFactor::new(MfaMethod::TOTP);

/// Lifetime of a code, in seconds.
const STEP: i64 = 30;

/// The number of possible codes: a code has six digits.
const CODES: u32 = 1_000_000;

/// Sets the second factor of an account, replaces any that it has, and returns the secret for the owner's app.
pub(super) async fn enrol(database: &Database, tenant: &str, account: &str) -> Result<String, ApiError> {
    let secret = session::random_bytes::<32>()?;
    sqlx::query(
        "INSERT INTO factors (tenant, account, secret, used) VALUES ($1, $2, $3, 0)
         ON CONFLICT (tenant, account) DO UPDATE SET secret = excluded.secret, used = 0",
    )
    .bind(tenant)
    .bind(account)
    .bind(secret.to_vec())
    .execute(database)
    .await?;
    let digits = secret.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
}

/// Removes the second factor of an account.
pub(super) async fn remove(database: &Database, tenant: &str, account: &str) -> Result<(), sqlx::Error> {
    let remove = sqlx::query("DELETE FROM factors WHERE tenant = $1 AND account = $2");
    remove.bind(tenant).bind(account).execute(database).await.map(drop)
}

/// Returns the secret of the second factor of an account, if it has one.
pub(super) async fn secret(database: &Database, tenant: &str, account: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let find = sqlx::query_scalar("SELECT secret FROM factors WHERE tenant = $1 AND account = $2");
    find.bind(tenant).bind(account).fetch_optional(database).await
}

/// Checks a code. It accepts the current code and those of the half minute before and after, each of them once.
#[instrument_metrics(record = CODE.challenge())]
pub(super) async fn challenge(
    database: &Database,
    (tenant, account): (&str, &str),
    secret: &[u8],
    given: &str,
) -> Result<(), LoginFailure> {
    let now = clock::now() / STEP;
    let step = (now - 1..=now + 1).find(|step| code(secret, *step) == given).ok_or(LoginFailure::SecondFactor)?;
    let spend = sqlx::query("UPDATE factors SET used = $1 WHERE tenant = $2 AND account = $3 AND used < $1");
    let spent = spend.bind(step).bind(tenant).bind(account).execute(database).await?;
    if spent.rows_affected() == 0 { Err(LoginFailure::SecondFactor) } else { Ok(()) }
}

/// Returns the current code, for the demo. `secret` is as [`enrol`] returns it.
pub(crate) fn code_now(secret: &str) -> String {
    let bytes = secret.as_bytes().chunks(2).filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    code(&bytes.collect::<Vec<_>>(), clock::now() / STEP)
}

fn code(secret: &[u8], step: i64) -> String {
    // Cannot fail: a key may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let digest: [u8; 32] = mac.finalize().into_bytes().into();
    // RFC 4226, section 5.3: the last four bits are the offset of the 31 bits to use.
    let at = usize::from(digest[31] & 15);
    let [a, b, c, d] = std::array::from_fn(|offset| digest[at + offset]);
    format!("{:06}", (u32::from_be_bytes([a, b, c, d]) & 0x7fff_ffff) % CODES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // The test values of RFC 6238, appendix B: the last six of their eight digits.
        let secret = b"12345678901234567890123456789012";
        for (seconds, expected) in [(59, "119246"), (1_111_111_109, "084774"), (20_000_000_000, "737706")] {
            assert_eq!(code(secret, seconds / STEP), expected);
        }
    }

    #[test]
    fn the_secret_as_it_is_told_makes_the_code_that_is_expected() {
        assert_eq!(code_now("00ff10").len(), 6);
        assert!((0..3).any(|back| code_now("00ff10") == code(&[0, 255, 16], clock::now() / STEP - back)));
    }
}
