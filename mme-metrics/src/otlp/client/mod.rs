//! One request, and what its answer means.

mod grpc;
mod http;

use std::time::Duration;

use ::http::HeaderMap;
use ::http::header::{HeaderValue, USER_AGENT};
use bytes::Bytes;
use reqwest::{ClientBuilder, Response, Url};

use super::error::OtlpExportError;
use super::protocol::OtlpProtocol;
use crate::probe::{BodyStart, reason, restrained};

/// The most bytes of an answer that are read. One without an error has a few.
const ANSWER: usize = 64 << 10;

/// A client of one receiver. It has no `Debug`: its URL may have a password.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    protocol: OtlpProtocol,
    gzip: bool,
}

/// An answer that accepts the request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Acceptance {
    /// How many data points the receiver refused nevertheless.
    pub(super) rejected: u64,
    /// Why, or a warning; empty if there is none.
    pub(super) message: String,
}

/// Why a request was not accepted.
#[derive(Debug)]
pub(super) struct SendFailure {
    pub(super) error: OtlpExportError,
    pub(super) retry: Retry,
}

impl SendFailure {
    /// An answer that is not one of OTLP, such as the page of a proxy.
    const FOREIGN: Self = Self { error: OtlpExportError::Answer, retry: Retry::Never };
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// With the time that the receiver asks for, if it does.
    After(Option<Duration>),
}

impl Client {
    pub(super) fn new(
        client: Option<ClientBuilder>,
        protocol: OtlpProtocol,
        url: Url,
        mut headers: HeaderMap,
        gzip: bool,
    ) -> Result<Self, reqwest::Error> {
        let mut client = client.unwrap_or_else(|| reqwest::Client::builder().no_proxy());
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("mme-metrics/", env!("CARGO_PKG_VERSION"))));
        match protocol {
            OtlpProtocol::HttpProtobuf => http::prepare(&mut headers, gzip),
            OtlpProtocol::Grpc => {
                client = client.http2_prior_knowledge();
                grpc::prepare(&mut headers, gzip);
            }
        }
        Ok(Self { http: restrained(client).build()?, url, headers, protocol, gzip })
    }

    /// Makes of a body what is sent.
    pub(super) fn frame(&self, body: Bytes) -> Bytes {
        match self.protocol {
            OtlpProtocol::HttpProtobuf => body,
            OtlpProtocol::Grpc => grpc::frame(&body, self.gzip),
        }
    }

    /// Sends what [`frame`](Self::frame) made. It has no time limit: the caller drops the future.
    pub(super) async fn send(&self, framed: Bytes) -> Result<Acceptance, SendFailure> {
        let broken = |error: reqwest::Error| SendFailure { error: connection(error), retry: Retry::After(None) };
        let request = self.http.post(self.url.clone()).headers(self.headers.clone()).body(framed);
        let response = request.send().await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(http::refused(status, response.headers()));
        }
        let (headers, body) = (response.headers().clone(), read(response).await.map_err(broken)?);
        if !body.is_whole {
            return Err(SendFailure::FOREIGN);
        }
        match self.protocol {
            OtlpProtocol::HttpProtobuf => http::accepted(&headers, &body.bytes).ok_or(SendFailure::FOREIGN),
            OtlpProtocol::Grpc => grpc::answered(&headers, &body),
        }
    }
}

async fn read(response: Response) -> Result<BodyStart, reqwest::Error> {
    let body = ::http::Response::<reqwest::Body>::from(response).into_body();
    BodyStart::read(body, ANSWER).await
}

/// Names the reason of an error.
fn connection(error: reqwest::Error) -> OtlpExportError {
    if error.is_timeout() {
        // The caller's client has a timeout of its own.
        return OtlpExportError::TimedOut;
    }
    OtlpExportError::Connection(reason(error))
}
