//! What tonic's client reads of an answer. From that follows the status that it returns to its caller.
//!
//! The layer is below the client: it sees which bytes the client asks for, and whether it asks for more after them. A client that
//! stops within what it has just read has found an error in it.

use ::http::{HeaderMap, Response, StatusCode};

use super::label::{CallType, GrpcCode};
use super::message::GrpcMessages;
use super::status;
use crate::exchange::End;

/// The encodings that a client can accept, as bits.
const ENCODINGS: [(&str, u8); 3] = [("gzip", 1), ("deflate", 2), ("zstd", 4)];

/// The longest message that tonic reads without a setting.
const DEFAULT_LIMIT: u32 = 4 << 20;

/// What a client has read of one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// The longest message that the client accepts; `None` for tonic's default.
    limit: Option<u32>,
    /// The encodings that it accepts.
    accepts: u8,
    is_compressed: bool,
    http: StatusCode,
    /// The status in the head. The client returns at once if it is an error, and else ignores the trailers.
    head: Option<GrpcCode>,
    /// The status of the trailers, or of an error.
    last: Option<GrpcCode>,
    /// How many messages ended in the data that the client read, if it has not asked for more since.
    given: Option<u64>,
}

impl Answer {
    /// Expects the answer to a request with these headers.
    pub(super) fn expected(request: &HeaderMap, limit: Option<u32>) -> Self {
        let accepted = request.get("grpc-accept-encoding").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepts = accepted.split(',').filter_map(|name| bit(name.trim())).fold(0, |all, bit| all | bit);
        Self { limit, accepts, is_compressed: false, http: StatusCode::OK, head: None, last: None, given: None }
    }

    pub(super) fn head<B>(&mut self, response: &Response<B>) {
        self.http = response.status();
        let encoding = response.headers().get("grpc-encoding").filter(|encoding| *encoding != "identity");
        self.is_compressed = encoding.is_some();
        let is_accepted = |name: &str| bit(name).is_some_and(|bit| self.accepts & bit != 0);
        self.head = if encoding.is_some_and(|encoding| !encoding.to_str().is_ok_and(is_accepted)) {
            Some(GrpcCode::Unimplemented)
        } else {
            status::of_answered_headers(response.headers())
        };
    }

    /// The client read data in which so many messages ended.
    #[inline]
    pub(super) const fn given(&mut self, ended: u64) {
        self.given = Some(ended);
    }

    /// The client asked for more than there is.
    pub(super) const fn asked(&mut self) {
        self.given = None;
    }

    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        self.last = Some(status::of_answered_headers(trailers).unwrap_or_else(|| status::of_http(self.http)));
    }

    pub(super) const fn failed(&mut self, code: GrpcCode) {
        self.last = Some(code);
    }

    /// Returns the status that the caller is told. `call_type` is that of the method as far as it is known.
    pub(super) fn told(&self, end: End, messages: &GrpcMessages, call_type: CallType) -> GrpcCode {
        match (self.head, end) {
            (Some(code), _) if code != GrpcCode::Ok => code,
            (_, End::Cancelled) => self.left(messages, call_type),
            (_, End::Error | End::BodyError) => self.last.unwrap_or(GrpcCode::Unknown),
            _ => match self.whole(messages) {
                // As tonic puts it: a missing response message.
                GrpcCode::Ok if call_type.has_one_answer() && messages.total() == 0 => GrpcCode::Internal,
                code => code,
            },
        }
    }

    /// Returns the status of an answer that was read to its end.
    fn whole(&self, messages: &GrpcMessages) -> GrpcCode {
        match self.last {
            Some(code) => self.head.unwrap_or(code),
            // A prefix alone is no rest, if the status is known without it.
            None if self.head.is_some() && messages.is_prefix() && !messages.stops_reader(self.limit()) => GrpcCode::Ok,
            None if messages.is_partial() => self.read(messages.kept()),
            None => self.head.unwrap_or_else(|| status::of_http(self.http)),
        }
    }

    /// Returns the status of an answer that was left before its end.
    fn left(&self, messages: &GrpcMessages, call_type: CallType) -> GrpcCode {
        // A caller that is not known to take a stream takes one message.
        let is_stream = matches!(call_type, CallType::ServerStream | CallType::BidiStream);
        match self.given {
            // Within a message a client asks for more, and a unary one also behind its message. This one did not.
            Some(ended) if ended == 0 || !is_stream || messages.stops_reader(self.limit()) => {
                self.read(messages.last())
            }
            _ if self.head.is_none() && self.http != StatusCode::OK => status::of_http(self.http),
            _ => GrpcCode::Cancelled,
        }
    }

    /// Returns the longest message that the client reads. It does not apply its settings to an answer that has its status in the
    /// head.
    fn limit(&self) -> u32 {
        self.limit.filter(|_| self.head.is_none()).unwrap_or(DEFAULT_LIMIT)
    }

    /// Returns what tonic makes of these bytes.
    fn read(&self, mut bytes: Vec<u8>) -> GrpcCode {
        if let Some(flags) = bytes.first_mut().filter(|_| self.is_compressed && self.head.is_none()) {
            // The bytes are no compressed message, but the flag is right.
            *flags &= !1;
        }
        status::of_answer(self.http, bytes, self.limit().try_into().ok())
    }
}

fn bit(name: &str) -> Option<u8> {
    ENCODINGS.iter().find(|(encoding, _)| *encoding == name).map(|(_, bit)| *bit)
}
