//! The labels of a server, which all clients share.

use super::labels;

/// How many servers the clients of one process distinguish.
pub(crate) const SERVERS: usize = 100;

labels! {
    /// The host to which a request was sent, as the program names it.
    pub capped ServerAddress: "server_address", budget = SERVERS;
    /// The port to which a request was sent or a connection was made.
    pub capped ServerPort: "server_port", budget = SERVERS;
}

/// Splits the port off an authority; the colons of an IPv6 address do not begin a port.
#[cfg(any(feature = "grpc", feature = "http", feature = "prometheus"))]
pub(crate) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        Some((host, "")) => (host, None),
        _ => (authority, None),
    }
}

#[cfg(all(test, any(feature = "grpc", feature = "http", feature = "prometheus")))]
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
