//! Trusted proxies and the client address that their headers state.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use ::http::{HeaderMap, HeaderName, header};

use super::network::Network;

/// Upper bound of the proxies that a request is followed through.
const HOPS: usize = 16;

/// The header that the proxies write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// `X-Forwarded-For`, a list of addresses.
    XForwardedFor,
    /// `Forwarded` of RFC 7239.
    Forwarded,
}

/// The trusted proxies, and the only header that counts from them.
///
/// A proxy that writes one of the headers passes on the other as the client sent it, so the other must not count.
#[derive(Clone, Debug)]
pub(super) struct Proxies {
    pub(super) networks: Vec<Network>,
    pub(super) header: Header,
}

impl Proxies {
    /// Returns the client of a request: follows it back from the socket, as long as each address is a trusted proxy.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        if !self.trusts(client) {
            return client;
        }
        let name: HeaderName = match self.header {
            Header::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Header::Forwarded => header::FORWARDED,
        };
        let lines = headers.get_all(name).into_iter().rev();
        let elements =
            lines.flat_map(|line| from_the_right(line.as_bytes(), b',')).filter(|element| !element.is_empty());
        for element in elements.take(HOPS) {
            // If the address is missing or cannot be parsed, the proxy that passed it on counts as the client.
            let Some(before) = self.address(element) else { break };
            client = before;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    fn address(&self, element: &[u8]) -> Option<IpAddr> {
        if self.header == Header::XForwardedFor {
            return node(str::from_utf8(element).ok()?);
        }
        let mut pairs = from_the_right(element, b';').filter_map(|pair| str::from_utf8(pair).ok()?.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
        node(&unquoted(value.trim())?)
    }
}

/// Splits a line at a separator, from right to left. A separator between two quotes is part of the text.
///
/// Because of this direction, a quote that a client left open cannot hide what a proxy has appended.
fn from_the_right(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let mut quoted = false;
        let found = (0..line.len()).rev().find(|at| {
            quoted ^= line[*at] == b'"' && !is_escaped(line, *at);
            line[*at] == separator && !quoted
        });
        rest = found.map(|at| &line[..at]);
        Some(line[found.map_or(0, |at| at + 1)..].trim_ascii())
    })
}

/// Returns whether the byte at this position is escaped: an odd number of backslashes precedes it.
fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Removes the quotes of a quoted string (RFC 9110, section 5.6.4). Returns `None` if the string is not closed.
fn unquoted(text: &str) -> Option<Cow<'_, str>> {
    let Some(opened) = text.strip_prefix('"') else { return Some(Cow::Borrowed(text)) };
    let inner = opened.strip_suffix('"').filter(|_| !is_escaped(text.as_bytes(), text.len() - 1))?;
    Some(if inner.contains('\\') { Cow::Owned(inner.replace('\\', "")) } else { Cow::Borrowed(inner) })
}

/// Parses an address with or without a port: `203.0.113.7`, `203.0.113.7:80`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "10.0.0.1";

    fn client(header: Header, lines: &[&str]) -> String {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|text| Network::parse(text).expect("a network")).to_vec();
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = if header == Header::Forwarded { "forwarded" } else { "x-forwarded-for" };
            headers.append(name, ::http::HeaderValue::from_bytes(line.as_bytes()).expect("a value"));
        }
        Proxies { networks, header }.client(PEER.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn the_last_address_that_no_proxy_of_ours_has_is_the_client() {
        for (lines, expected) in [
            (&["203.0.113.7"][..], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7, 10.0.0.9"], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7", "fd00::9,10.0.0.9"], "203.0.113.7"),
            (&["203.0.113.7:4711"], "203.0.113.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["203.0.113.7, "], "203.0.113.7"),
            // An internal caller.
            (&["10.0.0.7"], "10.0.0.7"),
        ] {
            assert_eq!(client(Header::XForwardedFor, lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_nobody_can_read_ends_at_the_proxy_that_passed_it_on() {
        for (lines, expected) in [
            (&[][..], PEER),
            (&["unknown"], PEER),
            (&["198.51.100.1, unknown, 10.0.0.9"], "10.0.0.9"),
            (&["198.51.100.1, 203.0.113.7\", 10.0.0.9"], "10.0.0.9"),
            (&["fe80::1%eth0"], PEER),
            (&["\u{e4}"], PEER),
        ] {
            assert_eq!(client(Header::XForwardedFor, lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_with_its_quotes_and_parameters() {
        for (lines, expected) in [
            (&["for=203.0.113.7"][..], "203.0.113.7"),
            (&["For=203.0.113.7;proto=https;by=10.0.0.2"], "203.0.113.7"),
            (&["for=198.51.100.1, proto=http; for=\"203.0.113.7:80\""], "203.0.113.7"),
            (&["for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
            (&["for=\"[2001:db8::1]\";host=\"a,b\", for=10.0.0.9"], "2001:db8::1"),
            // A proxy that states the host copies it from the client.
            (&["host=\"a;for=198.51.100.1;b, for=198.51.100.1\";for=203.0.113.7"], "203.0.113.7"),
            (&["for=203.0.113.7;host=\"a;for=198.51.100.1, for=198.51.100.1\""], "203.0.113.7"),
            (&["host=\"a\\\";for=198.51.100.1;\\\"b\";for=203.0.113.7"], "203.0.113.7"),
            (&["for=203.0.113.7;host=\"a\\\";for=198.51.100.1;\\\"b\""], "203.0.113.7"),
            (&["for=198.51.100.1, for=_hidden"], PEER),
            // The quote at the end is part of the text, so the string is not closed.
            (&["for=\"203.0.113.7\\\""], PEER),
            (&["for=198.51.100.1, proto=https"], PEER),
        ] {
            assert_eq!(client(Header::Forwarded, lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_quote_that_a_client_left_open_hides_nothing() {
        assert_eq!(client(Header::Forwarded, &["for=\"198.51.100.1, for=203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(Header::Forwarded, &["for=\"198.51.100.1", "for=203.0.113.7"]), "203.0.113.7");
    }

    #[test]
    fn a_list_without_end_is_followed_sixteen_hops() {
        let long = "10.0.0.9,".repeat(100) + "10.0.0.8";
        assert_eq!(client(Header::XForwardedFor, &[&format!("203.0.113.7,{long}")]), "10.0.0.9");
    }
}
