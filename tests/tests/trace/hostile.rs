//! A `traceparent` that is not valid to the letter makes no exemplar, and none makes a label.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mme_metrics::http::HttpLayer;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::traced::{exemplars, traceparent, under};
use proptest::prelude::*;
use tower::ServiceExt as _;

/// Sends one request with these headers, and returns the recorder that measured it.
fn send(headers: &[&[u8]]) -> Recorder {
    let recorder = Recorder::builder().process_metrics(false).build().expect("a builder");
    let mut request = Request::get("/hostile").body(Body::empty()).expect("a request");
    for header in headers {
        // What cannot be a header does not reach a server.
        let Ok(value) = http::HeaderValue::from_bytes(header) else { return recorder };
        request.headers_mut().append("traceparent", value);
    }
    let app = Router::new().route("/hostile", get(|| async { "hello" })).layer(HttpLayer::new());
    under(&recorder, async {
        let response = app.oneshot(request).await.expect("a router does not fail");
        axum::body::to_bytes(response.into_body(), 64).await.expect("a body in memory");
    });
    recorder
}

/// Returns how many exemplars and how many lines `recorder` writes.
fn written(recorder: &Recorder) -> (usize, usize) {
    (exemplars(recorder).len(), recorder.render(Format::Text).lines().count())
}

#[test]
fn a_hostile_header_makes_no_exemplar_and_no_label() {
    let valid = traceparent(7);
    let long = "a".repeat(8 * 1024);
    let many = vec![valid.as_bytes(); 100];
    let hostile: [&[&[u8]]; 9] = [
        &[b""],
        &[&valid.as_bytes()[..54]],
        &[format!("{valid}0").leak().as_bytes()],
        &[traceparent(0xabcd).to_uppercase().leak().as_bytes()],
        &[traceparent(0).leak().as_bytes()],
        &[long.as_bytes()],
        &[valid.as_bytes(), valid.as_bytes()],
        &[valid.as_bytes(), b"other"],
        &many,
    ];
    let (none, lines) = written(&send(&[]));
    assert_eq!(none, 0);
    for headers in hostile {
        assert_eq!(written(&send(headers)), (0, lines), "{headers:?}");
    }
    assert_eq!(written(&send(&[valid.as_bytes()])), (1, lines));
}

/// Whether a header is valid, said in other words than the parser's.
fn is_valid(header: &str) -> bool {
    let parts: Vec<_> = header.split('-').collect();
    let [version, trace, span, flags] = parts[..] else { return false };
    let is_hex = |text: &str, length| {
        text.len() == length && text.chars().all(|digit| digit.is_ascii_digit() || ('a'..='f').contains(&digit))
    };
    let is_zero = |text: &str| text.chars().all(|digit| digit == '0');
    is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(span, 16)
        && !is_zero(span)
        && is_hex(flags, 2)
}

proptest! {
    /// A header is read exactly if it is valid, and is then written as it was.
    #[test]
    fn a_header_reads_as_it_is_written(
        header in "[0-9a-fA-F]{2}-[0-9a-f]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{2}|[0f]{2}-0{31}[01]-0{15}[01]-0[01]|.{0,80}",
    ) {
        let read = mme_metrics::trace::TraceContext::parse(header.as_bytes());
        prop_assert_eq!(read.is_some(), is_valid(&header));
        if let Some(context) = read {
            prop_assert_eq!(context.trace_id().to_string(), &header[3..35]);
            prop_assert_eq!(context.span_id().to_string(), &header[36..52]);
            let flags = u8::from_str_radix(&header[53..], 16).expect("digits");
            prop_assert_eq!(context.is_sampled(), flags % 2 == 1);
        }
    }
}
