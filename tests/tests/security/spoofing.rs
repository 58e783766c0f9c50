//! A spoofed header never blames another source.

use std::net::{IpAddr, Ipv4Addr};

use http::HeaderMap;
use mme_metrics::security::{SourceTracker, SourceTrackerBuilder};
use mme_metrics::testing::record;

const SOCKET: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const VICTIM: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

fn headers(name: &'static str, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().expect("a value"))])
}

fn standing(tracker: &SourceTracker, address: IpAddr) -> u32 {
    tracker.client(address, &HeaderMap::new()).standing().hour()
}

/// Fails once with each of these headers from one socket; returns how often that was held against the socket.
fn held_against(builder: SourceTrackerBuilder, peer: IpAddr, tries: impl Iterator<Item = HeaderMap>) -> (u32, u32) {
    let tracker = builder.build().expect("it is valid");
    let mut stands = (0, 0);
    drop(record(|| {
        tries.for_each(|headers| _ = tracker.client(peer, &headers).failure());
        stands = (standing(&tracker, SOCKET), standing(&tracker, VICTIM));
    }));
    stands
}

fn rotated(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0x2d00_0000 + number)
}

#[test]
fn a_thousand_rotated_headers_from_one_socket_are_one_source() {
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"] {
        let value = |number: Ipv4Addr| if name == "forwarded" { format!("for={number}") } else { number.to_string() };
        for builder in [SourceTracker::builder, || SourceTracker::builder().x_forwarded_for(["10.0.0.0/8"])] {
            let tries = (0..1_000).map(|number| headers(name, &value(rotated(number))));
            assert_eq!(held_against(builder(), SOCKET, tries), (1_000, 0), "{name}");
        }
    }
}

#[test]
fn behind_a_trusted_proxy_what_the_client_wrote_before_does_not_count() {
    let trusting = || SourceTracker::builder().x_forwarded_for(["10.0.0.0/8"]);
    let tries = (0..1_000).map(|number| headers("x-forwarded-for", &format!("{}, {SOCKET}", rotated(number))));
    assert_eq!(held_against(trusting(), PROXY, tries), (1_000, 0));
    let trusting = || SourceTracker::builder().forwarded(["10.0.0.0/8"]);
    let tries = (0..1_000).map(|number| headers("forwarded", &format!("for={}, for={SOCKET}", rotated(number))));
    assert_eq!(held_against(trusting(), PROXY, tries), (1_000, 0));
}

#[test]
fn a_victim_is_not_blamed_whatever_is_written() {
    let victims = [
        format!("{VICTIM}"),
        format!("{VICTIM}, {VICTIM}"),
        format!("10.0.0.1, {VICTIM}, 10.0.0.1"),
        format!("for={VICTIM}"),
        format!("\"{VICTIM}"),
        format!("::ffff:{VICTIM}"),
        format!("[::ffff:{VICTIM}]:80"),
    ];
    for victim in &victims {
        for name in ["x-forwarded-for", "forwarded"] {
            let direct = || [headers(name, victim)].into_iter();
            for builder in [
                SourceTracker::builder(),
                SourceTracker::builder().x_forwarded_for(["10.0.0.0/8"]),
                SourceTracker::builder().forwarded(["10.0.0.0/8"]),
            ] {
                assert_eq!(held_against(builder, SOCKET, direct()), (1, 0), "{name}: {victim}");
            }
            // The proxy adds the socket to the end of what the client sent.
            let end = if name == "forwarded" { format!("for={SOCKET}") } else { SOCKET.to_string() };
            let passed = [headers(name, &format!("{victim}, {end}"))].into_iter();
            let builder = SourceTracker::builder();
            let builder = if name == "forwarded" {
                builder.forwarded(["10.0.0.0/8"])
            } else {
                builder.x_forwarded_for(["10.0.0.0/8"])
            };
            assert_eq!(held_against(builder, PROXY, passed), (1, 0), "{name}: {victim}");
        }
    }
}

#[test]
fn only_the_header_that_the_proxies_write_counts() {
    // The proxy writes one, and passes the other on as it came.
    let mut both = headers("x-forwarded-for", &SOCKET.to_string());
    both.extend(headers("forwarded", &format!("for={VICTIM}")));
    let builder = || SourceTracker::builder().x_forwarded_for(["10.0.0.0/8"]);
    assert_eq!(held_against(builder(), PROXY, [both].into_iter()), (1, 0));
    let mut both = headers("forwarded", &format!("for={SOCKET}"));
    both.extend(headers("x-forwarded-for", &VICTIM.to_string()));
    let builder = || SourceTracker::builder().forwarded(["10.0.0.0/8"]);
    assert_eq!(held_against(builder(), PROXY, [both].into_iter()), (1, 0));
}
