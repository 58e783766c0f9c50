//! The service: a method that answers, and one that answers a hundred times.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::{Request, Response};
use bytes::{Buf, BufMut, Bytes};
use futures_util::Stream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, ServerStreamingService, UnaryService};
use tonic::{Request as Asked, Response as Answered, Status};
use tower::Service;

use super::{Call, MESSAGES};

const ANSWER: Bytes = Bytes::from_static(b"an answer of some length");

/// What a build would generate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk;

impl<B> Service<Request<B>> for Desk
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let is_stream = request.uri().path() == Call::Stream.path();
        Box::pin(async move {
            let mut grpc = Grpc::new(Raw);
            Ok(if is_stream { grpc.server_streaming(Self, request).await } else { grpc.unary(Self, request).await })
        })
    }
}

impl UnaryService<Bytes> for Desk {
    type Response = Bytes;
    type Future = Ready<Result<Answered<Bytes>, Status>>;

    fn call(&mut self, _: Asked<Bytes>) -> Self::Future {
        ready(Ok(Answered::new(ANSWER)))
    }
}

impl ServerStreamingService<Bytes> for Desk {
    type Response = Bytes;
    type ResponseStream = Answers;
    type Future = Ready<Result<Answered<Answers>, Status>>;

    fn call(&mut self, _: Asked<Bytes>) -> Self::Future {
        ready(Ok(Answered::new(Answers { left: MESSAGES, waits: false })))
    }
}

/// Has an answer at every other look, so that each goes out alone.
#[derive(Debug)]
pub(super) struct Answers {
    left: u64,
    waits: bool,
}

impl Stream for Answers {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.waits = !self.waits;
        if self.left == 0 {
            Poll::Ready(None)
        } else if self.waits {
            self.left -= 1;
            Poll::Ready(Some(Ok(ANSWER)))
        } else {
            Poll::Pending
        }
    }
}

/// Messages as they are.
#[derive(Clone, Copy, Debug)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, destination: &mut EncodeBuf<'_>) -> Result<(), Status> {
        destination.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
