//! The header `traceparent`. Law: a header that is read is written back as it was, but for its version and other flags.

#![no_main]

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::{Corpus, fuzz_target};
use mme_metrics::trace::TraceContext;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(value) = HeaderValue::from_bytes(data) else { return Corpus::Reject };
    let mut headers = HeaderMap::new();
    headers.append("traceparent", value.clone());
    let read = TraceContext::of_headers(&headers);
    assert_eq!(read, TraceContext::parse(data));
    if let Some(context) = read {
        let ids = format!("{}-{}", context.trace_id(), context.span_id());
        assert_eq!(ids.as_bytes(), &data[3..52]);
        assert_ne!(&data[..2], b"ff");
        let again = format!("00-{ids}-0{}", u8::from(context.is_sampled()));
        assert_eq!(TraceContext::parse(again.as_bytes()), Some(context));
    }
    headers.append("traceparent", value);
    assert_eq!(TraceContext::of_headers(&headers), None);
    Corpus::Keep
});
