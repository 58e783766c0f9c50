//! Memory of the source tracker. A counting allocator makes this exact.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use allocation_counter::measure;
use http::HeaderMap;
use mme_metrics::security::SourceTracker;

#[test]
fn a_tracker_of_a_million_sources_takes_8_mib_and_one_of_none_next_to_nothing() {
    let headers = HeaderMap::new();
    let fail = |tracker: &SourceTracker, address: IpAddr, account: &str| {
        tracker.client(address, &headers).account(account).failure();
    };
    // What is allocated once in a process.
    fail(&SourceTracker::default(), Ipv4Addr::LOCALHOST.into(), "");

    let empty = measure(|| std::mem::forget(SourceTracker::default())).bytes_current;
    assert!((1..=64 << 10).contains(&empty), "{empty} B without a source");

    let full = measure(|| {
        let tracker = SourceTracker::default();
        for number in 0..1_000_000_u32 {
            fail(&tracker, Ipv4Addr::from_bits(0x1400_0000 + number).into(), "");
        }
        for number in 0..1_000_000_u128 {
            let account = number.to_string();
            fail(&tracker, Ipv6Addr::from_bits(0x2001_0db8 << 96 | number << 64).into(), &account);
        }
    });
    assert!((1..=8 << 20).contains(&full.bytes_max), "{full:?}");
}
