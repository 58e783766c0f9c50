//! The `Accept` header of a scrape. Law: a range for another type changes nothing about the answer.

#![no_main]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, header};
use libfuzzer_sys::{Corpus, fuzz_target};
use mme_metrics::Recorder;
use mme_metrics::endpoint::Endpoint;
use tower::Service;

static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| {
    Endpoint::new(Recorder::builder().process_metrics(false).build().expect("the families fit together"))
});

/// Returns the format that a request with this header is answered in.
fn format(accept: HeaderValue) -> HeaderValue {
    let request = Request::head("/metrics").header(header::ACCEPT, accept).body(()).expect("a request");
    let answer = pin!(ENDPOINT.clone().call(request)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Ok::<_, Infallible>(answer)) = answer else { panic!("the head takes no time") };
    assert_eq!(answer.status(), 200);
    answer.headers()[header::CONTENT_TYPE].clone()
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(accept) = HeaderValue::from_bytes(data) else { return Corpus::Reject };
    let longer = [data, b", image/png;q=1"].concat();
    let longer = HeaderValue::from_bytes(&longer).expect("the beginning is a value");
    assert_eq!(format(accept), format(longer));
    Corpus::Keep
});
