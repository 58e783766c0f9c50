//! The exposition formats that a caller can choose.

use std::sync::Arc;

use super::super::family::MetricFamily;
use super::encode::Walk;
use super::open_metrics::OpenMetrics;
use super::protobuf::Protobuf;
use super::text::Text;

/// An exposition format that Prometheus reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus text format 0.0.4.
    Text,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
    /// Protobuf: delimited messages of the type `io.prometheus.client.MetricFamily`. It is binary, and the only format
    /// with start timestamps. A large family comes in several messages.
    Protobuf,
}

impl Format {
    /// Returns the full value of the `Content-Type` header for this format.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

/// A walk in the chosen format. The `match` on the format happens once for each chunk.
pub(super) enum FormatWalk {
    Text(Walk<Text>),
    OpenMetrics(Walk<OpenMetrics>),
    Protobuf(Walk<Protobuf>),
}

impl FormatWalk {
    pub(super) fn new(format: Format, families: Vec<Arc<MetricFamily>>) -> Self {
        match format {
            Format::Text => Self::Text(Walk::new(Text, families)),
            Format::OpenMetrics => Self::OpenMetrics(Walk::new(OpenMetrics, families)),
            Format::Protobuf => Self::Protobuf(Walk::new(Protobuf, families)),
        }
    }

    /// Appends the next chunk to `out`. Returns whether more chunks are left.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Text(walk) => walk.fill(out),
            Self::OpenMetrics(walk) => walk.fill(out),
            Self::Protobuf(walk) => walk.fill(out),
        }
    }
}
