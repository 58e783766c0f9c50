//! The future: an exchange until the head of its response.

use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::{Method, Response, StatusCode, header};
use http_body::Body;
use pin_project_lite::pin_project;

use super::guard::ExchangeGuard;
use super::{End, ExchangeBody, Observe};

pin_project! {
    /// The response future of an [`ExchangeService`](super::ExchangeService).
    ///
    /// # Cancellation
    ///
    /// Dropping it ends the exchange as cancelled, even if it was never polled.
    pub struct ExchangeFuture<F, O: Observe> {
        #[pin]
        inner: F,
        guard: ExchangeGuard<O>,
        rule: BodyRule,
    }
}

impl<F, O: Observe> ExchangeFuture<F, O> {
    #[inline]
    pub(super) fn begin(observer: Option<O>, rule: BodyRule, call: impl FnOnce() -> F) -> Self {
        // The guard is not dropped when the call panics, and need not be: the exchange is over by then. Without clean-up code
        // here the compiler writes the inner future in its place at once; a router's future is too large to be moved needlessly.
        let mut guard = ManuallyDrop::new(ExchangeGuard::new(observer));
        Self { inner: guard.run(call), guard: ManuallyDrop::into_inner(guard), rule }
    }
}

impl<F, O, B, E> Future for ExchangeFuture<F, O>
where
    F: Future<Output = Result<Response<B>, E>>,
    O: Observe,
    B: Body,
    E: 'static,
{
    type Output = Result<Response<ExchangeBody<B, O>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(match ready!(this.guard.run(|| this.inner.poll(context))) {
            Ok(response) => {
                begin_body(this.guard, *this.rule, &response);
                let guard = mem::replace(this.guard, ExchangeGuard::new(None));
                Ok(response.map(|body| ExchangeBody::of_response(body, guard)))
            }
            Err(error) => Err(this.guard.fail(error, End::Error)),
        })
    }
}

/// Reports the head of the response, and ends the exchange if no body follows.
fn begin_body<O: Observe, B: Body>(guard: &mut ExchangeGuard<O>, rule: BodyRule, response: &Response<B>) {
    if guard.is_over() {
        return;
    }
    guard.head(response);
    if !rule.allows_body(response.status()) {
        guard.end(End::Complete);
        return;
    }
    if !O::NEEDS_TRAILERS {
        guard.announce(announced_length(response));
    }
    if response.body().is_end_stream() {
        guard.finish();
    }
}

/// Returns the value of `Content-Length`, which the client receives, or else the exact size that the body reports.
fn announced_length<B: Body>(response: &Response<B>) -> Option<u64> {
    let by_header = || response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    by_header().or_else(|| response.body().size_hint().exact())
}

/// Whether the method of a request allows its response to have a body (RFC 9110, section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyRule {
    Allowed,
    /// HEAD.
    Never,
    /// CONNECT.
    UnlessSuccess,
}

impl BodyRule {
    pub(super) fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Never,
            Method::CONNECT => Self::UnlessSuccess,
            _ => Self::Allowed,
        }
    }

    /// Returns whether a server sends a body with this status.
    fn allows_body(self, status: StatusCode) -> bool {
        let by_method = match self {
            Self::Allowed => true,
            Self::Never => false,
            Self::UnlessSuccess => !status.is_success(),
        };
        by_method && !status.is_informational() && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
}

impl<F, O: Observe> fmt::Debug for ExchangeFuture<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeFuture").field("guard", &self.guard).finish_non_exhaustive()
    }
}
