//! What all requests of the library to others have in common: their addresses, and clients that a hostile answer cannot use.

use std::error::Error;

use ::reqwest as client;
use client::redirect::Policy;
use client::{ClientBuilder, Url};

/// The connector's error for `https` without a TLS feature.
const NO_TLS: &str = "invalid URL, scheme is not http";

/// What to do about it.
pub(crate) const TLS_MISSING: &str = "https needs a TLS feature of `reqwest`, such as `rustls`";

/// Names the reason of an error, without the URL, which may have a password.
#[cfg(any(feature = "otlp", feature = "pushgateway"))]
pub(crate) fn reason(error: client::Error) -> String {
    if lacks_tls(&error) {
        return TLS_MISSING.to_owned();
    }
    let error = error.without_url();
    let cause = std::iter::successors(error.source(), |&error| error.source()).last();
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

/// Returns whether a request failed because the client has no TLS.
pub(crate) fn lacks_tls(error: &client::Error) -> bool {
    std::iter::successors(error.source(), |&error| error.source()).any(|error| error.to_string() == NO_TLS)
}

/// Lets a client follow no redirect, which would carry the request elsewhere, and decompress nothing, so that a small response
/// cannot become a large one.
pub(crate) fn restrained(client: ClientBuilder) -> ClientBuilder {
    client.redirect(Policy::none()).referer(false).no_gzip().no_brotli().no_deflate().no_zstd()
}

/// Parses the absolute URL of an HTTP server.
pub(crate) fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    is_http.then_some(url)
}
