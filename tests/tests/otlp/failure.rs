//! Receivers that fail, and what arrives when they work again.

use std::net::TcpListener;
use std::time::Duration;

use mme_metrics::Recorder;
use mme_metrics::otlp::{OtlpExportError, OtlpExporter};

use crate::receiver::{Receiver, Reply};

/// Counts, exports to a receiver that gives `replies`, and returns it with the result. Then counts again and exports to the same
/// receiver, which works now, and asserts that nothing is lost or counted twice.
async fn export(timeout: Duration, replies: &[Reply]) -> (Receiver, Result<usize, OtlpExportError>) {
    let (receiver, recorder) = (Receiver::start(replies.iter().copied()), Recorder::builder().build().unwrap());
    let exporter = receiver.exporter().timeout(timeout).start(&recorder).unwrap();
    let count = || metrics::with_local_recorder(&recorder, || metrics::counter!("jobs_total").increment(3));
    count();
    let result = exporter.flush().await.map(|exported| exported.requests());
    let asked = receiver.received().len();
    count();
    exporter.flush().await.unwrap();
    assert_eq!(receiver.total("jobs"), 6);
    assert_eq!(receiver.received().len(), asked + 1);
    (receiver, result)
}

/// Longer than any test.
const LONG: Duration = Duration::from_mins(5);

/// Long enough for an answer on this machine, and short enough to wait for.
const SHORT: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread")]
async fn what_may_succeed_later_is_sent_again() {
    let replies = [Reply::Status(503, ""), Reply::Status(429, "Retry-After: 1\r\n"), Reply::Close];
    let (receiver, result) = export(LONG, &replies).await;
    assert_eq!(result, Ok(1));
    let accepted: Vec<_> = receiver.received().iter().map(|request| request.is_accepted).collect();
    assert_eq!(accepted, [false, false, false, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_that_is_retried_is() {
    for status in [408, 429, 502, 503, 504] {
        let (_, result) = export(LONG, &[Reply::Status(status, "")]).await;
        assert_eq!(result, Ok(1), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_goes_on_failing_is_left_alone_after_the_timeout() {
    let (receiver, result) = export(SHORT, &[Reply::Status(503, "")]).await;
    // The first delay may be shorter than the timeout.
    assert!(matches!(result, Ok(1) | Err(OtlpExportError::Status(503))), "{result:?}");
    assert!(!receiver.received()[0].is_accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_more_time_than_there_is_is_not_waited_for() {
    let (_, result) = export(Duration::from_mins(1), &[Reply::Status(429, "Retry-After: 300\r\n")]).await;
    assert_eq!(result, Err(OtlpExportError::Status(429)));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_status_is_an_answer() {
    for status in [400, 401, 403, 404, 413, 500, 501] {
        let (receiver, result) = export(LONG, &[Reply::Status(status, "Retry-After: 0\r\n")]).await;
        assert_eq!((result, receiver.received().len()), (Err(OtlpExportError::Status(status)), 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (receiver, result) = export(LONG, &[Reply::Status(307, "Location: /elsewhere\r\n")]).await;
    assert_eq!(result, Err(OtlpExportError::Redirect(307)));
    assert!(receiver.received().iter().all(|request| request.line.contains("/v1/metrics")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_user_follows_no_redirect_either() {
    let receiver = Receiver::start([Reply::Status(308, "Location: /elsewhere\r\n")]);
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::limited(5));
    let exporter = receiver.exporter().client(client).start(&Recorder::builder().build().unwrap()).unwrap();
    assert_eq!(exporter.flush().await, Err(OtlpExportError::Redirect(308)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_another_server_is_no_success() {
    assert_eq!(export(LONG, &[Reply::Page]).await.1, Err(OtlpExportError::Answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_read_up_to_a_bound() {
    let (receiver, result) = export(LONG, &[Reply::Endless]).await;
    assert_eq!(result, Err(OtlpExportError::Answer));
    receiver.wait_for_gone(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_takes_no_longer_than_the_timeout() {
    let (receiver, result) = export(SHORT, &[Reply::Never]).await;
    assert_eq!(result, Err(OtlpExportError::TimedOut));
    receiver.wait_for_gone(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_receiver_is_an_error_that_says_why_and_shows_no_password() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = OtlpExporter::builder().endpoint(&format!("http://user:secret@{address}/v1/metrics")).unwrap();
    assert!(!format!("{builder:?}").contains("secret"));
    let exporter = builder.timeout(SHORT).start(&Recorder::builder().build().unwrap()).unwrap();
    let error = exporter.flush().await.unwrap_err();
    assert!(matches!(&error, OtlpExportError::Connection(_) | OtlpExportError::TimedOut), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_without_tls_says_what_is_missing() {
    let receiver = Receiver::start([]);
    let url = receiver.url().replace("http:", "https:");
    let exporter = OtlpExporter::builder().endpoint(&url).unwrap().timeout(SHORT);
    let error = exporter.start(&Recorder::builder().build().unwrap()).unwrap().flush().await.unwrap_err();
    assert!(error.to_string().contains("https needs a TLS feature of `reqwest`"), "{error}");
}
