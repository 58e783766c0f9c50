//! The answers of every admin endpoint, with the headers that all of them carry.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// Answers with `body` of the content type `kind`.
pub(crate) fn answer<B>(status: StatusCode, kind: &'static str, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // No cache on the way may keep it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Values may come from attackers: a browser must not guess that the body is a page.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Answers with a sentence for a person; it ends with a line break.
pub(super) fn sentence(status: StatusCode, text: impl Into<Bytes>) -> Response<Bytes> {
    answer(status, "text/plain; charset=utf-8", text.into())
}
