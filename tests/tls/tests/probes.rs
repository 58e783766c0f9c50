//! What probes and the isolation sentinel make of certificates: trusted ones are answers, all others are none.

use std::time::Duration;

use mme_metrics::health::{DependencyProbe, GrpcProbe, HttpProbe, VaultProbe};
use mme_metrics::isolation::{HttpRead, IsolationResource, IsolationSentinel, TenantRead, Verdict};
use mme_metrics::probe::{Attempts, ProbeFailure};
use mme_metrics_tests_tls::{Authority, Server, provide, serve_self_signed};
use rcgen::{CertificateParams, date_time_ymd};
use reqwest::Client;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const MARKER: &str = "canary-1b7f03c98a";

/// An answer that Vault gives when it is well, and that holds the marker.
const WELL: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 63\r\nConnection: close\r\n\r\n\
                    {\"initialized\":true,\"sealed\":false,\"title\":\"canary-1b7f03c98a\"}";

async fn asked(server: &Server, client: Option<&Client>) -> [Result<(), ProbeFailure>; 2] {
    let (http, vault) = (HttpProbe::new(&server.url()).unwrap(), VaultProbe::new(&server.url()).unwrap());
    match client {
        Some(client) => {
            [http.containing(MARKER).client(client.clone()).probe().await, vault.client(client.clone()).probe().await]
        }
        None => [http.probe().await, vault.probe().await],
    }
}

/// Runs a round of the sentinel over what this server says to everybody.
async fn verdict(server: &Server, client: Client) -> Verdict {
    let read = HttpRead::new(&server.url(), MARKER, |tenant, request| request.bearer_auth(tenant)).unwrap();
    let resource = IsolationResource::new("acme", "document 7", read.client(client));
    IsolationSentinel::new(vec![resource]).tenant("globex").run_once().await.verdict()
}

fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

fn not_yet(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2090, 1, 1);
    params.not_after = date_time_ymd(2091, 1, 1);
}

#[tokio::test]
async fn a_certificate_that_is_trusted_and_holds_is_an_answer() {
    let authority = Authority::new();
    let server = authority.serve("localhost", |_| (), WELL).await;
    assert_eq!(asked(&server, Some(&authority.client())).await, [Ok(()), Ok(())]);
    // Both tenants see it.
    assert_eq!(verdict(&server, authority.client()).await, Verdict::Breach);
    let ill = authority.serve("localhost", |_| (), "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(asked(&ill, Some(&authority.client())).await, [Err(ProbeFailure::Status(503)); 2]);
}

#[tokio::test]
async fn one_that_is_not_trusted_of_another_host_or_of_another_time_is_down_and_unknown() {
    let authority = Authority::new();
    let stranger = Authority::new();
    let servers = [
        ("of an authority that is not trusted", stranger.serve("localhost", |_| (), WELL).await),
        ("of nobody but itself", serve_self_signed("localhost", WELL).await),
        ("of another host", authority.serve("ledger.example", |_| (), WELL).await),
        ("expired", authority.serve("localhost", expired, WELL).await),
        ("not yet valid", authority.serve("localhost", not_yet, WELL).await),
    ];
    for (case, server) in servers {
        assert_eq!(asked(&server, Some(&authority.client())).await, [Err(ProbeFailure::Unreachable); 2], "{case}");
        assert_eq!(asked(&server, None).await, [Err(ProbeFailure::Unreachable); 2], "{case}, as the system trusts");
        assert_eq!(verdict(&server, authority.client()).await, Verdict::Unknown, "{case}");
        let grpc = GrpcProbe::new(&server.url()).unwrap();
        assert_eq!(grpc.probe().await, Err(ProbeFailure::Unreachable), "{case}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_or_says_nothing_is_down_in_time() {
    let authority = Authority::new();
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            stream.write_all(WELL.as_bytes()).await.unwrap();
        }
    });
    let probe = HttpProbe::new(&format!("https://localhost:{port}")).unwrap().client(authority.client());
    assert_eq!(probe.probe().await, Err(ProbeFailure::Unreachable));

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let probe = HttpProbe::new(&format!("https://localhost:{}", silent.local_addr().unwrap().port())).unwrap();
    let probe = probe.client(authority.client());
    let attempts = Attempts::new(1, Duration::from_millis(300));
    let asked = attempts.run(async move { probe.probe().await }).await;
    assert_eq!(asked, Err(ProbeFailure::TimedOut));
}

#[tokio::test]
async fn a_client_that_is_told_to_trust_anything_is_the_services_own_choice() {
    provide();
    let server = serve_self_signed("localhost", WELL).await;
    let client = Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap();
    assert_eq!(asked(&server, Some(&client)).await, [Ok(()), Ok(())]);
    let read = HttpRead::new(&server.url(), MARKER, |_, request| request).unwrap().client(client);
    assert_eq!(read.read("acme".into()).await, mme_metrics::isolation::Visibility::Seen);
}
