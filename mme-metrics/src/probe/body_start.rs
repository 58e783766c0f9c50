//! The beginning of a response, as much as a limit allows.

use std::future::poll_fn;
use std::pin::Pin;

use ::http::HeaderMap;
use ::reqwest::{Body, Error};
use http_body::Body as _;

/// The body of a response, cut off at a limit.
pub(crate) struct BodyStart {
    pub(crate) bytes: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// Whether the body is complete.
    pub(crate) is_whole: bool,
}

impl BodyStart {
    /// Reads at most `limit` bytes.
    pub(crate) async fn read(mut body: Body, limit: usize) -> Result<Self, Error> {
        let mut start = Self { bytes: Vec::new(), trailers: None, is_whole: true };
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            match frame?.into_data() {
                Ok(data) if data.len() > limit - start.bytes.len() => {
                    start.bytes.extend_from_slice(&data[..limit - start.bytes.len()]);
                    start.is_whole = false;
                    break;
                }
                Ok(data) => start.bytes.extend_from_slice(&data),
                Err(frame) => start.trailers = frame.into_trailers().ok(),
            }
        }
        Ok(start)
    }
}
