//! Servers as clients name them, whatever they speak to them.

use super::labels;

/// Servers that one process tells apart as a client.
pub(crate) const SERVERS: usize = 100;

labels! {
    /// The host a request was sent to, as the program named it.
    pub capped ServerAddress: "server_address", budget = SERVERS;
}

/// Splits a port off an authority, minding that an IPv6 address has colons of its own.
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        Some((host, "")) => (host, None),
        _ => (authority, None),
    }
}

#[cfg(all(test, any(feature = "grpc", feature = "http")))]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_split_off_names_and_addresses() {
        assert_eq!(split_port("example.com"), ("example.com", None));
        assert_eq!(split_port("example.com:8443"), ("example.com", Some("8443")));
        assert_eq!(split_port("[::1]"), ("[::1]", None));
        assert_eq!(split_port("[::1]:80"), ("[::1]", Some("80")));
        assert_eq!(split_port("example.com:"), ("example.com", None));
    }
}
