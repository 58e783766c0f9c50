//! Headers that say where a request came from. Laws: only a trusted proxy is believed, and what a client writes before the
//! entry of the proxy changes nothing.
//!
//! The input is what the client writes and what the proxies write, with a zero byte between the two.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::{Corpus, fuzz_target};
use mme_metrics::security::SourceTracker;

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

static TRACKERS: LazyLock<[(&str, SourceTracker); 2]> = LazyLock::new(|| {
    let x_forwarded_for = SourceTracker::builder().x_forwarded_for(["10.0.0.0/8"]).build();
    let forwarded = SourceTracker::builder().forwarded(["10.0.0.0/8"]).build();
    [("x-forwarded-for", x_forwarded_for.expect("it is valid")), ("forwarded", forwarded.expect("it is valid"))]
});

fn is_trusted(address: IpAddr) -> bool {
    matches!(address.to_canonical(), IpAddr::V4(address) if address.octets()[0] == 10)
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (client, proxies) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let spoofed = [client, b", ", proxies].concat();
    let (Ok(told), Ok(spoofed)) = (HeaderValue::from_bytes(proxies), HeaderValue::from_bytes(&spoofed)) else {
        return Corpus::Reject;
    };
    for (name, tracker) in &*TRACKERS {
        let headers = |value: &HeaderValue| HeaderMap::from_iter([(HeaderName::from_static(name), value.clone())]);
        assert_eq!(tracker.client(STRANGER, &headers(&told)).address(), STRANGER);
        let found = tracker.client(PROXY, &headers(&told)).address();
        if !is_trusted(found) {
            assert_eq!(tracker.client(PROXY, &headers(&spoofed)).address(), found, "{name}");
        }
    }
    Corpus::Keep
});
