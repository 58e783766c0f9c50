//! One push: a reading, sent until it is accepted, refused or out of time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use reqwest::Url;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{Client, PushRequest, Retry, SendFailure};
use super::credentials::Credentials;
use super::error::PushError;
use super::group;
use super::selection::select;
use crate::job::{Job, JobName};
use crate::label::LabelValue as _;
use crate::probe::BackOff;
use crate::process::{MME, PushResult};
use crate::recorder::{Format, Recorder};
use crate::trace::TraceScope;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;

/// What the builder has set.
pub(super) struct Settings {
    pub(super) recorder: Recorder,
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) service: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) credentials: Option<Credentials>,
    pub(super) timeout: Duration,
}

/// What the pushes of one Pushgateway share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// Held by the push that reads and sends.
    turn: Mutex<()>,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        let shared = Self { settings, turn: Mutex::default() };
        shared.emit(|| MME.pushes.touch_all());
        shared
    }

    /// Counts a push in the recorder that is pushed, outside of any trace, and logs one that failed.
    pub(super) fn report(&self, job: Job, pushed: &Result<(), PushError>) {
        let result = if pushed.is_ok() { PushResult::Success } else { PushResult::Failure };
        self.emit(|| MME.pushes.increment((result,)));
        if let Err(error) = pushed {
            let job = job.name();
            tracing::warn!(target: "mme_metrics::pushgateway", job = job.as_str(), %error, "metrics could not be pushed");
        }
    }

    fn emit(&self, emit: impl FnOnce()) {
        TraceScope::Closed.run(|| metrics::with_local_recorder(&self.settings.recorder, emit));
    }
}

/// Pushes the metrics to the group of `job` within the timeout.
pub(super) async fn push(shared: Arc<Shared>, job: Job) -> Result<(), PushError> {
    let deadline = Instant::now() + shared.settings.timeout;
    let pushed = match timeout_at(deadline, in_turn(&shared, job, deadline)).await {
        Ok(pushed) => pushed,
        Err(_) => Err(PushError::TimedOut),
    };
    shared.report(job, &pushed);
    pushed
}

/// Reads and sends after the pushes that have begun before, so that the newest reading arrives last.
async fn in_turn(shared: &Arc<Shared>, job: Job, deadline: Instant) -> Result<(), PushError> {
    let _turn = shared.turn.lock().await;
    let of_thread = Arc::clone(shared);
    // Collectors and files may block, so neither is read on a thread that serves.
    let read = spawn_blocking(move || request(&of_thread, job)).await;
    let request = read.map_err(|_| PushError::Reading)??;
    let mut back_off = BackOff::new();
    for attempt in 1.. {
        let SendFailure { error, retry } = match shared.settings.client.send(&request).await {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        let Retry::After(asked) = retry else { return Err(error) };
        let until = Instant::now() + back_off.next().max(asked.unwrap_or_default());
        if attempt == ATTEMPTS || until >= deadline {
            return Err(error);
        }
        sleep(until - Instant::now()).await;
    }
    Err(PushError::TimedOut)
}

/// Reads the metrics and the credentials.
fn request(shared: &Shared, job: Job) -> Result<PushRequest, PushError> {
    let settings = &shared.settings;
    let name = job.name();
    let selection = select(&settings.recorder.render(Format::Text), name);
    // PUT drops what is not pushed. A run that did not succeed pushes no time of the last success, and must not drop an earlier one.
    let method = if selection.has_success { Method::PUT } else { Method::POST };
    let authorization = settings.credentials.as_ref().map(Credentials::header).transpose()?;
    let url = url(&settings.url, &settings.service, name, &settings.labels).ok_or(PushError::Answer)?;
    Ok(PushRequest { method, url, authorization, body: Bytes::from(selection.text) })
}

/// Returns the URL of a group below that of the Pushgateway.
fn url(base: &Url, service: &str, job: JobName, labels: &[(String, String)]) -> Option<Url> {
    let own = [("job", service), (JobName::KEY, job.as_str())];
    let path = group::path(own.into_iter().chain(labels.iter().map(|(key, value)| (&**key, &**value))));
    Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_below_the_path_of_the_pushgateway() {
        let job = JobName::register("a/b").unwrap();
        let labels = [("team".to_owned(), "..".to_owned())];
        for (base, expected) in [
            ("http://host:9091", "http://host:9091/metrics/job/shop/job_name@base64/YS9i/team@base64/Li4"),
            ("https://host/push/", "https://host/push/metrics/job/shop/job_name@base64/YS9i/team@base64/Li4"),
        ] {
            let url = url(&Url::parse(base).unwrap(), "shop", job, &labels).unwrap();
            assert_eq!(url.as_str(), expected);
        }
    }
}
