//! The listener that an operator asks for.

use super::listener::{ListenError, MetricsListener};
use super::service::Endpoint;
use crate::settings::Settings;

impl Settings {
    /// Opens the port that the operator has set and serves `endpoint` there, or does nothing if none is set.
    ///
    /// If the service has another port for its metrics, hand a clone of its endpoint in: both then share their limits, and a drain sees
    /// a scrape on either.
    ///
    /// If the operator has set a token, a scrape needs it, or a credential that `endpoint` has already. The file of the token is
    /// read now, so a new token needs a restart.
    ///
    /// ```no_run
    /// use mme_metrics::Recorder;
    /// use mme_metrics::endpoint::Endpoint;
    /// use mme_metrics::settings::Settings;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let recorder = Recorder::builder().settings(Settings::from_env()?).install()?;
    /// let listener = recorder.settings().start_listener(Endpoint::installed())?;
    /// # drop(listener);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the token cannot be read, when it is called outside a tokio runtime, or when the address cannot be bound.
    ///
    /// # Panics
    ///
    /// When the runtime was built without its network and time drivers (`enable_all`).
    pub fn start_listener(&self, endpoint: Endpoint) -> Result<Option<MetricsListener>, ListenError> {
        let Some(address) = &self.listener_address else { return Ok(None) };
        let token = self.listener_token().map_err(ListenError::Settings)?;
        let endpoint = match token {
            Some(token) => endpoint.bearer(&token),
            None => endpoint,
        };
        endpoint.listen(address.value).map(Some)
    }
}
