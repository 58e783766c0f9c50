//! The labels of security metrics, each with a bounded number of values.

use metrics::SharedString;

use crate::label::{Cardinality, LabelValue, labels};

labels! {
    /// The label `auth_method`: how a caller proves its identity.
    pub word AuthMethod: "auth_method", budget = 20 {
        /// A name and a password.
        PASSWORD = "password",
        /// A bearer token.
        TOKEN = "token",
        /// An API key.
        API_KEY = "api_key",
        /// A client certificate.
        CERTIFICATE = "certificate",
        /// An identity provider, by OAuth 2 or OpenID Connect.
        OAUTH = "oauth",
        /// An identity provider, by SAML.
        SAML = "saml",
        /// A passkey or another `WebAuthn` authenticator.
        PASSKEY = "passkey",
    }

    /// The label `reason`: why an attempt to authenticate was refused.
    pub word FailureReason: "reason", budget = 30 {
        /// The name or the secret is wrong. The label does not reveal which.
        CREDENTIALS = "credentials",
        /// The second factor is missing or wrong.
        SECOND_FACTOR = "second_factor",
        /// The credential has expired.
        EXPIRED = "expired",
        /// The account is locked or disabled.
        LOCKED = "locked",
        /// The source has failed too often.
        BLOCKED = "blocked",
    }

    /// The label `token_type`: the purpose of an issued token.
    pub word TokenType: "token_type", budget = 20 {
        /// An access token, which grants access to an API.
        ACCESS = "access",
        /// A refresh token, which is exchanged for another token.
        REFRESH = "refresh",
        /// An ID token, which states the identity of a user.
        ID = "id",
        /// A token in a link that a user was given.
        LINK = "link",
    }

    /// The label `mfa_method`: the kind of second factor.
    pub word MfaMethod: "mfa_method", budget = 20 {
        /// A code that changes with time (RFC 6238).
        TOTP = "totp",
        /// A code by text message.
        SMS = "sms",
        /// A code by e-mail.
        EMAIL = "email",
        /// A prompt on another device.
        PUSH = "push",
        /// A hardware key or another `WebAuthn` authenticator.
        WEBAUTHN = "webauthn",
        /// A recovery code, which is valid once.
        RECOVERY_CODE = "recovery_code",
    }

    /// The label `policy`: the policy that decides, or the rate limit that counts.
    pub word PolicyName: "policy", budget = 100 {}

    /// The label `event_type` of security and audit events.
    pub word EventType: "event_type", budget = 100 {
        /// Unusual activity; [`MmeSuspiciousActivity`](crate::asset) fires on it.
        SUSPICIOUS = "suspicious",
        /// An incident.
        INCIDENT = "incident",
        /// A login or an attempt to log in.
        LOGIN = "login",
        /// A logout.
        LOGOUT = "logout",
        /// A request, in an audit trail that contains all requests.
        REQUEST = "request",
        /// A tenant tried to access a resource of another tenant.
        CROSS_TENANT_ACCESS = "cross_tenant_access",
        /// A source has more failures than a limit allows. The source tracker reports this event itself.
        SOURCE_OVER_LIMIT = "source_over_limit",
        /// An account has failures from more sources than the limit. The source tracker reports this event itself.
        ACCOUNT_OVER_LIMIT = "account_over_limit",
    }

    /// The label `reason`: why a caller was blocked.
    pub word BlockReason: "reason", budget = 30 {
        /// The source has failed too often.
        BRUTE_FORCE = "brute_force",
        /// The address is on a deny list.
        DENY_LIST = "deny_list",
        /// A threat feed lists the caller.
        THREAT = "threat",
    }

    /// The label `feed`: the threat feed that an indicator comes from.
    pub word Feed: "feed", budget = 30 {}

    /// The label `category`: the kind of threat that an indicator stands for.
    pub word ThreatCategory: "category", budget = 30 {}

    /// The label `framework`: the compliance framework that requires a control, such as `gdpr` or `pci_dss`.
    pub word Framework: "framework", budget = 20 {}

    /// The label `control`: the control that was violated, such as `retention` or `r8_3_6`.
    pub word Control: "control", budget = 200 {}
}

labels! {
    /// The label `result` of authentication, of second factors and of token checks.
    #[non_exhaustive]
    pub closed AuthResult: "result" {
        /// The caller proved its identity.
        Success = "success",
        /// The caller was refused.
        Failure = "failure",
        /// Neither, because an error occurred or the operation was dropped before its end.
        Error = "error",
    }
}

labels! {
    /// The label `reason` of token checks; empty unless the token was refused.
    #[non_exhaustive]
    pub closed JwtReason: "reason" {
        /// The token was not refused.
        None = "",
        /// The text is not a token.
        Malformed = "malformed",
        /// The token names an algorithm that is not allowed, such as `none`.
        Algorithm = "algorithm",
        /// The signature does not match a known key.
        Signature = "signature",
        /// `exp` has passed.
        Expired = "expired",
        /// `nbf` or `iat` lies in the future.
        NotYetValid = "not_yet_valid",
        /// `iss` is not the expected issuer.
        Issuer = "issuer",
        /// `aud` is not the expected audience.
        Audience = "audience",
        /// The token was revoked.
        Revoked = "revoked",
        /// Another claim is missing or wrong.
        Claims = "claims",
    }
}

labels! {
    /// The label `window`: a sliding window of the source tracker.
    #[non_exhaustive]
    pub closed Window: "window" {
        /// The last minute.
        Minute = "1m",
        /// The last hour.
        Hour = "1h",
    }
}

labels! {
    /// The label `decision`: the decision of a policy.
    #[non_exhaustive]
    pub closed Decision: "decision" {
        /// The action is allowed.
        Allow = "allow",
        /// The action is denied.
        Deny = "deny",
    }
}

labels! {
    /// The label `result` of a lookup in a cache of decisions.
    #[non_exhaustive]
    pub closed PolicyCacheResult: "result" {
        /// The decision was in the cache.
        Hit = "hit",
        /// The decision was not in the cache.
        Miss = "miss",
    }
}

labels! {
    /// The label `result` of a rate limit.
    #[non_exhaustive]
    pub closed LimitResult: "result" {
        /// The request was allowed.
        Allowed = "allowed",
        /// The request was rejected.
        Limited = "limited",
    }
}

labels! {
    /// The label `outcome` of security and audit events: the values of `event.outcome` in the Elastic Common Schema.
    #[non_exhaustive]
    pub closed EventOutcome: "outcome" {
        /// The action succeeded.
        Success = "success",
        /// The action was tried and failed.
        Failure = "failure",
        /// The outcome is not known.
        Unknown = "unknown",
    }
}

/// The label `source_bucket`: one of 64 buckets that a keyed hash distributes sources over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceBucket(u8);

/// The label values of the buckets, two digits each.
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
        // The number is below 64, so the cast does not truncate it.
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
