//! A probe of HTTP servers.

use std::fmt;

use ::reqwest as client;
use client::{Client, RequestBuilder, Url};

use super::DependencyProbe;
use crate::probe::{ProbeFailure, ProbeUrlError, answer, client as client_of_checks, parse_url};

/// Upper bound of the bytes that are read of a body. A longer body is not the response of a health check.
const LIMIT: usize = 64 * 1024;

/// Probes an HTTP server with GET. It is up after a 2xx response with a complete body. If a text is expected, the body
/// has to contain it.
///
/// The probe follows no redirect, uses no proxy and keeps no connection. So each response comes from this dependency
/// and shows its current state.
pub struct HttpProbe {
    url: Url,
    text: Option<String>,
    client: Option<Client>,
    prepare: Option<Box<dyn Fn(RequestBuilder) -> RequestBuilder + Send + Sync>>,
}

impl HttpProbe {
    /// Creates a probe of this URL.
    ///
    /// # Errors
    ///
    /// When `url` is not the absolute URL of an HTTP server.
    pub fn new(url: &str) -> Result<Self, ProbeUrlError> {
        Ok(Self { url: parse_url(url)?, text: None, client: None, prepare: None })
    }

    /// Sets a text that the body has to contain, because a proxy in front may answer 200 to anything. An empty text is
    /// ignored.
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into()).filter(|text| !text.is_empty());
        self
    }

    /// Sets a callback that prepares each request, such as by adding credentials.
    pub fn with(mut self, prepare: impl Fn(RequestBuilder) -> RequestBuilder + Send + Sync + 'static) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// Sets your own HTTP client, for instance because of its certificates or its proxy.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }
}

impl DependencyProbe for HttpProbe {
    async fn probe(&self) -> Result<(), ProbeFailure> {
        let client = self.client.clone().map_or_else(|| client_of_checks(false), Ok)?;
        let request = client.get(self.url.clone());
        let request = if let Some(prepare) = &self.prepare { prepare(request) } else { request };
        let request = request.build().map_err(|_| ProbeFailure::Other("the request cannot be made"))?;
        let answer = answer(&client, request, LIMIT).await?;
        if !answer.is_success() {
            return Err(ProbeFailure::Status(answer.status));
        }
        if !answer.whole {
            return Err(ProbeFailure::TooLarge);
        }
        match &self.text {
            Some(text) if !answer.contains(text) => Err(ProbeFailure::Unexpected),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for HttpProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Show only the origin, because the URL may contain a password or a token.
        f.debug_struct("HttpProbe").field("origin", &self.url.origin().ascii_serialization()).finish_non_exhaustive()
    }
}
