//! Pushgateways that fail, and servers that are none.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use mme_metrics::job::Job;
use mme_metrics::pushgateway::{PushError, Pushgateway};
use mme_metrics::{Format, Recorder};

use super::stub::{Reply, Stub};

/// Longer than any test.
const LONG: Duration = Duration::from_mins(5);

/// Long enough for an answer on this machine, and short enough to wait for.
const SHORT: Duration = Duration::from_millis(400);

fn job() -> Job {
    Job::register("failing-gateway").unwrap()
}

/// Pushes to a server that gives these replies, and returns it with the result.
async fn push(timeout: Duration, replies: &[Reply]) -> (Stub, Result<(), PushError>) {
    let (stub, recorder) = (Stub::start(replies.iter().copied()), Recorder::builder().build().unwrap());
    let gateway = stub.gateway().timeout(timeout).build(&recorder).unwrap();
    let job = metrics::with_local_recorder(&recorder, job);
    let pushed = gateway.push(job).await;
    let result = if pushed.is_ok() { "success" } else { "failure" };
    let text = recorder.render(Format::Text);
    assert!(text.contains(&format!("mme_pushgateway_pushes_total{{result=\"{result}\"}} 1\n")), "{text}");
    (stub, pushed)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_succeed_later_is_sent_again_as_it_was() {
    let replies = [Reply::Say(503, "", "busy"), Reply::Close, Reply::Say(429, "Retry-After: 1\r\n", "")];
    let (stub, pushed) = push(LONG, &replies).await;
    assert_eq!(pushed, Ok(()));
    let received = stub.received();
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|push| (&push.line, &push.body) == (&received[0].line, &received[0].body)));
    assert!(received[0].body.contains("job_runs_total{"), "{}", received[0].body);
    assert_eq!(received[0].line, "POST /metrics/job/shop/job_name/failing-gateway");
    assert_eq!(received[0].headers["content-type"], Format::Text.content_type());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_goes_on_failing_is_left_alone_after_four_attempts() {
    let (stub, pushed) = push(LONG, &[Reply::Say(503, "", ""); 9]).await;
    assert_eq!((pushed, stub.received().len()), (Err(PushError::Status(503)), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_asks_for_more_time_than_there_is_is_not_waited_for() {
    let (stub, pushed) = push(Duration::from_mins(1), &[Reply::Say(429, "Retry-After: 300\r\n", "")]).await;
    assert_eq!((pushed, stub.received().len()), (Err(PushError::Status(429)), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_status_is_an_answer() {
    for status in [400, 401, 403, 404, 405, 413, 500] {
        let (stub, pushed) = push(LONG, &[Reply::Say(status, "", "no")]).await;
        assert_eq!((pushed, stub.received().len()), (Err(PushError::Status(status)), 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_to_another_host() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let location = format!("Location: http://{}/metrics\r\n", other.local_addr().unwrap()).leak();
    for status in [301, 302, 307, 308] {
        let (_, pushed) = push(LONG, &[Reply::Say(status, location, "")]).await;
        assert_eq!(pushed, Err(PushError::Redirect(status)));
    }
    assert!(other.accept().is_err(), "nobody has come");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_answer_of_a_pushgateway_is_no_success() {
    let (_, pushed) = push(LONG, &[Reply::Say(200, "Content-Type: text/html\r\n", "<html>Log in</html>")]).await;
    assert_eq!(pushed, Err(PushError::Answer));
    let (stub, pushed) = push(LONG, &[Reply::Endless]).await;
    assert_eq!(pushed, Err(PushError::Answer));
    stub.wait_for_gone(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_takes_no_longer_than_the_timeout() {
    let (stub, pushed) = push(SHORT, &[Reply::Never]).await;
    assert_eq!(pushed, Err(PushError::TimedOut));
    stub.wait_for_gone(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pushgateway_is_an_error_that_says_why() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = Pushgateway::builder(&format!("http://{address}"), "shop").unwrap().timeout(SHORT);
    let error = gateway.build(&Recorder::builder().build().unwrap()).unwrap().push(job()).await.unwrap_err();
    assert!(matches!(&error, PushError::Connection(_) | PushError::TimedOut), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_come_from_a_file_that_is_read_each_time_and_are_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let stub = Stub::start([Reply::Accept, Reply::Echo]);
    let recorder = Recorder::builder().build().unwrap();
    let builder = stub.gateway().basic_auth_file("job", &file);
    let shown = format!("{builder:?}");
    let gateway = builder.build(&recorder).unwrap();
    assert!(matches!(gateway.push(job()).await, Err(PushError::Credentials(_))));
    fs::write(&file, "first\n").unwrap();
    gateway.push(job()).await.unwrap();
    fs::write(&file, "second").unwrap();
    let error = gateway.push(job()).await.unwrap_err();
    assert_eq!(error, PushError::Status(400));
    let token = stub.gateway().bearer_token_file(&file).build(&recorder).unwrap();
    token.push(job()).await.unwrap();
    let sent: Vec<_> = stub.received().iter().map(|push| push.headers["authorization"].clone()).collect();
    // The texts `job:first` and `job:second` in base64.
    assert_eq!(sent, ["Basic am9iOmZpcnN0", "Basic am9iOnNlY29uZA==", "Bearer second"]);
    let shown = format!("{shown}{gateway:?}{token:?}{error}{error:?}");
    assert!(!shown.contains("second") && !shown.contains("am9i") && !shown.contains("127.0.0.1"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_without_tls_says_what_is_missing() {
    let url = Stub::start([]).url().replace("http:", "https:");
    let gateway = Pushgateway::builder(&url, "shop").unwrap().timeout(SHORT);
    let error = gateway.build(&Recorder::builder().build().unwrap()).unwrap().push(job()).await.unwrap_err();
    assert!(error.to_string().contains("https needs a TLS feature of `reqwest`"), "{error}");
}

#[test]
fn a_setting_that_cannot_be_used_is_named_and_not_shown() {
    for url in [
        "",
        "gateway:9091",
        "ftp://gateway",
        "http://u:hidden@gateway",
        "http://gateway?a=hidden",
        "http://gateway#hidden",
    ] {
        let error = Pushgateway::builder(url, "shop").unwrap_err().to_string();
        assert!(error.contains("`url`") && !error.contains("hidden"), "{url}: {error}");
    }
    assert!(Pushgateway::builder("http://gateway", "").unwrap_err().to_string().contains("`service`"));
    let builder = || Pushgateway::builder("http://gateway", "shop").unwrap();
    for (key, value) in [("job", "a"), ("job_name", "a"), ("a/b", "a"), ("team", ""), ("team", "a\nb")] {
        assert!(builder().grouping_label(key, value).is_err(), "{key} {value:?}");
    }
    assert!(builder().grouping_label("team", "a").unwrap().grouping_label("team", "b").is_err());
    for timeout in [Duration::ZERO, Duration::MAX] {
        let error = builder().timeout(timeout).build(&Recorder::builder().build().unwrap()).unwrap_err();
        assert!(error.to_string().contains("`timeout`"), "{error}");
    }
}

#[test]
fn a_push_that_blocks_needs_no_runtime_and_ends_in_time() {
    let (stub, recorder) = (Stub::start([Reply::Accept, Reply::Never]), Recorder::builder().build().unwrap());
    let gateway = stub.gateway().timeout(SHORT).build(&recorder).unwrap();
    gateway.push_blocking(job()).unwrap();
    let started = Instant::now();
    assert_eq!(gateway.push_blocking(job()), Err(PushError::TimedOut));
    assert!(started.elapsed() >= SHORT);
}

#[test]
fn a_pushgateway_can_be_shared_and_sent() {
    fn holds<T: Send + Sync + Unpin + 'static>() {}
    holds::<Pushgateway>();
}
