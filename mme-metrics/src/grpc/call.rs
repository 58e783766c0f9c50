//! The observer of one call, on a server or a client: it collects during the call and records at the end.

use std::sync::Arc;

use ::http::{HeaderMap, Response, StatusCode};
use bytes::Buf;
use http_body::Body;

use super::answer::Answer;
use super::deadline::Deadline;
use super::label::{CallType, Direction, GrpcCode};
use super::mark::{CallNumber, GONE, MANY};
use super::message::GrpcMessages;
use super::outcome::Outcome;
use super::series::MethodSeries;
use super::status;
use crate::clock::Moment;
use crate::event::{Event, Listeners, Notes, Source};
use crate::exchange::{End, Observe};
use crate::metric::InFlight;
use crate::trace::{RequestTrace, TraceContext};

/// One call, of a [`GrpcServerLayer`](super::GrpcServerLayer) or a [`GrpcClientLayer`](super::GrpcClientLayer).
#[derive(Debug)]
pub struct GrpcCall {
    started: Moment,
    trace: RequestTrace,
    deadline: Deadline,
    series: &'static MethodSeries,
    /// Whether the metrics of go-grpc-middleware are recorded too.
    go: bool,
    /// Decrements the gauge when this is dropped, after everything is recorded.
    _active: InFlight,
    /// The messages of the response.
    messages: GrpcMessages,
    side: CallSide,
    /// The listeners, and the notes for them.
    listeners: Option<(Arc<Listeners>, Notes)>,
}

/// What the outcome follows from, on each side.
#[derive(Clone, Copy, Debug)]
enum CallSide {
    Server(ServerAnswer),
    Client(Answer),
}

/// The response of a server so far.
#[derive(Clone, Copy, Debug)]
struct ServerAnswer {
    number: CallNumber,
    /// The status of the call, if the body ends now.
    status: GrpcCode,
    /// The status of a call that sends none.
    missing: GrpcCode,
    /// The status of a call whose client leaves: the error that the head has said, or else that it was cancelled.
    left: GrpcCode,
}

impl ServerAnswer {
    fn new() -> Self {
        let unknown = GrpcCode::Unknown;
        Self { number: CallNumber::next(), status: unknown, missing: unknown, left: GrpcCode::Cancelled }
    }

    fn head<B>(&mut self, response: &Response<B>) {
        self.missing = status::of_http(response.status());
        let sent = status::of_headers(response.headers());
        self.status = sent.unwrap_or(self.missing);
        if self.status != GrpcCode::Ok && (sent.is_some() || response.status() != StatusCode::OK) {
            self.left = self.status;
        }
    }

    /// Returns the status of the call, unless its client gave up before.
    fn code(&self, end: End, needs_message: bool, sent: u64) -> GrpcCode {
        match end {
            End::Cancelled => self.left,
            // No client takes it for a success.
            End::Complete if self.status == GrpcCode::Ok && needs_message && sent == 0 => GrpcCode::Internal,
            _ => self.status,
        }
    }
}

impl GrpcCall {
    /// Begins a call that a server receives with these headers.
    pub(super) fn serve(series: &'static MethodSeries, headers: &HeaderMap, go: bool) -> Self {
        Self::begin(series, headers, go, Direction::Sent, CallSide::Server(ServerAnswer::new()))
    }

    /// Begins a call that a client sends with these headers. `limit` is the longest message that it accepts.
    pub(super) fn send(series: &'static MethodSeries, headers: &HeaderMap, go: bool, limit: Option<u32>) -> Self {
        Self::begin(series, headers, go, Direction::Received, CallSide::Client(Answer::expected(headers, limit)))
    }

    /// Begins a call. `direction` is that of the messages of the response.
    fn begin(
        series: &'static MethodSeries,
        headers: &HeaderMap,
        go: bool,
        direction: Direction,
        side: CallSide,
    ) -> Self {
        let active = series.active.track();
        if go {
            series.go().started.increment();
        }
        Self {
            started: Moment::now(),
            trace: RequestTrace::of(headers),
            deadline: Deadline::of_headers(headers),
            series,
            go,
            _active: active,
            messages: messages(series, go, direction),
            side,
            listeners: None,
        }
    }

    /// Adds the listeners.
    pub(super) fn with_listeners(mut self, listeners: Option<&Arc<Listeners>>) -> Self {
        self.listeners = listeners.map(|listeners| (Arc::clone(listeners), Notes::new()));
        self
    }

    /// Returns the observer that counts the messages of the request.
    pub(super) fn request_messages(&self) -> GrpcMessages {
        match &self.side {
            CallSide::Server(sent) => {
                messages(self.series, self.go, Direction::Received).marking(sent.number, self.series.call_type())
            }
            CallSide::Client(_) => messages(self.series, self.go, Direction::Sent),
        }
    }

    /// Returns the outcome and the type of the call, as far as it is known.
    fn outcome(&self, end: End, seconds: f64) -> (Outcome, CallType) {
        let total = self.messages.total();
        let mut call_type = self.series.call_type();
        let code = match &self.side {
            CallSide::Server(sent) => {
                let code = sent.code(end, call_type.has_one_answer(), total);
                let is_unknown = call_type == CallType::Unknown;
                let marks = if code == GrpcCode::Ok && !is_unknown { 0 } else { sent.number.take() };
                if is_unknown && (total > 1 || marks & MANY != 0) {
                    call_type = CallType::new(marks & MANY != 0, total > 1);
                }
                if marks & GONE != 0 && code != GrpcCode::Ok { GrpcCode::Cancelled } else { code }
            }
            CallSide::Client(answer) => {
                if call_type == CallType::Unknown && (total > 1 || self.series.has_streamed()) {
                    call_type = CallType::ServerStream;
                }
                answer.told(end, &self.messages, call_type)
            }
        };
        let outcome = match code {
            _ if end == End::Panic => Outcome::Panic,
            // Whichever side's timer was first.
            GrpcCode::Cancelled if self.deadline.is_over(seconds) => Outcome::Status(GrpcCode::DeadlineExceeded),
            code => Outcome::Status(code),
        };
        (outcome, call_type)
    }
}

fn messages(series: &'static MethodSeries, go: bool, direction: Direction) -> GrpcMessages {
    GrpcMessages::new(series.messages(direction), go.then(|| series.go().messages(direction)))
}

impl Observe for GrpcCall {
    // They carry the status.
    const NEEDS_TRAILERS: bool = true;

    #[inline]
    fn trace(&self) -> Option<TraceContext> {
        self.trace.context()
    }

    fn head<B: Body>(&mut self, response: &Response<B>) {
        self.trace.learn(response.extensions());
        match &mut self.side {
            CallSide::Server(sent) => sent.head(response),
            CallSide::Client(answer) => answer.head(response),
        }
        if let Some((_, notes)) = &mut self.listeners
            && let Some(later) = response.extensions().get::<Notes>()
        {
            notes.extend(later);
        }
    }

    fn data<D: Buf>(&mut self, data: &D) {
        if data.has_remaining() {
            let ended = self.messages.read(data);
            match &mut self.side {
                // A status in the head counts only if no message follows.
                CallSide::Server(sent) => sent.status = sent.missing,
                CallSide::Client(answer) => answer.given(ended),
            }
        }
    }

    fn ends_with_data(&self) -> bool {
        // A client asks for more, or has found an error in the data.
        matches!(self.side, CallSide::Server(_))
    }

    fn pending(&mut self) {
        if let CallSide::Client(answer) = &mut self.side {
            answer.asked();
        }
    }

    fn trailers(&mut self, trailers: &HeaderMap) {
        match &mut self.side {
            CallSide::Server(sent) => sent.status = status::of_headers(trailers).unwrap_or(sent.missing),
            CallSide::Client(answer) => answer.trailers(trailers),
        }
    }

    fn error<E: 'static>(&mut self, error: E) -> E {
        let (code, error) = status::of_error(error);
        match &mut self.side {
            CallSide::Server(sent) => sent.status = code,
            CallSide::Client(answer) => answer.failed(code),
        }
        error
    }

    fn end(self, end: End) {
        let _scope = self.trace.enter();
        let seconds = self.started.seconds();
        let (outcome, call_type) = self.outcome(end, seconds);
        self.series.record(outcome, call_type, seconds);
        if self.go {
            self.series.go().record(outcome.code(), seconds);
        }
        if let Some((listeners, notes)) = &self.listeners {
            let event = Event::new(Source::Grpc, self.series.name(), outcome.read(), seconds);
            listeners.notify(&event.status(outcome.code() as u16).notes(notes));
        }
    }
}
