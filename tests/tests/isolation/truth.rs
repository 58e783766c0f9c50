//! The verdict of the isolation sentinel for each pair of HTTP answers, and exactly what it emits.

use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use mme_metrics::isolation::{
    HttpRead, ISOLATION, IsolationResource, IsolationRound, IsolationSentinel, TenantName, Verdict, Visibility,
};
use mme_metrics::probe::ProbeFailure;
use mme_metrics::testing::Emission;
use mme_metrics_tests::figure::time_since;
use mme_metrics_tests::peer::{Peer, Reply};

const MARKER: &str = "canary-1b7f03c98a";
const PAGE: &str = "<p>canary-1b7f03c98a</p>";

/// Long enough for an answer that comes, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads `url` with a token that is the tenant's name.
fn read(url: &str) -> HttpRead {
    HttpRead::new(url, MARKER, |tenant, request| request.bearer_auth(tenant)).unwrap()
}

fn sentinel(resource: IsolationResource, limit: Duration) -> IsolationSentinel {
    IsolationSentinel::new(vec![resource]).tenant("globex").bounds(2, limit)
}

/// Runs one round over a document of acme that acme and globex get these answers for.
async fn round_of(owner: Reply, foreigner: Reply, limit: Duration) -> (IsolationRound, Emission) {
    let peer = Peer::start(move |head| {
        let acme = head.to_ascii_lowercase().contains("authorization: bearer acme");
        if acme { owner.clone() } else { foreigner.clone() }
    });
    let url = peer.await;
    let sentinel = sentinel(IsolationResource::new("acme", "document 7", read(&url.url("/documents/7"))), limit);
    let emission = Emission::new();
    (emission.record_async(sentinel.run_once()).await, emission)
}

fn good() -> Reply {
    Reply::http(200, "text/html", PAGE)
}

/// Asserts that a round came to this, and emitted what belongs to it and nothing else.
#[track_caller]
fn assert_told(emission: &Emission, verdict: Verdict, started: SystemTime) {
    let last = time_since(emission, &ISOLATION.last_check, (), started);
    let expected = emission
        .expect()
        .counter(&ISOLATION.checks, (verdict,), 1)
        .histogram(&ISOLATION.check_duration, (), 1)
        .gauge(&ISOLATION.interval, (), 300.0)
        .gauge(&ISOLATION.last_check, (), last);
    match verdict {
        Verdict::Pass => expected.gauge(&ISOLATION.sentinel, (), 1.0).gauge(&ISOLATION.last_pass, (), last).only(),
        _ => expected.only(),
    }
    // A figure of 0 and none at all are the same to an expectation.
    let text = emission.recorder().render(mme_metrics::Format::Text);
    assert_eq!(text.contains("\nmme_isolation_sentinel 0\n"), verdict == Verdict::Breach, "{text}");
}

#[tokio::test]
async fn what_each_pair_of_answers_comes_to() {
    use Verdict::{Breach, Pass, Unknown};
    let json = |body: &str| Reply::http(200, "application/json", body);
    let huge = || Reply::http(200, "text/html", &"x".repeat(100_000));
    let cut_off = || Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf".to_vec());
    let cases = [
        ("refused", good(), Reply::status(403), Pass),
        ("not there for others", good(), Reply::status(404), Pass),
        ("in JSON, escaped", json(r#"{"title":"\u0063anary-1b7f03c98a"}"#), Reply::status(404), Pass),
        ("everybody sees it", good(), good(), Breach),
        ("only the other sees it", Reply::status(404), good(), Breach),
        ("the other sees it and the owner gets an error", Reply::status(500), good(), Breach),
        ("in the page of an error", good(), Reply::http(500, "text/html", PAGE), Breach),
        ("in JSON that is broken", good(), json(r#"{"title":"canary-1b7f03c98a"#), Breach),
        ("in JSON, escaped, for others", good(), json(r#"["\u0063anary-1b7f03c98a"]"#), Breach),
        ("nobody sees it", Reply::status(404), Reply::status(404), Unknown),
        ("the owner has no session", Reply::status(401), Reply::status(404), Unknown),
        ("the owner gets an error that shows it", Reply::http(500, "text/html", PAGE), Reply::status(404), Unknown),
        ("the owner gets a login page", Reply::http(200, "text/html", "log in"), Reply::status(404), Unknown),
        ("the other gets a login page", good(), Reply::http(200, "text/html", "log in"), Unknown),
        ("the other has no session", good(), Reply::status(401), Unknown),
        ("the other is sent elsewhere", good(), Reply::redirect("http://127.0.0.1:1/"), Unknown),
        ("the other is limited", good(), Reply::status(429), Unknown),
        ("the owner is limited", Reply::status(429), Reply::status(404), Unknown),
        ("the other gets an error", good(), Reply::status(500), Unknown),
        ("the other gets malformed JSON", good(), json("{"), Unknown),
        ("the owner gets malformed JSON", json(r#"{"title":"canary-1b7f03c98a"#), Reply::status(404), Unknown),
        ("the other gets more than is read", good(), huge(), Unknown),
        ("the other is cut off", good(), cut_off(), Unknown),
        ("the owner is cut off", cut_off(), Reply::status(404), Unknown),
        ("the other gets no HTTP", good(), Reply::Bytes(b"SSH-2.0-x\r\n".to_vec()), Unknown),
        ("the other gets nothing", good(), Reply::Bytes(Vec::new()), Unknown),
    ];
    for (case, owner, foreigner, verdict) in cases {
        let started = SystemTime::now();
        let (round, emission) = round_of(owner, foreigner, LIMIT).await;
        assert_eq!(round.verdict(), verdict, "{case}: {round}");
        assert_told(&emission, verdict, started);
    }
}

#[tokio::test]
async fn silence_and_dripping_are_unknown_when_their_time_is_over() {
    for foreigner in [Reply::Silence, Reply::Drip] {
        let started = SystemTime::now();
        let (round, emission) = round_of(good(), foreigner, Duration::from_millis(300)).await;
        assert!(matches!(round.unknown(), [(_, ProbeFailure::TimedOut)]), "{round}");
        assert_told(&emission, Verdict::Unknown, started);
    }
}

#[tokio::test]
async fn an_endless_answer_is_unknown_and_never_read_to_its_end() {
    for (endless, failure) in [(Reply::Endless, ProbeFailure::TooLarge), (Reply::EndlessHead, ProbeFailure::Broken)] {
        let (round, _) = round_of(good(), endless, LIMIT).await;
        assert!(matches!(round.unknown(), [(_, found)] if *found == failure), "{round}");
    }
}

#[tokio::test]
async fn no_name_no_port_and_no_certificate_are_unknown() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = Peer::always(good()).await;
    for url in
        ["http://nobody.invalid/".to_owned(), format!("http://{closed}/"), format!("https://{}/", plain.address())]
    {
        let started = SystemTime::now();
        let emission = Emission::new();
        let sentinel = sentinel(IsolationResource::new("acme", "document 7", read(&url)), LIMIT);
        let round = emission.record_async(sentinel.run_once()).await;
        assert_eq!(round.verdict(), Verdict::Unknown, "{url}: {round}");
        assert_told(&emission, Verdict::Unknown, started);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_even_by_a_client_that_would() {
    let elsewhere = Peer::always(good()).await;
    let there = elsewhere.url("/");
    let peer = Peer::start(move |_| Reply::redirect(&there)).await;
    let ours = read(&peer.url("/"));
    let own = read(&peer.url("/")).client(reqwest::Client::builder().no_proxy().build().unwrap());
    for read in [ours, own] {
        let round = sentinel(IsolationResource::new("acme", "document 7", read), LIMIT).run_once().await;
        assert_eq!(round.verdict(), Verdict::Unknown, "{round}");
    }
}

#[tokio::test]
async fn a_read_that_panics_is_unknown() {
    let panics = |tenant: TenantName| async move {
        assert!(&*tenant == "acme", "on purpose");
        Visibility::Seen
    };
    let panics_at_once = |tenant: TenantName| {
        assert!(&*tenant == "acme", "on purpose");
        async { Visibility::Seen }
    };
    let resources =
        [IsolationResource::new("acme", "later", panics), IsolationResource::new("acme", "at once", panics_at_once)];
    for resource in resources {
        let started = SystemTime::now();
        let emission = Emission::new();
        let round = emission.record_async(sentinel(resource, LIMIT).run_once()).await;
        assert!(matches!(round.unknown(), [(_, ProbeFailure::Panicked)]), "{round}");
        assert_told(&emission, Verdict::Unknown, started);
    }
}
