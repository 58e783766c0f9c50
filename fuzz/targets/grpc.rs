//! What peers of gRPC send: frames cut anywhere, deadlines and statuses. Law: each whole message counts once, and the bytes
//! pass through unchanged.
//!
//! The first byte of the input is the length of the pieces, the second one of the headers; then come headers and frames.

#![no_main]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use libfuzzer_sys::{Corpus, fuzz_target};
use mme_metrics::Format;
use mme_metrics::grpc::{CallType, GrpcRequestBody, GrpcServerLayer};
use mme_metrics::testing::Emission;
use tower::{Layer as _, ServiceExt as _, service_fn};

/// Frames that are ready.
struct Script(VecDeque<Frame<Bytes>>);

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

/// Counts messages with all bytes in one piece. Flags that gRPC does not have end them: what follows is something else.
fn messages(mut bytes: &[u8]) -> usize {
    let mut messages = 0;
    while let Some((&[flags, a, b, c, d], rest)) = bytes.split_first_chunk() {
        let Some(rest) = rest.get(u32::from_be_bytes([a, b, c, d]) as usize..) else { break };
        let is_message = match flags {
            0 | 1 => true,
            // Trailers of gRPC-Web, compressed or not.
            0x80 | 0x81 => false,
            _ => break,
        };
        messages += usize::from(is_message);
        bytes = rest;
    }
    messages
}

fn script(frames: &[u8], size: usize, status: &HeaderValue) -> Script {
    let data = frames.chunks(size).map(|piece| Frame::data(Bytes::copy_from_slice(piece)));
    let trailers = HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), status.clone())]);
    Script(data.chain([Frame::trailers(trailers)]).collect())
}

/// Returns a counter of messages.
fn count(text: &str, direction: &str) -> usize {
    let series = format!("rpc_server_messages_total{{direction=\"{direction}\",rpc_method=\"a.B/C\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&series));
    line.map_or(0, |value| value.parse().expect("a count"))
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let [size, head, rest @ ..] = data else { return Corpus::Reject };
    let (head, frames) = rest.split_at(usize::from(*head).min(rest.len()));
    let (size, Ok(header)) = (usize::from(*size).max(1), HeaderValue::from_bytes(head)) else { return Corpus::Reject };
    let layer = GrpcServerLayer::new().method("a.B/C", CallType::BidiStream).expect("a method");
    let service = layer.layer(service_fn(|request: Request<GrpcRequestBody<Script>>| {
        let answer = script(frames, size, &header);
        async move {
            let read = request.into_body().collect().await?.to_bytes();
            assert_eq!(read, frames);
            Ok::<_, Infallible>(Response::new(answer))
        }
    }));
    let request = Request::post("/a.B/C").header("content-type", "application/grpc").header("grpc-timeout", &header);
    let request = request.body(script(frames, size, &header)).expect("a request");
    let emission = Emission::new();
    let exchange = pin!(emission.record_async(async {
        let Ok(answer) = service.oneshot(request).await;
        let Ok(body) = answer.into_body().collect().await;
        assert_eq!(body.to_bytes(), frames);
    }));
    assert!(exchange.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    let text = emission.recorder().render(Format::Text);
    let messages = messages(frames);
    assert_eq!((count(&text, "received"), count(&text, "sent")), (messages, messages), "{text}");
    Corpus::Keep
});
