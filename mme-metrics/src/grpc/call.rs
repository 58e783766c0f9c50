//! The observer of one call, on a server or a client: it collects during the call and records at the end.

use std::sync::Arc;

use ::http::{HeaderMap, Response};
use bytes::Buf;
use http_body::Body;

use super::deadline::Deadline;
use super::label::{Direction, GrpcCode};
use super::message::GrpcMessages;
use super::outcome::Outcome;
use super::series::MethodSeries;
use super::status;
use crate::clock::Moment;
use crate::event::{Event, Listeners, Notes, Source};
use crate::exchange::{End, Observe};
use crate::metric::InFlight;

/// One call, of a [`GrpcServerLayer`](super::GrpcServerLayer) or a [`GrpcClientLayer`](super::GrpcClientLayer).
#[derive(Debug)]
pub struct GrpcCall {
    started: Moment,
    deadline: Deadline,
    series: &'static MethodSeries,
    /// Whether the metrics of go-grpc-middleware are recorded too.
    go: bool,
    /// Decrements the gauge when this is dropped, after everything is recorded.
    _active: InFlight,
    /// The messages of the response.
    messages: GrpcMessages,
    /// The status of the call, if the body ends now.
    status: GrpcCode,
    /// The status of a call that sends none.
    missing: GrpcCode,
    /// The listeners, and the notes for them.
    listeners: Option<(Arc<Listeners>, Notes)>,
}

impl GrpcCall {
    /// Begins a call whose request has these headers. `direction` is that of the messages of the response.
    pub(super) fn begin(series: &'static MethodSeries, headers: &HeaderMap, go: bool, direction: Direction) -> Self {
        let active = series.active.track();
        if go {
            series.go().started.increment();
        }
        Self {
            started: Moment::now(),
            deadline: Deadline::of_headers(headers),
            series,
            go,
            _active: active,
            messages: messages(series, go, direction),
            status: GrpcCode::Unknown,
            missing: GrpcCode::Unknown,
            listeners: None,
        }
    }

    /// Adds the listeners.
    pub(super) fn with_listeners(mut self, listeners: Option<&Arc<Listeners>>) -> Self {
        self.listeners = listeners.map(|listeners| (Arc::clone(listeners), Notes::new()));
        self
    }

    /// Returns the observer that counts the messages of the request, which have this direction.
    pub(super) fn request_messages(&self, direction: Direction) -> GrpcMessages {
        messages(self.series, self.go, direction)
    }

    fn outcome(&self, end: End, seconds: f64) -> Outcome {
        match end {
            End::Panic => Outcome::Panic,
            End::Cancelled if self.deadline.is_over(seconds) => Outcome::Status(GrpcCode::DeadlineExceeded),
            End::Cancelled => Outcome::Status(GrpcCode::Cancelled),
            End::Complete | End::Error | End::BodyError => Outcome::Status(self.status),
        }
    }
}

fn messages(series: &'static MethodSeries, go: bool, direction: Direction) -> GrpcMessages {
    GrpcMessages::new(series.messages(direction), go.then(|| series.go().messages(direction)))
}

impl Observe for GrpcCall {
    // They carry the status.
    const NEEDS_TRAILERS: bool = true;

    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.missing = status::of_http(response.status());
        self.status = status::of_headers(response.headers()).unwrap_or(self.missing);
        if let Some((_, notes)) = &mut self.listeners
            && let Some(later) = response.extensions().get::<Notes>()
        {
            notes.extend(later);
        }
    }

    fn data<D: Buf>(&mut self, data: &D) {
        if data.has_remaining() {
            // A status in the head counts only if no message follows.
            self.status = self.missing;
            self.messages.data(data);
        }
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        self.status = status::of_headers(trailers).unwrap_or(self.missing);
    }

    fn error<E: 'static>(&mut self, error: &E) {
        self.status = status::of_error(error);
    }

    fn end(self, end: End) {
        let seconds = self.started.seconds();
        let outcome = self.outcome(end, seconds);
        self.series.record(outcome, seconds);
        if self.go {
            self.series.go().record(outcome.code(), seconds);
        }
        if let Some((listeners, notes)) = &self.listeners {
            let event = Event::new(Source::Grpc, self.series.name(), outcome.read(), seconds);
            listeners.notify(&event.status(outcome.code() as u16).notes(notes));
        }
    }
}
