//! Access tokens: JSON Web Tokens (RFC 7519) that this service issues and checks itself, with HMAC-SHA-256.
//!
//! It accepts only one header, so an attacker cannot choose another algorithm. A service that accepts tokens of other
//! issuers needs more than this; use a crate for it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use mme_metrics::security::{JwtReason, SECURITY, TokenType};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The header of every token.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The issuer of the tokens.
const ISSUER: &str = "trust-service";

/// The key that signs the tokens.
#[derive(Clone)]
pub(crate) struct TokenKey([u8; 32]);

#[derive(Deserialize, Serialize)]
struct Claims {
    iss: String,
    /// The ID of the token, so that no two tokens are the same.
    jti: String,
    exp: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

impl TokenKey {
    /// Derives the key from a secret that has other uses too.
    pub(crate) fn derive(secret: &str) -> Self {
        let digest = Sha256::new().chain_update("trust-service access token ").chain_update(secret).finalize();
        Self(digest.into())
    }

    /// Issues a signed token.
    pub(super) fn issue(&self, id: String, expires_at: i64) -> String {
        SECURITY.jwt_issued.increment((TokenType::ACCESS,));
        let claims = Claims { iss: ISSUER.to_owned(), jti: id, exp: expires_at };
        // Cannot fail: two texts and a number are valid JSON.
        let claims = serde_json::to_vec(&claims).unwrap_or_default();
        let signed = format!("{}.{}", encoded(HEADER), encoded(claims));
        let signature = encoded(self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// Checks that this service issued the token and that it has not expired. The error is the reason for the
    /// rejection.
    pub(super) fn check(&self, token: &str, now: i64) -> Result<(), JwtReason> {
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtReason::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtReason::Malformed)?;
        let header = decoded(header)?;
        if header != HEADER.as_bytes() {
            let header: Header = serde_json::from_slice(&header).map_err(|_| JwtReason::Malformed)?;
            return Err(if header.alg == "HS256" { JwtReason::Malformed } else { JwtReason::Algorithm });
        }
        self.mac(signed).verify_slice(&decoded(signature)?).map_err(|_| JwtReason::Signature)?;
        let claims: Claims = serde_json::from_slice(&decoded(claims)?).map_err(|_| JwtReason::Claims)?;
        match claims {
            Claims { iss, .. } if iss != ISSUER => Err(JwtReason::Issuer),
            Claims { exp, .. } if exp <= now => Err(JwtReason::Expired),
            Claims { .. } => Ok(()),
        }
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0).expect("a key may have any length").chain_update(signed)
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &str) -> Result<Vec<u8>, JwtReason> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtReason::Malformed)
}

// Hides the key, so that it never appears in a log.
impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_it_expires_and_with_its_own_key_only() {
        let key = TokenKey::derive("a secret of the tests");
        let token = key.issue("1".to_owned(), 100);
        assert_eq!([key.check(&token, 99), key.check(&token, 100)], [Ok(()), Err(JwtReason::Expired)]);
        assert_eq!(TokenKey::derive("another secret").check(&token, 99), Err(JwtReason::Signature));
        assert_eq!(format!("{key:?}"), "TokenKey { .. }");
    }

    #[test]
    fn what_was_made_by_hand_is_refused_with_its_reason() {
        let key = TokenKey::derive("a secret of the tests");
        let token = key.issue("1".to_owned(), 100);
        let (_, rest) = token.split_once('.').expect("it has three parts");
        let with = |header: &str| format!("{}.{rest}", encoded(header));
        let signed = |claims: &str| {
            let signed = format!("{}.{}", encoded(HEADER), encoded(claims));
            format!("{signed}.{}", encoded(key.mac(&signed).finalize().into_bytes()))
        };
        for (token, reason) in [
            ("nobody's".to_owned(), JwtReason::Malformed),
            ("a.b".to_owned(), JwtReason::Malformed),
            (format!("{token}!"), JwtReason::Malformed),
            (with("{}"), JwtReason::Malformed),
            (with(r#"{"alg":"none","typ":"JWT"}"#), JwtReason::Algorithm),
            (token.replace(rest, "e30.e30"), JwtReason::Signature),
            (signed("{}"), JwtReason::Claims),
            (signed(r#"{"iss":"another","jti":"1","exp":100}"#), JwtReason::Issuer),
        ] {
            assert_eq!(key.check(&token, 0), Err(reason), "{token}");
        }
    }
}
