use std::cell::Cell;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};

use super::{End, ExchangeBody, Observe};

/// A body of so many frames that counts how often it is asked for its end.
struct Script<'a> {
    frames: usize,
    questions: &'a Cell<usize>,
}

impl Body for Script<'_> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(frames) = self.frames.checked_sub(1) else { return Poll::Ready(None) };
        self.frames = frames;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"abc")))))
    }

    fn is_end_stream(&self) -> bool {
        self.questions.set(self.questions.get() + 1);
        self.frames == 0
    }
}

/// Adds up data, and writes the end where `NEEDS_END` says so.
struct Sum<'a, const NEEDS_END: bool> {
    bytes: &'a Cell<usize>,
    end: &'a Cell<Option<End>>,
}

impl<const NEEDS_END: bool> Observe for Sum<'_, NEEDS_END> {
    const NEEDS_END: bool = NEEDS_END;

    fn data<D: Buf>(&mut self, data: &D) {
        self.bytes.set(self.bytes.get() + data.remaining());
    }

    fn end(self, end: End) {
        self.end.set(Some(end));
    }
}

/// Reads `frames` of a body of three; returns the bytes that were observed, the questions that were asked, and the end.
fn read<const NEEDS_END: bool>(frames: usize) -> (usize, usize, Option<End>) {
    let (bytes, questions, end) = (Cell::new(0), Cell::new(0), Cell::new(None));
    let sum = Sum::<NEEDS_END> { bytes: &bytes, end: &end };
    let mut body = pin!(ExchangeBody::new(Script { frames: 3, questions: &questions }, Some(sum)));
    for _ in 0..frames {
        let _ = body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()));
    }
    (bytes.get(), questions.get(), end.get())
}

#[test]
fn a_body_is_asked_for_its_end_once_a_frame() {
    assert_eq!(read::<true>(1), (3, 1, None));
    assert_eq!(read::<true>(3), (9, 3, Some(End::Complete)));
    assert_eq!(read::<true>(4), (9, 3, Some(End::Complete)));
}

#[test]
fn a_body_is_not_asked_for_an_end_that_its_observer_does_not_need() {
    assert_eq!(read::<false>(3), (9, 0, None));
    assert_eq!(read::<false>(4), (9, 0, Some(End::Complete)));
}
