//! The bodies of the requests that one reading makes.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use crate::recorder::{OtlpReading, WrittenValues};

/// What stands around the metrics in each request.
#[derive(Debug)]
pub(super) struct Envelope {
    /// The field `resource` of a `ResourceMetrics`.
    resource: Vec<u8>,
    /// The field `scope` of a `ScopeMetrics`.
    scope: Vec<u8>,
    /// The most bytes of a body before it is compressed.
    limit: usize,
    gzip: bool,
}

impl Envelope {
    pub(super) fn new(resource: &Resource, scope: &InstrumentationScope, limit: usize, gzip: bool) -> Self {
        Self { resource: field(1, &resource.encode_to_vec()), scope: field(1, &scope.encode_to_vec()), limit, gzip }
    }

    /// Puts metrics into a request. The two messages around them are the only field of a request, and the second of a
    /// `ResourceMetrics`.
    fn wrap(&self, metrics: &[Vec<u8>]) -> Vec<u8> {
        let length: usize = metrics.iter().map(Vec::len).sum();
        let scope_length = self.scope.len() + length;
        let resource_length = self.resource.len() + head_len(2, scope_length) + scope_length;
        let mut body = Vec::with_capacity(head_len(1, resource_length) + resource_length);
        head(1, resource_length, &mut body);
        body.extend_from_slice(&self.resource);
        head(2, scope_length, &mut body);
        body.extend_from_slice(&self.scope);
        metrics.iter().for_each(|chunk| body.extend_from_slice(chunk));
        body
    }

    /// Returns how many bytes of metrics a request may have.
    fn room(&self) -> usize {
        /// More than the lengths and tags of the two messages.
        const HEADS: usize = 32;
        self.limit.saturating_sub(self.resource.len() + self.scope.len() + HEADS)
    }
}

/// The bodies of one reading, made one by one, so that one is held at a time.
pub(super) struct Bodies {
    reading: OtlpReading,
    envelope: Arc<Envelope>,
    /// A chunk that did not fit into the last body.
    held: Option<(Vec<u8>, WrittenValues)>,
}

/// A body, and the values that it is made of, if it has differences.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) written: WrittenValues,
}

impl Bodies {
    pub(super) fn new(reading: OtlpReading, envelope: Arc<Envelope>) -> Self {
        Self { reading, envelope, held: None }
    }

    /// Reads metrics until a body is full, and returns it with what makes those after it.
    pub(super) fn next(mut self) -> Option<(Body, Self)> {
        let time = nanos(SystemTime::now());
        let room = self.envelope.room();
        let (mut metrics, mut written, mut length) = (Vec::new(), WrittenValues::default(), 0);
        while let Some((chunk, values)) = self.held.take().or_else(|| self.reading.chunk(time)) {
            length += chunk.len();
            if length > room && !metrics.is_empty() {
                self.held = Some((chunk, values));
                break;
            }
            metrics.push(chunk);
            written.append(values);
        }
        if metrics.is_empty() {
            return None;
        }
        let body = self.envelope.wrap(&metrics);
        let bytes = if self.envelope.gzip { compress(&body) } else { body }.into();
        Some((Body { bytes, written }, self))
    }
}

/// Returns nanoseconds since 1970. A clock before 1970 is wrong, and zero is as good as any other wrong time.
fn nanos(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

fn compress(body: &[u8]) -> Vec<u8> {
    // Label texts repeat, so the fastest level takes off nine tenths.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // Writing to a `Vec` cannot fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// Writes the tag and the length of a message.
fn head(tag: u32, length: usize, out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(length as u64, out);
}

fn head_len(tag: u32, length: usize) -> usize {
    key_len(tag) + encoded_len_varint(length as u64)
}

fn field(tag: u32, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    head(tag, message.len(), &mut out);
    out.extend_from_slice(message);
    out
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, metric};

    use super::super::resource;
    use super::*;
    use crate::Recorder;

    fn recorder() -> Recorder {
        let recorder = Recorder::builder().process_metrics(false).build().unwrap();
        metrics::with_local_recorder(&recorder, || {
            for at in 0..2_000 {
                metrics::counter!("jobs_total", "queue" => format!("{at:0>64}")).increment(1);
            }
        });
        recorder
    }

    fn bodies(recorder: &Recorder, limit: usize, gzip: bool) -> Vec<Bytes> {
        let envelope = Envelope::new(&resource::resource(&[]), &resource::scope(), limit, gzip);
        let mut rest = Some(Bodies::new(recorder.otlp_reading(None), Arc::new(envelope)));
        let next = || {
            let (body, after) = rest.take()?.next()?;
            rest = Some(after);
            Some(body.bytes)
        };
        std::iter::from_fn(next).collect()
    }

    /// Returns the only resource of a body, and how many points of `jobs` it has.
    fn read(body: &[u8]) -> (ResourceMetrics, usize) {
        let mut request = ExportMetricsServiceRequest::decode(body).unwrap();
        assert_eq!(request.resource_metrics.len(), 1);
        let resource = request.resource_metrics.remove(0);
        assert_eq!(resource.scope_metrics.len(), 1);
        let jobs = resource.scope_metrics[0].metrics.iter().filter(|metric| metric.name == "jobs");
        let points = |metric: &opentelemetry_proto::tonic::metrics::v1::Metric| match metric.data.as_ref() {
            Some(metric::Data::Sum(sum)) => sum.data_points.len(),
            other => panic!("{other:?}"),
        };
        let points = jobs.map(points).sum();
        (resource, points)
    }

    #[test]
    fn a_reading_is_one_request_if_it_fits() {
        let all = bodies(&recorder(), 4 << 20, false);
        let [only] = &all[..] else { panic!("{} bodies", all.len()) };
        let (read, points) = read(only);
        assert_eq!(points, 2_000);
        assert_eq!(read.resource.unwrap(), {
            // Each resource of its own has another random id.
            let mut expected = resource::resource(&[]);
            let own =
                ExportMetricsServiceRequest::decode(&**only).unwrap().resource_metrics.remove(0).resource.unwrap();
            expected.attributes[0] = own.attributes[0].clone();
            expected
        });
        assert_eq!(read.scope_metrics[0].scope, Some(resource::scope()));
    }

    #[test]
    fn a_large_reading_is_split_and_each_point_is_sent_once() {
        let limit = 128 * 1024;
        let all = bodies(&recorder(), limit, false);
        assert!(all.len() > 1 && all.iter().all(|body| body.len() <= limit), "{}", all.len());
        assert_eq!(all.iter().map(|body| read(body).1).sum::<usize>(), 2_000);
    }

    #[test]
    fn gzip_is_the_same_body_and_smaller() {
        let recorder = recorder();
        let packed = bodies(&recorder, 4 << 20, true);
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&*packed[0]).read_to_end(&mut body).unwrap();
        assert_eq!(read(&body).1, 2_000);
        assert!(packed[0].len() * 4 < body.len(), "{} of {}", packed[0].len(), body.len());
    }
}
