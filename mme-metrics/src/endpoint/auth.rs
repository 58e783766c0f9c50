//! The credentials of an endpoint, and the check of `Authorization` (RFC 6750 and RFC 7617).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, header};
use subtle::{Choice, ConstantTimeEq as _};

/// The credentials that an endpoint accepts.
#[derive(Clone, Default)]
pub(super) struct Credentials(Vec<Credential>);

#[derive(Clone)]
enum Credential {
    Bearer(Box<[u8]>),
    /// `user:password`, decoded.
    Basic(Box<[u8]>),
}

impl Credentials {
    pub(super) fn bearer(&mut self, token: &str) {
        self.0.push(Credential::Bearer(token.as_bytes().into()));
    }

    pub(super) fn basic(&mut self, user: &str, password: &str) {
        // An empty password is a missing setting: no request matches an empty secret.
        let secret = if password.is_empty() { String::new() } else { format!("{user}:{password}") };
        self.0.push(Credential::Basic(secret.into_bytes().into()));
    }

    /// Says whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether these headers carry one of the credentials, in exactly one `Authorization`.
    ///
    /// Each is compared in constant time: the time depends only on the length of what was sent.
    pub(super) fn admit(&self, headers: &HeaderMap) -> bool {
        let mut all = headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        let sent = all.next().unwrap_or_default();
        if all.next().is_some() {
            // A proxy may have checked another one than this.
            return false;
        }
        let Some(space) = sent.iter().position(|byte| *byte == b' ') else { return false };
        // Bytes, because a token need not be ASCII.
        let (scheme, secret) = (&sent[..space], sent[space..].trim_ascii());
        let (bearer, basic) = if scheme.eq_ignore_ascii_case(b"bearer") {
            (Some(secret.to_vec()), None)
        } else if scheme.eq_ignore_ascii_case(b"basic") {
            (None, STANDARD.decode(secret).ok())
        } else {
            (None, None)
        };
        let mut found = Choice::from(0);
        for credential in &self.0 {
            let (known, sent) = match credential {
                Credential::Bearer(known) => (known, &bearer),
                Credential::Basic(known) => (known, &basic),
            };
            if let Some(sent) = sent.as_ref().filter(|_| !known.is_empty()) {
                found |= known.ct_eq(sent);
            }
        }
        found.into()
    }

    /// Returns the values of `WWW-Authenticate`: one for each kind of credential.
    pub(super) fn challenges(&self) -> impl Iterator<Item = HeaderValue> {
        let bearer = self.0.iter().any(|credential| matches!(credential, Credential::Bearer(_)));
        let basic = self.0.iter().any(|credential| matches!(credential, Credential::Basic(_)));
        let bearer = bearer.then_some("Bearer realm=\"metrics\"");
        let basic = basic.then_some("Basic realm=\"metrics\", charset=\"UTF-8\"");
        bearer.into_iter().chain(basic).map(HeaderValue::from_static)
    }
}

// Secrets must not reach a log.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(credentials: &Credentials, authorization: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        credentials.admit(&headers)
    }

    #[test]
    fn each_credential_opens_and_nothing_else_does() {
        let mut credentials = Credentials::default();
        credentials.bearer("old");
        credentials.bearer("new");
        credentials.basic("prometheus", "pass:word");
        let basic = |text| format!("Basic {}", STANDARD.encode(text));
        for sent in ["Bearer old", "bearer new", &basic("prometheus:pass:word")] {
            assert!(admits(&credentials, sent), "{sent}");
        }
        for sent in ["", "Bearer", "Bearer ne", "Bearer newer", "Basic new", "Bearer prometheus:pass:word", "Basic %%%"]
        {
            assert!(!admits(&credentials, sent), "{sent}");
        }
        assert!(!admits(&credentials, &basic("prometheus:pass")));
        assert!(!credentials.admit(&HeaderMap::new()));
    }

    #[test]
    fn two_headers_open_nothing() {
        let mut credentials = Credentials::default();
        credentials.bearer("token");
        for pair in [
            ["Bearer token", "Bearer token"],
            ["Bearer token", "Basic x"],
            ["Basic x", "Bearer token"],
            ["Bearer token", ""],
        ] {
            let mut headers = HeaderMap::new();
            for sent in pair {
                headers.append(header::AUTHORIZATION, sent.parse().unwrap());
            }
            assert!(!credentials.admit(&headers), "{pair:?}");
        }
    }

    #[test]
    fn an_empty_secret_opens_nothing() {
        let mut credentials = Credentials::default();
        credentials.bearer("");
        credentials.basic("prometheus", "");
        for sent in ["Bearer ", "Bearer", "Basic ", &format!("Basic {}", STANDARD.encode("prometheus:"))] {
            assert!(!admits(&credentials, sent), "{sent}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut credentials = Credentials::default();
        credentials.bearer("hidden");
        assert!(!format!("{credentials:?}").contains("hidden"));
    }
}
