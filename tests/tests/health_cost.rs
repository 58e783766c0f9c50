//! What a dependency that sends ten gibibytes costs: less than a mebibyte.

use std::time::Duration;

use mme_metrics::health::{DependencyProbe, GrpcProbe, HttpProbe, RedisProbe, VaultProbe};
use mme_metrics_tests::peer::{Peer, Reply};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const MEBIBYTE: usize = 1 << 20;

/// Probes once, and returns how far the heap grew meanwhile; the peer holds 16 KiB.
async fn grown(probe: impl DependencyProbe) -> usize {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let down = tokio::time::timeout(Duration::from_secs(30), probe.probe()).await;
    assert!(matches!(down, Ok(Err(_))), "{down:?}");
    HEAP.peak_usage().saturating_sub(before)
}

#[tokio::test]
async fn a_probe_of_a_dependency_that_never_ends_costs_less_than_a_mebibyte() {
    let peer = Peer::always(Reply::Endless).await;
    let port = peer.address().port();
    let url = peer.url("/");
    // The first builds what all of them share.
    grown(HttpProbe::new(&url).unwrap()).await;
    let grown = [
        grown(HttpProbe::new(&url).unwrap()).await,
        grown(VaultProbe::new(&url).unwrap()).await,
        grown(GrpcProbe::new(&url).unwrap()).await,
        grown(RedisProbe::new("127.0.0.1", port)).await,
    ];
    assert!(grown.iter().all(|bytes| *bytes < MEBIBYTE), "{grown:?}");
    // Neither does a head, which no limit on bodies holds back.
    let peer = Peer::always(Reply::EndlessHead).await;
    let url = peer.url("/");
    let head = self::grown(HttpProbe::new(&url).unwrap()).await;
    assert!(head < MEBIBYTE, "{head}");
    // And neither does one that sends more than it was given room for.
    let peer = Peer::always(Reply::EndlessHttp2).await;
    let http2 = self::grown(GrpcProbe::new(&peer.url("")).unwrap()).await;
    assert!(http2 < MEBIBYTE, "{http2}");
}
