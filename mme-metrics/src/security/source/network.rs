//! Addresses as sources and as networks of proxies.

#[cfg(any(feature = "prometheus", test))]
use std::net::Ipv6Addr;
use std::net::{IpAddr, Ipv4Addr};

/// Who is behind an address, as far as it can be told: an IPv4 address, or the /64 of an IPv6 address.
///
/// One host has a whole /64 to choose addresses from (RFC 4291, section 2.5.4), so no less of it is one source. An IPv4 address
/// that is written as IPv6 (`::ffff:…`) is the IPv4 address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) prefix: u64,
    pub(super) is_v6: bool,
}

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self { prefix: u64::from(address.to_bits()), is_v6: false },
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments().map(u64::from);
                Self { prefix: a << 48 | b << 32 | c << 16 | d, is_v6: true }
            }
        }
    }

    /// Returns the first address of the network, and how many bits of it are fixed.
    #[cfg(any(feature = "prometheus", test))]
    pub(super) fn network(self) -> (IpAddr, u8) {
        if self.is_v6 {
            (Ipv6Addr::from_bits(u128::from(self.prefix) << 64).into(), 64)
        } else {
            // An IPv4 address has 32 bits, and nothing else was stored.
            (Ipv4Addr::from_bits(u32::try_from(self.prefix).unwrap_or_default()).into(), 32)
        }
    }
}

/// A network in CIDR notation, IPv4 as its part of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    first: u128,
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
        Some(Self { first: whole(address), bits: 128 - most + bits })
    }

    /// Says whether every address of IPv4 or IPv6 is in it.
    pub(super) fn is_everything(self) -> bool {
        self.bits == 0 || (self.bits <= 96 && self.contains(Ipv4Addr::UNSPECIFIED.into()))
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        (self.first ^ whole(address)).checked_shr(128 - self.bits).unwrap_or_default() == 0
    }
}

fn whole(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::of(text.parse().expect("an address"))
    }

    fn shown(text: &str) -> String {
        let (address, bits) = source(text).network();
        format!("{address}/{bits}")
    }

    #[test]
    fn a_slash_64_is_one_source_and_a_mapped_address_is_the_ipv4_one() {
        assert_eq!(shown("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
        assert_eq!(shown("203.0.113.7"), "203.0.113.7/32");
        assert_eq!(shown("::ffff:203.0.113.7"), "203.0.113.7/32");
        assert!(source("2001:db8::1") == source("2001:db8::ffff:ffff:ffff:ffff"));
        assert!(source("2001:db8::1") != source("2001:db8:0:1::1"));
        // The /64 that begins like an IPv4 address is not that address.
        assert!(source("0:0:cb00:7107::1") != source("203.0.113.7"));
    }

    #[test]
    fn a_network_has_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::1", "::1", "::2"),
            ("2001:db8::/127", "2001:db8::1", "2001:db8::2"),
        ] {
            let network = Network::parse(network).expect("a network");
            assert!(network.contains(inside.parse().expect("an address")), "{inside}");
            assert!(!network.contains(outside.parse().expect("an address")), "{outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_none_and_everything_is_known_as_such() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0/8", "proxy", "10.0.0.0/8/8", " 10.0.0.1"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
        for (text, everything) in
            [("0.0.0.0/0", true), ("::/0", true), ("::ffff:0:0/96", true), ("0.0.0.0/1", false), ("fd00::/8", false)]
        {
            assert_eq!(Network::parse(text).map(Network::is_everything), Some(everything), "{text}");
        }
    }
}
