//! How many bytes of a request's body were really received.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::http::Request;

/// Bytes that the service has read so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Received(Arc<AtomicU64>);

impl Received {
    pub(super) fn bytes(&self) -> u64 {
        // Relaxed: the body was read by the exchange that asks, or was handed on by it.
        self.0.load(Ordering::Relaxed)
    }
}

/// Begins to count the body of `request`, if it is of a type that can hold another body: axum's.
#[cfg(feature = "axum")]
pub(super) fn count<B: 'static>(request: &mut Request<B>) -> Option<Received> {
    use std::any::Any;

    let body = (request.body_mut() as &mut dyn Any).downcast_mut::<axum::body::Body>()?;
    let received = Received::default();
    let inner = std::mem::take(body);
    *body = axum::body::Body::new(counted::CountedBody { inner, received: received.clone() });
    Some(received)
}

/// Without axum no body type can hold another one.
#[cfg(not(feature = "axum"))]
pub(super) fn count<B: 'static>(_: &mut Request<B>) -> Option<Received> {
    None
}

#[cfg(feature = "axum")]
mod counted {
    use std::pin::Pin;
    use std::sync::atomic::Ordering;
    use std::task::{Context, Poll};

    use axum::body::{Body, Bytes};
    use http_body::{Frame, SizeHint};

    use super::Received;

    /// A request body that counts what passes.
    pub(super) struct CountedBody {
        pub(super) inner: Body,
        pub(super) received: Received,
    }

    impl http_body::Body for CountedBody {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            let polled = Pin::new(&mut self.inner).poll_frame(context);
            if let Poll::Ready(Some(Ok(frame))) = &polled
                && let Some(data) = frame.data_ref()
            {
                // Relaxed: a figure that orders nothing.
                self.received.0.fetch_add(data.len() as u64, Ordering::Relaxed);
            }
            polled
        }

        fn is_end_stream(&self) -> bool {
            self.inner.is_end_stream()
        }

        fn size_hint(&self) -> SizeHint {
            self.inner.size_hint()
        }
    }
}
