//! The labels of security metrics, each with its bound.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};

labels! {
    /// The label `auth_method`: how a caller proves who it is.
    pub word AuthMethod: "auth_method", budget = 20 {
        /// A name and a password.
        PASSWORD = "password",
        /// A bearer token.
        TOKEN = "token",
        /// A key of an API.
        API_KEY = "api_key",
        /// A client certificate.
        CERTIFICATE = "certificate",
        /// Another service that was asked, by OAuth 2 or OpenID Connect.
        OAUTH = "oauth",
        /// Another service that was asked, by SAML.
        SAML = "saml",
        /// A passkey or another authenticator of `WebAuthn`.
        PASSKEY = "passkey",
    }

    /// The label `reason` of refused attempts.
    pub word FailureReason: "reason", budget = 30 {
        /// The name or the secret is wrong. Which of them is for nobody to know.
        CREDENTIALS = "credentials",
        /// The second factor is missing or wrong.
        SECOND_FACTOR = "second_factor",
        /// What was shown has expired.
        EXPIRED = "expired",
        /// The account is locked or switched off.
        LOCKED = "locked",
        /// The source has failed too often.
        BLOCKED = "blocked",
    }

    /// The label `token_type`: what an issued token is for.
    pub word TokenType: "token_type", budget = 20 {
        /// It opens an API.
        ACCESS = "access",
        /// It is exchanged for another.
        REFRESH = "refresh",
        /// It says who somebody is.
        ID = "id",
        /// It is a link that somebody was given.
        LINK = "link",
    }

    /// The label `mfa_method`: what the second factor is.
    pub word MfaMethod: "mfa_method", budget = 20 {
        /// A code that changes with time (RFC 6238).
        TOTP = "totp",
        /// A code by text message.
        SMS = "sms",
        /// A code by e-mail.
        EMAIL = "email",
        /// A question on another device.
        PUSH = "push",
        /// A hardware key or another authenticator of `WebAuthn`.
        WEBAUTHN = "webauthn",
        /// A code that is good once.
        RECOVERY_CODE = "recovery_code",
    }

    /// The label `policy`: the rule that decides, or the limit that counts.
    pub word PolicyName: "policy", budget = 100 {}

    /// The label `event_type` of security and audit events.
    pub word EventType: "event_type", budget = 100 {
        /// Something that is not as usual; [`MmeSuspiciousActivity`](crate::asset) fires on it.
        SUSPICIOUS = "suspicious",
        /// An incident.
        INCIDENT = "incident",
        /// Somebody logged in or tried to.
        LOGIN = "login",
        /// Somebody logged out.
        LOGOUT = "logout",
        /// A request, in a trail that has them all.
        REQUEST = "request",
        /// Something of one tenant was reached for by another.
        CROSS_TENANT_ACCESS = "cross_tenant_access",
        /// A source has failed more often than a limit; the source tracker says so itself.
        SOURCE_OVER_LIMIT = "source_over_limit",
        /// An account has failed from more sources than the limit; the source tracker says so itself.
        ACCOUNT_OVER_LIMIT = "account_over_limit",
    }

    /// The label `reason` of blocks.
    pub word BlockReason: "reason", budget = 30 {
        /// The source has failed too often.
        BRUTE_FORCE = "brute_force",
        /// The address is on a list.
        DENY_LIST = "deny_list",
        /// A feed of threats knows the caller.
        THREAT = "threat",
    }

    /// The label `feed`: where an indicator of a threat comes from.
    pub word Feed: "feed", budget = 30 {}

    /// The label `category`: what an indicator stands for.
    pub word ThreatCategory: "category", budget = 30 {}

    /// The label `framework`: who asks for a control, such as `gdpr` or `pci_dss`.
    pub word Framework: "framework", budget = 20 {}

    /// The label `control`: what was breached, such as `retention` or `r8_3_6`.
    pub word Control: "control", budget = 200 {}
}

labels! {
    /// The label `result` of authentication, of second factors and of token checks.
    #[non_exhaustive]
    pub closed AuthResult: "result" {
        /// The caller is who it says.
        Success = "success",
        /// The caller was refused.
        Failure = "failure",
        /// Neither: something broke, or nobody waited for the end.
        Error = "error",
    }
}

labels! {
    /// The label `reason` of token checks; empty unless the token was refused.
    #[non_exhaustive]
    pub closed JwtReason: "reason" {
        /// It was not refused.
        None = "",
        /// It is no token.
        Malformed = "malformed",
        /// It names an algorithm that is not allowed, `none` among them.
        Algorithm = "algorithm",
        /// The signature is not that of a known key.
        Signature = "signature",
        /// `exp` has passed.
        Expired = "expired",
        /// `nbf` or `iat` lies in the future.
        NotYetValid = "not_yet_valid",
        /// `iss` is somebody else.
        Issuer = "issuer",
        /// `aud` is somebody else.
        Audience = "audience",
        /// It was taken back.
        Revoked = "revoked",
        /// Another claim is missing or wrong.
        Claims = "claims",
    }
}

labels! {
    /// The label `window` of the source tracker.
    #[non_exhaustive]
    pub closed Window: "window" {
        /// The last minute.
        Minute = "1m",
        /// The last hour.
        Hour = "1h",
    }
}

labels! {
    /// The label `decision`.
    #[non_exhaustive]
    pub closed Decision: "decision" {
        /// It may be done.
        Allow = "allow",
        /// It may not.
        Deny = "deny",
    }
}

labels! {
    /// The label `result` of a look into a cache of decisions.
    #[non_exhaustive]
    pub closed PolicyCacheResult: "result" {
        /// The decision was there.
        Hit = "hit",
        /// It was not.
        Miss = "miss",
    }
}

labels! {
    /// The label `result` of a rate limit.
    #[non_exhaustive]
    pub closed LimitResult: "result" {
        /// The request was let through.
        Allowed = "allowed",
        /// The request was turned away.
        Limited = "limited",
    }
}

labels! {
    /// The label `outcome` of security and audit events: the values of `event.outcome` in the Elastic Common Schema.
    #[non_exhaustive]
    pub closed EventOutcome: "outcome" {
        /// It was done.
        Success = "success",
        /// It was tried.
        Failure = "failure",
        /// Nobody can tell.
        Unknown = "unknown",
    }
}

/// The label `source_bucket`: 64 buckets, which a keyed hash spreads sources over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceBucket(u8);

/// The texts of the buckets, two digits each.
const BUCKETS: &[&str] = &[
    "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18",
    "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37",
    "38", "39", "40", "41", "42", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56",
    "57", "58", "59", "60", "61", "62", "63",
];

impl SourceBucket {
    /// Returns the bucket that a hash falls into.
    #[cfg(feature = "security")]
    pub(super) const fn of(hash: u64) -> Self {
        // Below 64, so nothing is cut off.
        #[allow(clippy::cast_possible_truncation)]
        Self((hash % BUCKETS.len() as u64) as u8)
    }
}

impl LabelValue for SourceBucket {
    const KEY: &'static str = "source_bucket";
    const CARDINALITY: Cardinality = Cardinality::Closed(BUCKETS);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(BUCKETS[usize::from(self.0)])
    }

    fn ordinal(&self) -> Option<usize> {
        Some(usize::from(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_and_secrets_are_not() {
        for word in ["a", "password", "pci_dss", "r8_3_10_1", "t1", "year_2026_05"] {
            assert_eq!(PolicyName::new(word).as_str(), word);
        }
        for text in [
            "",
            "_a",
            "Password",
            "alice@example.com",
            "203.0.113.7",
            "2001:db8::1",
            "4111111111111111",
            "card_4111_1111_1111_1111",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
            "correct horse",
            "a\n",
            "ä",
            "a_word_of_more_than_forty_bytes_is_no_word",
        ] {
            assert_eq!(PolicyName::new(text).as_str(), "_other", "{text}");
        }
    }

    #[test]
    fn buckets_read_as_their_number() {
        for (at, text) in BUCKETS.iter().enumerate() {
            assert_eq!(*text, format!("{at:02}"));
        }
        assert_eq!(BUCKETS.len(), 64);
    }
}
