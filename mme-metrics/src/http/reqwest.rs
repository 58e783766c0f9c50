//! Measures requests of a `reqwest` client.

use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::{Request, Response};
use ::reqwest as client;
use client::ResponseBuilderExt;
use tower_layer::Layer;
use tower_service::Service;

use super::HttpClientLayer;

/// Sends a request of `reqwest` and measures it, from the call to the last byte of the response.
///
/// ```
/// use mme_metrics::http::SendMeasured;
///
/// # async fn example(client: reqwest::Client) -> Result<(), reqwest::Error> {
/// let text = client.get("http://localhost/").send_measured().await?.text().await?;
/// # Ok(())
/// # }
/// ```
///
/// One call counts as one request, with all redirects and retries of the client.
pub trait SendMeasured: sealed::Sealed {
    /// Sends the request like `send`, and measures it.
    ///
    /// # Errors
    ///
    /// Those of `send`, unchanged.
    ///
    /// # Cancellation
    ///
    /// Dropping the future, or the response before its end, is recorded as `cancelled`.
    fn send_measured(self) -> impl Future<Output = Result<client::Response, client::Error>> + Send;
}

impl SendMeasured for client::RequestBuilder {
    async fn send_measured(self) -> Result<client::Response, client::Error> {
        let (client, request) = self.build_split();
        let mut service = HttpClientLayer::new().layer(ReqwestService::new(client));
        let request: Request<client::Body> = request?.try_into()?;
        let response = service.call(request).await?;
        Ok(response.map(client::Body::wrap).into())
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for reqwest::RequestBuilder {}
}

/// A `reqwest` client as a tower service over `http` types, for [`HttpClientLayer`] and others.
#[derive(Clone, Debug, Default)]
pub struct ReqwestService(client::Client);

impl ReqwestService {
    /// Wraps a client; its clones share connections.
    pub const fn new(client: client::Client) -> Self {
        Self(client)
    }
}

impl Service<Request<client::Body>> for ReqwestService {
    type Response = Response<client::Body>;
    type Error = client::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), client::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<client::Body>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let response = client.execute(request.try_into()?).await?;
            let url = response.url().clone();
            let (mut parts, body) = Response::<client::Body>::from(response).into_parts();
            // The conversion back into a response of `reqwest` reads the URL from there.
            if let Ok(with_url) = Response::builder().url(url).body(()) {
                parts.extensions.extend(with_url.into_parts().0.extensions);
            }
            Ok(Response::from_parts(parts, body))
        })
    }
}
