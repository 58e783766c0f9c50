//! The `Authorization` header of a scrape. Law: exactly the two credentials that were set open the endpoint.

#![no_main]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Request, header};
use libfuzzer_sys::{Corpus, fuzz_target};
use mme_metrics::Recorder;
use mme_metrics::endpoint::Endpoint;
use tower::Service;

static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| {
    let recorder = Recorder::builder().process_metrics(false).build().expect("the families fit together");
    Endpoint::new(recorder).bearer("t0").basic("u", "p:w")
});

/// Says the same of a header in another way.
fn is_right(sent: &[u8]) -> bool {
    let mut words = sent.splitn(2, |byte| *byte == b' ');
    let (scheme, secret) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().trim_ascii());
    match &*scheme.to_ascii_lowercase() {
        b"bearer" => secret == b"t0",
        b"basic" => STANDARD.decode(secret).is_ok_and(|decoded| decoded == b"u:p:w"),
        _ => false,
    }
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(sent) = HeaderValue::from_bytes(data) else { return Corpus::Reject };
    let request = Request::head("/metrics").header(header::AUTHORIZATION, sent).body(()).expect("a request");
    let answer = pin!(ENDPOINT.clone().call(request)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok::<_, Infallible>(answer)) = answer else { panic!("the head takes no time") };
    assert_eq!(answer.status().as_u16(), if is_right(data) { 200 } else { 401 });
    Corpus::Keep
});
