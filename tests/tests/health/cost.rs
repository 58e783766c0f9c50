//! Memory of a probe whose dependency sends ten gibibytes: less than a mebibyte.

use std::time::Duration;

use allocation_counter::measure;
use mme_metrics::health::{DependencyProbe, GrpcProbe, HttpProbe, RedisProbe, VaultProbe};
use mme_metrics_tests::peer::{Peer, Reply};
use tokio::runtime::Runtime;

const MEBIBYTE: u64 = 1 << 20;

/// Probes once, and returns how far the heap grew meanwhile. That includes the 16 KiB of the peer, which runs on the same
/// thread.
fn grown(runtime: &Runtime, probe: impl DependencyProbe) -> u64 {
    let probe = async { tokio::time::timeout(Duration::from_secs(30), probe.probe()).await };
    let allocated = measure(|| {
        let down = runtime.block_on(probe);
        assert!(matches!(down, Ok(Err(_))), "{down:?}");
    });
    allocated.bytes_max
}

#[test]
fn a_probe_of_a_dependency_that_never_ends_costs_less_than_a_mebibyte() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let peer = runtime.block_on(Peer::always(Reply::Endless));
    let port = peer.address().port();
    let url = peer.url("/");
    // The first builds what all of them share.
    grown(&runtime, HttpProbe::new(&url).unwrap());
    let grown = [
        grown(&runtime, HttpProbe::new(&url).unwrap()),
        grown(&runtime, VaultProbe::new(&url).unwrap()),
        grown(&runtime, GrpcProbe::new(&url).unwrap()),
        grown(&runtime, RedisProbe::new("127.0.0.1", port)),
    ];
    assert!(grown.iter().all(|bytes| (1..MEBIBYTE).contains(bytes)), "{grown:?}");
    // Neither does a head, which no limit on bodies holds back.
    let peer = runtime.block_on(Peer::always(Reply::EndlessHead));
    let url = peer.url("/");
    let head = self::grown(&runtime, HttpProbe::new(&url).unwrap());
    assert!((1..MEBIBYTE).contains(&head), "{head}");
    // And neither does one that sends more than it was given room for.
    let peer = runtime.block_on(Peer::always(Reply::EndlessHttp2));
    let http2 = self::grown(&runtime, GrpcProbe::new(&peer.url("")).unwrap());
    assert!((1..MEBIBYTE).contains(&http2), "{http2}");
}
