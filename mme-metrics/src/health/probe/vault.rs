//! A probe of Vault and `OpenBao`.

use std::fmt;

use ::reqwest as client;
use client::{Client, Url};
use serde::Deserialize;

use super::DependencyProbe;
use crate::probe::{ProbeFailure, ProbeUrlError, answer, client as client_of_checks, parse_url};

/// Upper bound of the bytes that are read of a response. A usual response has a few hundred.
const LIMIT: usize = 16 * 1024;

/// Probes Vault with `sys/health`, without a token. It is up if it is initialised, unsealed and serving requests.
///
/// | status | meaning | result |
/// |---|---|---|
/// | 200 | active | up |
/// | 429 | standby: passes requests on to the active one | up |
/// | 473 | performance standby | up |
/// | 472 | secondary for disaster recovery: serves no requests | down |
/// | 474 | standby that cannot reach the active one | down |
/// | 501 | not initialised | down |
/// | 503 | sealed | down |
///
/// The response must also state in JSON that Vault is initialised and not sealed. A response that does not state this
/// is not from Vault and means down.
pub struct VaultProbe {
    url: Url,
    client: Option<Client>,
}

/// The part of the response body that has to agree with the status.
#[derive(Deserialize)]
struct Health {
    initialized: bool,
    sealed: bool,
}

impl VaultProbe {
    /// Creates a probe of the Vault at this address, such as `https://vault:8200`.
    ///
    /// # Errors
    ///
    /// When the address is not the absolute URL of an HTTP server.
    pub fn new(address: &str) -> Result<Self, ProbeUrlError> {
        let url = parse_url(&format!("{}/v1/sys/health", address.trim_end_matches('/')))?;
        Ok(Self { url, client: None })
    }

    /// Sets your own HTTP client, for instance because of its certificates.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }
}

impl DependencyProbe for VaultProbe {
    async fn probe(&self) -> Result<(), ProbeFailure> {
        let client = self.client.clone().map_or_else(|| client_of_checks(false), Ok)?;
        let request =
            client.get(self.url.clone()).build().map_err(|_| ProbeFailure::Other("the request cannot be made"))?;
        let answer = answer(&client, request, LIMIT).await?;
        if !matches!(answer.status, 200 | 429 | 473) {
            return Err(ProbeFailure::Status(answer.status));
        }
        if !answer.whole {
            return Err(ProbeFailure::TooLarge);
        }
        let health: Health = serde_json::from_slice(&answer.body).map_err(|_| ProbeFailure::Malformed)?;
        if health.initialized && !health.sealed { Ok(()) } else { Err(ProbeFailure::Unexpected) }
    }
}

impl fmt::Debug for VaultProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultProbe").field("origin", &self.url.origin().ascii_serialization()).finish_non_exhaustive()
    }
}
