//! The protocol, and where it is spoken.

use reqwest::Url;

use crate::probe::http_url;

/// How an [`OtlpExporter`](super::OtlpExporter) speaks to its receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OtlpProtocol {
    /// Protobuf over HTTP, which passes through every proxy: the default. Its receivers listen on the port 4318.
    #[default]
    HttpProtobuf,
    /// gRPC: protobuf over HTTP/2, without encryption if the URL begins with `http`. Its receivers listen on the port 4317.
    Grpc,
}

/// Where the receiver is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OtlpEndpoint {
    /// The URL that HTTP requests are sent to.
    Exact(Url),
    /// The URL of a receiver of all signals, which has a path for metrics.
    Base(Url),
}

impl OtlpProtocol {
    /// Returns the URL of each request; the default without an endpoint.
    pub(super) fn url(self, endpoint: Option<OtlpEndpoint>) -> Option<Url> {
        match (self, endpoint) {
            (Self::HttpProtobuf, None) => parse_url("http://localhost:4318/v1/metrics"),
            (Self::HttpProtobuf, Some(OtlpEndpoint::Exact(url))) => Some(url),
            (Self::HttpProtobuf, Some(OtlpEndpoint::Base(url))) => Some(below(url, ["v1", "metrics"])),
            (Self::Grpc, None) => Self::Grpc.url(parse_url("http://localhost:4317").map(OtlpEndpoint::Base)),
            (Self::Grpc, Some(OtlpEndpoint::Exact(url) | OtlpEndpoint::Base(url))) => {
                Some(below(url, ["opentelemetry.proto.collector.metrics.v1.MetricsService", "Export"]))
            }
        }
    }
}

/// Parses the absolute URL of an HTTP server.
pub(super) fn parse_url(text: &str) -> Option<Url> {
    http_url(text.trim())
}

fn below(mut url: Url, path: [&str; 2]) -> Url {
    // A URL of HTTP has a path, so there is no error.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_port_and_its_path() {
        let url = |protocol: OtlpProtocol, endpoint| protocol.url(endpoint).unwrap().to_string();
        let (exact, base) = (OtlpEndpoint::Exact, OtlpEndpoint::Base);
        let parse = |text| parse_url(text).unwrap();
        let http = OtlpProtocol::HttpProtobuf;
        assert_eq!(url(http, None), "http://localhost:4318/v1/metrics");
        assert_eq!(url(http, Some(exact(parse("https://a/b")))), "https://a/b");
        assert_eq!(url(http, Some(base(parse("https://a/b/")))), "https://a/b/v1/metrics");
        let call = "opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
        assert_eq!(url(OtlpProtocol::Grpc, None), format!("http://localhost:4317/{call}"));
        assert_eq!(url(OtlpProtocol::Grpc, Some(base(parse("http://a:1")))), format!("http://a:1/{call}"));
        assert_eq!(url(OtlpProtocol::Grpc, Some(exact(parse("http://a/b")))), format!("http://a/b/{call}"));
    }
}
