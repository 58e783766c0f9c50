//! The names by which a listener may be asked, against DNS rebinding.
//!
//! A page in a browser can make its own domain name resolve to an address of this machine. The browser then takes what a listener
//! answers for the page's own, and lets the page read it. The browser still sends the page's name, so a listener refuses names
//! that are not its own.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::{Request, header};

use crate::label::split_port;

/// The names that a listener accepts. A router of another server accepts all.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    /// The names that the service allows, in lower case.
    named: Vec<Box<str>>,
    /// Whether other names are refused.
    is_closed: bool,
    /// Whether the names of this machine are accepted too.
    is_local: bool,
}

impl Hosts {
    pub(super) fn allow(&mut self, name: &str) {
        self.named.push(normal(name).into());
    }

    /// Begins to check, for a listener at this address.
    pub(super) fn enforce(&mut self, address: SocketAddr) {
        self.is_local = address.ip().is_loopback();
        self.is_closed = self.is_local || !self.named.is_empty();
    }

    /// Returns whether a request asks for a name that is accepted.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> bool {
        if !self.is_closed {
            return true;
        }
        let mut headers = request.headers().get_all(header::HOST).iter();
        let header = headers.next();
        if headers.next().is_some() {
            return false;
        }
        // A request without a name does not come from a page.
        let by_header = header.is_none_or(|name| name.to_str().is_ok_and(|name| self.has(name)));
        by_header && request.uri().authority().is_none_or(|authority| self.has(authority.as_str()))
    }

    fn has(&self, authority: &str) -> bool {
        let name = normal(authority);
        self.named.iter().any(|known| **known == *name) || (self.is_local && is_local(&name))
    }
}

/// Returns the host of an authority, in lower case.
fn normal(authority: &str) -> String {
    let (host, _) = split_port(authority);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Returns whether this can be the name of this machine: an address, or a name without a dot, which is not in the public DNS.
fn is_local(name: &str) -> bool {
    let is_address = name.parse::<IpAddr>().is_ok()
        || name.strip_prefix('[').and_then(|name| name.strip_suffix(']')?.parse::<Ipv6Addr>().ok()).is_some();
    is_address || !name.contains('.') || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(hosts: &Hosts, names: &[&str]) -> bool {
        let request = names.iter().fold(Request::get("/metrics"), |request, name| request.header(header::HOST, *name));
        hosts.admit(&request.body(()).expect("a request"))
    }

    fn at(address: &str, allowed: &[&str]) -> Hosts {
        let mut hosts = Hosts::default();
        allowed.iter().for_each(|name| hosts.allow(name));
        hosts.enforce(address.parse().expect("an address"));
        hosts
    }

    #[test]
    fn a_listener_at_loopback_answers_to_its_own_names() {
        for address in ["127.0.0.1:9464", "[::1]:9464"] {
            let hosts = at(address, &[]);
            for own in [
                "localhost",
                "LOCALHOST:9464",
                "localhost.",
                "127.0.0.1:9464",
                "[::1]:9464",
                "[::1]",
                "localhost:",
                "api.localhost:1",
                "",
            ] {
                assert!(admits(&hosts, &[own]), "{own}");
            }
            for foreign in
                ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example", "a.b:c"]
            {
                assert!(!admits(&hosts, &[foreign]), "{foreign}");
            }
            assert!(!admits(&hosts, &["localhost", "localhost"]));
            assert!(admits(&hosts, &[]));
        }
    }

    #[test]
    fn a_name_that_is_allowed_is_added_at_loopback_and_the_only_one_elsewhere() {
        let (local, public) = (at("127.0.0.1:1", &["Metrics.Example"]), at("0.0.0.0:1", &["Metrics.Example"]));
        for hosts in [&local, &public] {
            assert!(admits(hosts, &["metrics.example:1"]) && !admits(hosts, &["evil.example"]));
        }
        assert!(admits(&local, &["localhost"]) && !admits(&public, &["localhost"]));
        assert!(admits(&at("0.0.0.0:1", &[]), &["evil.example"]));
    }

    #[test]
    fn the_name_in_the_target_counts_too() {
        let request =
            |target: &str| Request::get(target).header(header::HOST, "localhost").body(()).expect("a request");
        let hosts = at("127.0.0.1:1", &[]);
        assert!(hosts.admit(&request("http://localhost/metrics")));
        assert!(!hosts.admit(&request("http://evil.example/metrics")));
    }

    #[test]
    fn a_router_answers_to_every_name() {
        assert!(admits(&Hosts::default(), &["evil.example"]));
    }
}
