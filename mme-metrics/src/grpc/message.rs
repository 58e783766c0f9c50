//! Counts messages as their bytes pass. A message is a prefix of five bytes, which contains its length, and its content.

use std::io::IoSlice;

use bytes::Buf;
use http_body::Body;

use super::label::CallType;
use super::mark::{CallNumber, GONE, MANY};
use super::status;
use crate::exchange::{End, ExchangeBody, Observe};
use crate::metric::{CounterHandle, HeldCounter};

/// The length of the prefix: one byte of flags and four of length.
const PREFIX: usize = 5;

/// The flag of a block of gRPC-Web trailers, which is not a message.
const TRAILERS: u64 = 0x80 << 32;

/// The most pieces of one buffer that are read. Buffers of bodies have one piece, or two if a prefix was added.
const PIECES: usize = 16;

/// Reads flags and length as one number.
const fn prefix_of(bytes: [u8; PREFIX]) -> u64 {
    let [flags, a, b, c, d] = bytes;
    u64::from_be_bytes([0, 0, 0, flags, a, b, c, d])
}

/// Returns how many bytes follow the prefix.
const fn length(prefix: u64) -> u64 {
    prefix & u32::MAX as u64
}

const fn is_message(prefix: u64) -> bool {
    prefix & TRAILERS == 0
}

/// Returns whether the flags are those of a message, compressed or not, or of trailers. Nothing is read after any others: these
/// bytes are not gRPC.
const fn has_known_flags(prefix: u64) -> bool {
    prefix >> 32 & !0x81 == 0
}

/// Finds the ends of messages in pieces of any length.
#[derive(Clone, Copy, Debug, Default)]
struct Frames {
    /// The part of the current prefix that was read.
    prefix: u64,
    seen: usize,
    /// Bytes of the current message that were not read yet.
    left: u64,
    /// The prefix of the last whole message.
    last: u64,
}

impl Frames {
    /// Reads the next bytes, and returns how many messages end in them.
    #[inline]
    fn feed(&mut self, mut bytes: &[u8]) -> u64 {
        let mut ended = 0;
        if self.seen == 0 {
            // As a rule a piece has whole messages, and no state has to be kept.
            while let Some((prefix, rest)) = bytes.split_first_chunk() {
                let prefix = prefix_of(*prefix);
                let Some(rest) = usize::try_from(length(prefix)).ok().and_then(|length| rest.get(length..)) else {
                    break;
                };
                if !has_known_flags(prefix) {
                    break;
                }
                ended += u64::from(is_message(prefix));
                self.last = prefix;
                bytes = rest;
            }
        }
        if bytes.is_empty() { ended } else { ended + self.feed_parts(bytes) }
    }

    /// Reads bytes that may begin or end within a message. Not inlined, to keep the path of whole messages short.
    #[inline(never)]
    fn feed_parts(&mut self, mut bytes: &[u8]) -> u64 {
        let mut ended = 0;
        while !bytes.is_empty() {
            if self.seen < PREFIX {
                let (part, rest) = bytes.split_at((PREFIX - self.seen).min(bytes.len()));
                self.prefix = part.iter().fold(self.prefix, |prefix, byte| prefix << 8 | u64::from(*byte));
                self.seen += part.len();
                bytes = rest;
                if self.seen < PREFIX {
                    break;
                }
                self.left = if has_known_flags(self.prefix) { length(self.prefix) } else { u64::MAX };
            }
            let step = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
            self.left -= step as u64;
            bytes = &bytes[step..];
            if self.left == 0 {
                ended += u64::from(is_message(self.prefix));
                *self = Self { last: self.prefix, ..Self::default() };
            }
        }
        ended
    }

    /// Reads a buffer without consuming it.
    #[inline]
    fn feed_buffer(&mut self, data: &impl Buf) -> u64 {
        let first = data.chunk();
        if first.len() == data.remaining() { self.feed(first) } else { self.feed_pieces(data) }
    }

    /// Reads a buffer of several pieces.
    #[cold]
    fn feed_pieces(&mut self, data: &impl Buf) -> u64 {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let filled = data.chunks_vectored(&mut pieces);
        let ended = pieces[..filled].iter().map(|piece| self.feed(piece)).sum();
        if pieces[..filled].iter().map(|piece| piece.len()).sum::<usize>() < data.remaining() {
            // The start of the next message is unknown, so no further message is counted.
            *self = Self { seen: PREFIX, left: u64::MAX, ..Self::default() };
        }
        ended
    }
}

/// Returns the prefix as it travels. Its first three bytes are not part of it.
const fn prefix_bytes(prefix: u64) -> [u8; PREFIX] {
    let [_, _, _, flags, a, b, c, d] = prefix.to_be_bytes();
    [flags, a, b, c, d]
}

/// The body of a request that a gRPC layer hands on; its messages are counted.
pub type GrpcRequestBody<B> = ExchangeBody<B, GrpcMessages>;

/// Counts the messages of one direction of one call.
#[derive(Debug)]
pub struct GrpcMessages {
    frames: Frames,
    counter: HeldCounter,
    go: Option<HeldCounter>,
    total: u64,
    /// The call for which marks are left, if this is a request that a server receives.
    call: CallNumber,
    /// Whether a second message is a mark.
    marks_second: bool,
}

impl GrpcMessages {
    pub(super) fn new(counter: &'static CounterHandle, go: Option<&'static CounterHandle>) -> Self {
        Self {
            frames: Frames::default(),
            counter: counter.held(),
            go: go.map(CounterHandle::held),
            total: 0,
            call: CallNumber::NONE,
            marks_second: false,
        }
    }

    /// Leaves marks for the observer of this call; a second message is one only where the type is unknown.
    pub(super) fn marking(mut self, call: CallNumber, call_type: CallType) -> Self {
        self.call = call;
        self.marks_second = call_type == CallType::Unknown;
        self
    }

    /// Counts the messages that end in these bytes, and returns how many there are.
    #[inline]
    pub(super) fn read<D: Buf>(&mut self, data: &D) -> u64 {
        let ended = self.frames.feed_buffer(data);
        if ended > 0 {
            self.total += ended;
            self.counter.add(ended);
            if let Some(go) = self.go {
                count_again(go, ended);
            }
        }
        ended
    }

    /// Returns how many messages have passed.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Returns whether the bytes that have passed end within a message, or are not gRPC.
    pub(super) const fn is_partial(&self) -> bool {
        self.frames.seen > 0
    }

    /// Returns whether the bytes that have passed end after a prefix.
    pub(super) const fn is_prefix(&self) -> bool {
        self.frames.seen == PREFIX && self.frames.left == length(self.frames.prefix)
    }

    /// Returns whether a reader stops at the partial message, because it is not gRPC or longer than `limit`.
    pub(super) const fn stops_reader(&self, limit: u32) -> bool {
        let Frames { prefix, seen, .. } = self.frames;
        seen == PREFIX && (!has_known_flags(prefix) || length(prefix) > limit as u64)
    }

    /// Returns the bytes that a reader has kept of a partial message: enough of them to tell how it reads.
    pub(super) fn kept(&self) -> Vec<u8> {
        let Frames { prefix, seen, left, .. } = self.frames;
        if seen < PREFIX {
            return vec![0; seen];
        }
        let mut bytes = prefix_bytes(prefix).to_vec();
        if left != length(prefix) {
            bytes.push(0);
        }
        bytes
    }

    /// Returns the first bytes of the message that was read last: the partial one if `is_partial`, or the last whole one.
    pub(super) fn last(&self) -> Vec<u8> {
        let prefix = if self.is_partial() { self.frames.prefix } else { self.frames.last };
        [&prefix_bytes(prefix)[..], &[0]].concat()
    }
}

impl Observe for GrpcMessages {
    const NEEDS_END: bool = false;

    #[inline]
    fn data<D: Buf>(&mut self, data: &D) {
        self.read(data);
        if self.marks_second && self.total > 1 {
            self.marks_second = false;
            self.call.mark(MANY);
        }
    }

    fn ended<B: Body>(&mut self, body: &B) {
        // A client that resets the stream ends it without saying so. Only these ends read as an error of the service.
        if (self.is_partial() || self.total == 0) && !body.is_end_stream() {
            self.call.mark(GONE);
        }
    }

    fn error<E: 'static>(&mut self, error: E) -> E {
        if status::is_of_connection(&error) {
            self.call.mark(GONE);
        }
        error
    }

    fn end(self, _: End) {}
}

/// Counts under the name of go-grpc-middleware too. It is not inlined, because most services do not ask for that name.
#[inline(never)]
fn count_again(go: HeldCounter, ended: u64) {
    go.add(ended);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three messages, the second empty, the third compressed.
    fn stream() -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 0, 3, b'a', b'b', b'c'];
        bytes.extend([0, 0, 0, 0, 0]);
        bytes.extend([1, 0, 0, 1, 0]);
        bytes.extend([7; 256]);
        bytes
    }

    #[test]
    fn messages_count_once_wherever_they_are_cut() {
        let bytes = stream();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut frames = Frames::default();
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(pieces.map(|piece| frames.feed(piece)).iter().sum::<u64>(), 3, "{first} {second}");
            }
        }
    }

    #[test]
    fn messages_count_once_byte_by_byte() {
        let mut frames = Frames::default();
        assert_eq!(stream().chunks(1).map(|byte| frames.feed(byte)).sum::<u64>(), 3);
    }

    #[test]
    fn a_message_that_is_cut_off_does_not_count() {
        let bytes = stream();
        assert_eq!(Frames::default().feed(&bytes[..bytes.len() - 1]), 2);
        assert_eq!(Frames::default().feed(&[0, 0, 0, 0]), 0);
        assert_eq!(Frames::default().feed(&[0, 255, 255, 255, 255, 1]), 0);
    }

    #[test]
    fn a_buffer_of_several_pieces_is_read_and_left() {
        let bytes = stream();
        let chain = bytes[..7].chain(&bytes[7..9]).chain(&bytes[9..]);
        assert_eq!(Frames::default().feed_buffer(&chain), 3);
        assert_eq!(chain.remaining(), bytes.len());
    }

    #[test]
    fn behind_what_cannot_be_seen_nothing_is_made_up() {
        struct EightByteBuf(&'static [u8]);
        impl Buf for EightByteBuf {
            fn remaining(&self) -> usize {
                self.0.len()
            }
            fn chunk(&self) -> &[u8] {
                &self.0[..self.0.len().min(8)]
            }
            fn advance(&mut self, count: usize) {
                self.0 = &self.0[count..];
            }
        }
        let mut frames = Frames::default();
        assert_eq!(frames.feed_buffer(&EightByteBuf(&[0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0])), 1);
        assert_eq!(frames.feed(&[0; 100]), 0);
    }

    #[test]
    fn nothing_is_a_message_after_bytes_that_are_not_grpc() {
        for page in [&b"down for maintenance"[..], b"\x02\0\0\0\0", b"<\0\0\0\x01a"] {
            let bytes = [page, &stream()].concat();
            assert_eq!(Frames::default().feed(&bytes), 0);
            let mut frames = Frames::default();
            assert_eq!(bytes.chunks(1).map(|byte| frames.feed(byte)).sum::<u64>(), 0);
        }
    }

    #[test]
    fn the_trailers_of_grpc_web_are_no_message() {
        assert_eq!(Frames::default().feed(&[0x80, 0, 0, 0, 2, b'x', b'y', 0, 0, 0, 0, 0]), 1);
    }
}
