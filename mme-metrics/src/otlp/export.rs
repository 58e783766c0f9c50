//! One export: a reading, sent in as many requests as it needs, each with its retries.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};

use super::body::{Bodies, Body, Envelope};
use super::client::{Acceptance, Client, Retry, SendFailure};
use super::error::OtlpExportError;
use super::report::Report;
use super::summary::{ExportOutcome, OtlpExportSummary};
use super::temporality::OtlpTemporality;
use crate::probe::BackOff;
use crate::recorder::{OtlpDeltas, Recorder};

/// What an export needs, and what it leaves for the next.
pub(super) struct Export {
    recorder: Recorder,
    client: Client,
    envelope: Arc<Envelope>,
    timeout: Duration,
    /// What the receiver has, if it gets differences.
    deltas: Option<OtlpDeltas>,
    report: Report,
    /// When the receiver wants to be asked again, if that is later than this export could wait.
    not_before: Option<Instant>,
}

impl Export {
    pub(super) fn new(
        recorder: Recorder,
        client: Client,
        envelope: Envelope,
        timeout: Duration,
        temporality: OtlpTemporality,
    ) -> Self {
        let report = Report::new(recorder.clone());
        let deltas = (temporality == OtlpTemporality::Delta).then(OtlpDeltas::default);
        Self { recorder, client, envelope: Arc::new(envelope), timeout, deltas, report, not_before: None }
    }

    /// Returns how long a request may take, with its retries.
    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns whether the receiver has asked for more time.
    pub(super) fn is_held(&self) -> bool {
        self.not_before.is_some_and(|time| Instant::now() < time)
    }

    /// Reads the metrics and sends them.
    ///
    /// # Cancellation
    ///
    /// Nothing is lost if this is dropped: the next export has everything.
    pub(super) async fn run(&mut self) -> ExportOutcome {
        let started = Instant::now();
        self.not_before = None;
        let result = self.send_all().await;
        self.report.exported(&result, started.elapsed());
        result
    }

    async fn send_all(&mut self) -> ExportOutcome {
        let (recorder, envelope, deltas) = (self.recorder.clone(), Arc::clone(&self.envelope), self.deltas.clone());
        // Collectors may block, and compression takes its time, so neither runs on a thread that serves.
        let mut made = spawn_blocking(move || Bodies::new(recorder.otlp_reading(deltas), envelope).next());
        let (mut sent, mut failure) = (OtlpExportSummary::default(), None);
        while let Some((Body { bytes, written }, bodies)) = made.await.map_err(|_| OtlpExportError::Reading)? {
            match self.send(bytes).await {
                Ok(Acceptance { rejected, message }) => {
                    if let Some(deltas) = &self.deltas {
                        deltas.accept(written);
                    }
                    sent.requests += 1;
                    sent.rejected = sent.rejected.saturating_add(rejected);
                    self.report.answered(&message);
                }
                Err(error) => {
                    // The receiver may accept the next part, unless it would refuse any.
                    let of_this_part =
                        matches!(error, OtlpExportError::Status(400 | 413) | OtlpExportError::GrpcStatus(3 | 8));
                    failure.get_or_insert(error);
                    if !of_this_part {
                        break;
                    }
                }
            }
            made = spawn_blocking(move || bodies.next());
        }
        failure.map_or(Ok(sent), Err)
    }

    /// Sends one request until it is accepted or refused, or its time is over.
    async fn send(&mut self, body: Bytes) -> Result<Acceptance, OtlpExportError> {
        let deadline = Instant::now() + self.timeout;
        let framed = self.client.frame(body);
        let mut back_off = BackOff::new();
        loop {
            let Ok(answer) = timeout_at(deadline, self.client.send(framed.clone())).await else {
                return Err(OtlpExportError::TimedOut);
            };
            let SendFailure { error, retry } = match answer {
                Ok(accepted) => return Ok(accepted),
                Err(failed) => failed,
            };
            let Retry::After(asked) = retry else { return Err(error) };
            // A receiver that asks for no time at all gets some.
            let until = Instant::now() + back_off.next().max(asked.unwrap_or_default());
            if until >= deadline {
                self.not_before = asked.map(|_| until);
                return Err(error);
            }
            sleep(until - Instant::now()).await;
        }
    }
}
