//! What an answer sends: a sentence, or an exposition as it is written.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::render::Reader;

/// Chunks that are sent before the executor may run another task: 256 KiB, a few milliseconds with gzip.
const BURST: usize = 8;

/// An answer before it is compressed.
#[derive(Debug)]
pub(super) enum Content {
    Sentence(Bytes),
    Exposition { reader: Reader, burst: usize },
}

impl Default for Content {
    fn default() -> Self {
        Self::Sentence(Bytes::new())
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Sentence(text) if text.is_empty() => Poll::Ready(None),
            Self::Sentence(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Self::Exposition { burst, .. } if *burst == BURST => {
                *burst = 0;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Exposition { reader, burst } => {
                *burst += 1;
                Poll::Ready(reader.next().map(|chunk| chunk.map(Frame::data).map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Sentence(text) if text.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Sentence(text) => SizeHint::with_exact(text.len() as u64),
            Self::Exposition { .. } => SizeHint::new(),
        }
    }
}
