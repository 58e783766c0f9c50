//! What the source tracker weighs; exact, because a counting allocator stands under the program.
//!
//! One test, so that no other runs beside it and is counted too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;
use mme_metrics::security::SourceTracker;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

#[test]
fn a_tracker_of_a_million_sources_takes_8_mib_and_one_of_none_next_to_nothing() {
    let headers = HeaderMap::new();
    let fail = |tracker: &SourceTracker, address: IpAddr, account: &str| {
        tracker.client(address, &headers).account(account).failure();
    };
    // What is allocated once in a process.
    fail(&SourceTracker::default(), Ipv4Addr::LOCALHOST.into(), "");

    let before = HEAP.current_usage();
    let tracker = SourceTracker::default();
    let empty = HEAP.current_usage() - before;
    assert!(empty <= 64 << 10, "{empty} B without a source");
    HEAP.reset_peak_usage();
    for number in 0..1_000_000_u32 {
        fail(&tracker, Ipv4Addr::from_bits(0x1400_0000 + number).into(), "");
    }
    for number in 0..1_000_000_u128 {
        let account = number.to_string();
        fail(&tracker, Ipv6Addr::from_bits(0x2001_0db8 << 96 | number << 64).into(), &account);
    }
    let (peak, held) = (HEAP.peak_usage() - before, HEAP.current_usage() - before);
    assert!(peak <= 8 << 20, "{peak} B at most, {held} B in the end");
}
