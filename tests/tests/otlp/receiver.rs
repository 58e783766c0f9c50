//! A receiver of OTLP on loopback that answers as a test tells it, and keeps what it has accepted.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use mme_metrics::otlp::{OtlpExporter, OtlpExporterBuilder};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use prost::Message as _;

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// An answer of the receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// Accepts the request.
    Accept,
    /// Accepts it, but for so many data points.
    Partial(i64),
    /// A status without a body, with these header lines.
    Status(u16, &'static str),
    /// The page of another server, with the status 200.
    Page,
    /// A status of success, and a body without an end.
    Endless,
    /// No answer. It waits until the exporter hangs up.
    Never,
    /// A connection that is closed without an answer.
    Close,
}

/// A request that was answered, or is never.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// The first line.
    pub(crate) line: String,
    /// Headers by name, in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) metrics: ExportMetricsServiceRequest,
    /// Whether the receiver has taken over what it says.
    pub(crate) is_accepted: bool,
}

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Reply>,
    received: Vec<ReceivedRequest>,
    /// How many exporters hung up while they waited for an answer.
    gone: usize,
}

#[derive(Debug, Default)]
struct SharedState {
    state: Mutex<State>,
    changed: Condvar,
    stopped: AtomicBool,
}

/// The receiver. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<SharedState>,
}

impl Receiver {
    /// Starts one that gives these answers, and then accepts everything.
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(SharedState::default());
        shared.state.lock().unwrap().replies.extend(replies);
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if of_thread.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&of_thread);
                // An exporter that hangs up is part of the tests.
                thread::spawn(move || serve(connection, &shared));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives these answers next.
    pub(crate) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.state.lock().unwrap().replies.extend(replies);
    }

    /// Returns an exporter that exports only when it is asked to.
    pub(crate) fn exporter(&self) -> OtlpExporterBuilder {
        let url = format!("{}/v1/metrics", self.url());
        OtlpExporter::builder().endpoint(&url).unwrap().interval(Duration::from_hours(1))
    }

    pub(crate) fn received(&self) -> Vec<ReceivedRequest> {
        self.shared.state.lock().unwrap().received.clone()
    }

    /// Waits until so many requests have arrived.
    pub(crate) fn wait_for(&self, requests: usize) {
        self.wait(|state| state.received.len() >= requests);
    }

    /// Waits until so many exporters have hung up while they waited for an answer.
    pub(crate) fn wait_for_gone(&self, exporters: usize) {
        self.wait(|state| state.gone >= exporters);
    }

    fn wait(&self, holds: impl Fn(&State) -> bool) {
        let state = self.shared.state.lock().unwrap();
        let (state, result) = self.shared.changed.wait_timeout_while(state, PATIENCE, |state| !holds(state)).unwrap();
        assert!(!result.timed_out(), "{:#?}", state.received.len());
    }

    /// Returns the sum of the last accepted values of a metric's series.
    pub(crate) fn total(&self, name: &str) -> i64 {
        let mut last = BTreeMap::new();
        for request in self.received().iter().filter(|request| request.is_accepted) {
            for (attributes, value) in request.integers(name) {
                last.insert(attributes, value);
            }
        }
        last.values().sum()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        let _ = TcpStream::connect(self.address);
    }
}

impl ReceivedRequest {
    /// Lists the metrics of all its messages.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Metric> {
        let scopes = self.metrics.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        scopes.flat_map(|scope| &scope.metrics)
    }

    /// Returns the integers of a counter, by the text of their attributes.
    pub(crate) fn integers(&self, name: &str) -> Vec<(String, i64)> {
        let sums = self.all().filter(|metric| metric.name == name).map(|metric| match &metric.data {
            Some(metric::Data::Sum(sum)) => sum,
            other => panic!("{other:?}"),
        });
        let points = sums.flat_map(|sum| &sum.data_points);
        let value = |value| match value {
            Some(number_data_point::Value::AsInt(value)) => value,
            other => panic!("{other:?}"),
        };
        points.map(|point| (format!("{:?}", text(&point.attributes)), value(point.value))).collect()
    }

    /// Returns the attributes of the resource.
    pub(crate) fn resource(&self) -> BTreeMap<String, String> {
        let resource = self.metrics.resource_metrics[0].resource.as_ref().expect("there is a resource");
        text(&resource.attributes).into_iter().collect()
    }
}

/// Returns attributes as text.
pub(crate) fn text(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let value = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.clone()) {
        Some(any_value::Value::StringValue(value)) => value,
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), value(attribute))).collect()
}

/// Answers the requests of one connection.
fn serve(connection: TcpStream, shared: &SharedState) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut writer = connection;
    loop {
        let (line, headers, metrics) = request(&mut reader)?;
        let reply = shared.state.lock().unwrap().replies.pop_front().unwrap_or(Reply::Accept);
        let is_accepted = matches!(reply, Reply::Accept | Reply::Partial(_));
        shared.state.lock().unwrap().received.push(ReceivedRequest { line, headers, metrics, is_accepted });
        shared.changed.notify_all();
        answer(reply, &mut writer, &mut reader, shared)?;
    }
}

/// Reads a request.
fn request(
    reader: &mut BufReader<TcpStream>,
) -> Option<(String, BTreeMap<String, String>, ExportMetricsServiceRequest)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let line = lines.remove(0);
    let headers: BTreeMap<_, _> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers["content-length"].parse().expect("a length is a number")];
    reader.read_exact(&mut body).ok()?;
    if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain).expect("the body is gzip");
        body = plain;
    }
    let metrics = ExportMetricsServiceRequest::decode(&*body).expect("the body is a request");
    Some((line, headers, metrics))
}

/// Answers a request. Returns `None` if the connection ends with it.
fn answer(reply: Reply, writer: &mut TcpStream, reader: &mut BufReader<TcpStream>, shared: &SharedState) -> Option<()> {
    let send = |writer: &mut TcpStream, status: u16, headers: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        writer.write_all(&[head.as_bytes(), body].concat()).ok()
    };
    let protobuf = "Content-Type: application/x-protobuf\r\n";
    match reply {
        Reply::Accept => send(writer, 200, protobuf, b""),
        Reply::Partial(rejected_data_points) => {
            let error_message = "out of order".to_owned();
            let partial_success = Some(ExportMetricsPartialSuccess { rejected_data_points, error_message });
            send(writer, 200, protobuf, &ExportMetricsServiceResponse { partial_success }.encode_to_vec())
        }
        Reply::Status(status, headers) => send(writer, status, headers, b""),
        Reply::Page => send(writer, 200, "Content-Type: text/html\r\n", b"<html>Log in</html>"),
        Reply::Endless => {
            let head = format!("HTTP/1.1 200 x\r\n{protobuf}Transfer-Encoding: chunked\r\n\r\n");
            writer.write_all(head.as_bytes()).ok()?;
            let part = [format!("{:x}\r\n", 1 << 12).into_bytes(), vec![b'x'; 1 << 12], b"\r\n".to_vec()].concat();
            while writer.write_all(&part).is_ok() {}
            hung_up(shared)
        }
        Reply::Never => {
            // Nothing else comes on this connection, so this ends when it is closed.
            let _ = reader.read(&mut [0]);
            hung_up(shared)
        }
        Reply::Close => None,
    }
}

fn hung_up(shared: &SharedState) -> Option<()> {
    shared.state.lock().unwrap().gone += 1;
    shared.changed.notify_all();
    None
}
