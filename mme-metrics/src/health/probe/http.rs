//! Dependencies that answer HTTP.

use std::fmt;

use ::reqwest as client;
use client::{Client, RequestBuilder, Url};

use super::DependencyProbe;
use crate::probe::{ProbeFailure, ProbeUrlError, answer, client as client_of_checks, parse_url};

/// Bytes of a body that are read; one that is longer is no answer to a question of health.
const LIMIT: usize = 64 * 1024;

/// Asks with GET: up is a 2xx whose body ends, with a certain text if one is set.
///
/// No redirect is followed, no proxy used and no connection kept, so each answer is of this dependency and of now.
pub struct HttpProbe {
    url: Url,
    text: Option<String>,
    client: Option<Client>,
    prepare: Option<Box<dyn Fn(RequestBuilder) -> RequestBuilder + Send + Sync>>,
}

impl HttpProbe {
    /// Asks at this address.
    ///
    /// # Errors
    ///
    /// When it is not the absolute URL of an HTTP server.
    pub fn new(url: &str) -> Result<Self, ProbeUrlError> {
        Ok(Self { url: parse_url(url)?, text: None, client: None, prepare: None })
    }

    /// Expects this text in the body: a proxy in front may answer 200 to anything. No text at all expects nothing.
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into()).filter(|text| !text.is_empty());
        self
    }

    /// Adds to each request what it needs, such as credentials.
    pub fn with(mut self, prepare: impl Fn(RequestBuilder) -> RequestBuilder + Send + Sync + 'static) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// Asks with a client of the service's own, for its certificates or its proxy.
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
        // The address may hold a password or a token.
        f.debug_struct("HttpProbe").field("origin", &self.url.origin().ascii_serialization()).finish_non_exhaustive()
    }
}
