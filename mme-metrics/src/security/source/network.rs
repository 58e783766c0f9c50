//! Sources derived from addresses, and the networks of proxies.

#[cfg(any(feature = "prometheus", test))]
use std::net::Ipv6Addr;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv6Net};

/// The unit that failures are counted for: an IPv4 address, or the /64 network of an IPv6 address.
///
/// One host can use every address of its /64 (RFC 4291, section 2.5.4), so the whole network is one source. An
/// IPv4-mapped address (`::ffff:…`) counts as the IPv4 address, and so does one that a NAT64 gateway made of it with the well-known
/// prefix `64:ff9b::/96` (RFC 6052): every IPv4 address is in that /64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) prefix: u64,
    pub(super) is_v6: bool,
}

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        let v4 = |bits: u32| Self { prefix: u64::from(bits), is_v6: false };
        match address.to_canonical() {
            IpAddr::V4(address) => v4(address.to_bits()),
            IpAddr::V6(address) => match address.segments() {
                // The last 32 bits are the IPv4 address.
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(u32::from(high) << 16 | u32::from(low)),
                [a, b, c, d, ..] => {
                    let [a, b, c, d] = [a, b, c, d].map(u64::from);
                    Self { prefix: a << 48 | b << 32 | c << 16 | d, is_v6: true }
                }
            },
        }
    }

    /// Returns the first address of the network and its prefix length.
    #[cfg(any(feature = "prometheus", test))]
    pub(super) fn network(self) -> (IpAddr, u8) {
        if self.is_v6 {
            (Ipv6Addr::from_bits(u128::from(self.prefix) << 64).into(), 64)
        } else {
            // The prefix of an IPv4 source is an IPv4 address, which has 32 bits.
            (Ipv4Addr::from_bits(u32::try_from(self.prefix).unwrap_or_default()).into(), 32)
        }
    }
}

/// All of IPv4, as IPv4-mapped addresses.
const IPV4: Ipv6Net = Ipv6Net::new_assert(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped(), 96);

/// A network in CIDR notation. An IPv4 network is stored as its IPv4-mapped network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network(Ipv6Net);

impl Network {
    /// Parses `10.0.0.0/8`, `fd00::/8` or a single address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse().map(|address: IpAddr| address.into()));
        Some(Self(match network.ok()? {
            IpNet::V4(network) => Ipv6Net::new(network.addr().to_ipv6_mapped(), 96 + network.prefix_len()).ok()?,
            IpNet::V6(network) => network,
        }))
    }

    /// Returns whether the network contains every IPv4 address, as `0.0.0.0/0` and `::/0` do.
    pub(super) fn is_everything(self) -> bool {
        self.0.contains(&IPV4)
    }

    /// Returns whether the network contains an address.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        })
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
        assert_eq!(shown("64:ff9b::203.0.113.7"), "203.0.113.7/32");
        assert_eq!(shown("64:ff9b:1::203.0.113.7"), "64:ff9b:1::/64");
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
