//! The builder of a Pushgateway.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{ClientBuilder, Url};

use super::client::Client;
use super::credentials::Credentials;
use super::error::PushgatewaySetupError;
use super::gateway::Pushgateway;
use super::group;
use super::push::Settings;
use crate::label::is_plain;
use crate::probe::http_url;
use crate::recorder::Recorder;

/// The longest timeout: an hour. A longer one is a mistake in the unit.
const LONGEST: Duration = Duration::from_hours(1);

/// The builder of a [`Pushgateway`]. [`Pushgateway::builder`] returns one.
#[must_use = "nothing is pushed until `build` is called"]
pub struct PushgatewayBuilder {
    url: Url,
    service: String,
    labels: Vec<(String, String)>,
    credentials: Option<Credentials>,
    timeout: Duration,
    client: Option<ClientBuilder>,
}

impl fmt::Debug for PushgatewayBuilder {
    // Without the URL, the client and the credentials, which may have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushgatewayBuilder")
            .field("service", &self.service)
            .field("labels", &self.labels)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Pushgateway {
    /// Returns a builder for the Pushgateway at `url`, such as `http://pushgateway:9091`. `service` becomes the label `job` of all
    /// that is pushed.
    ///
    /// # Errors
    ///
    /// When `url` is not the absolute URL of an HTTP server, or has a password, a query or a fragment; and when `service` cannot be a
    /// label value.
    pub fn builder(url: &str, service: &str) -> Result<PushgatewayBuilder, PushgatewaySetupError> {
        const ACCEPTS: &str = "the URL of a Pushgateway without credentials, such as http://pushgateway:9091";
        let is_bare = |url: &Url| {
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
        };
        let url = http_url(url.trim()).filter(is_bare).ok_or(PushgatewaySetupError::invalid("url", ACCEPTS))?;
        if !is_plain(service) {
            return Err(PushgatewaySetupError::invalid("service", "1 to 128 bytes without control characters"));
        }
        Ok(PushgatewayBuilder {
            url,
            service: service.to_owned(),
            labels: Vec::new(),
            credentials: None,
            timeout: Duration::from_secs(10),
            client: None,
        })
    }
}

impl PushgatewayBuilder {
    /// Adds a label to the group, and so to all that is pushed, such as `namespace`. Groups stay until they are deleted, so a value must
    /// not change with each run: no host name of a pod, no number of a process.
    ///
    /// # Errors
    ///
    /// When the label cannot be exported, is there already, or is `job` or `job_name`, which every group has.
    pub fn grouping_label(mut self, key: &str, value: &str) -> Result<Self, PushgatewaySetupError> {
        if !group::is_key(key) || !is_plain(value) || self.labels.iter().any(|(known, _)| known == key) {
            let accepts = "a new label other than `job` and `job_name`, with a value of 1 to 128 bytes";
            return Err(PushgatewaySetupError::invalid("grouping_label", accepts));
        }
        self.labels.push((key.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Authenticates with the token in this file, which is read for each push.
    pub fn bearer_token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.credentials = Some(Credentials::Bearer { token_file: path.into() });
        self
    }

    /// Authenticates with a user and the password in this file, which is read for each push.
    pub fn basic_auth_file(mut self, user: impl Into<String>, password_file: impl Into<PathBuf>) -> Self {
        self.credentials = Some(Credentials::Basic { user: user.into(), password_file: password_file.into() });
        self
    }

    /// Sets how long a push may take, with its retries: 10 s by default.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Uses this HTTP client, for certificates or a proxy of your own. Redirects are not followed, and responses are not
    /// decompressed, whatever it says. The default client uses no proxy.
    pub fn client(mut self, client: ClientBuilder) -> Self {
        self.client = Some(client);
        self
    }

    /// Returns the Pushgateway, to which the metrics of `recorder` are pushed. Nothing is sent until a push.
    ///
    /// # Errors
    ///
    /// When the timeout is outside of its range, or the HTTP client cannot be built.
    pub fn build(self, recorder: &Recorder) -> Result<Pushgateway, PushgatewaySetupError> {
        if !(Duration::from_millis(1)..=LONGEST).contains(&self.timeout) {
            return Err(PushgatewaySetupError::invalid("timeout", "1 ms to 1 hour"));
        }
        let client = Client::new(self.client).map_err(PushgatewaySetupError::Client)?;
        Ok(Pushgateway::new(Settings {
            recorder: recorder.clone(),
            client,
            url: self.url,
            service: self.service,
            labels: self.labels,
            credentials: self.credentials,
            timeout: self.timeout,
        }))
    }
}
