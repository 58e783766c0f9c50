//! Exports by gRPC, to a receiver on tonic.

use std::collections::VecDeque;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mme_metrics::Recorder;
use mme_metrics::otlp::{OtlpExportError, OtlpExporter, OtlpExporterBuilder, OtlpProtocol};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};

use crate::receiver::{Receiver, Reply};

/// Longer than any test.
const LONG: Duration = Duration::from_mins(5);

/// How the receiver ends a call.
enum End {
    Refused(Status),
    Partial(i64),
    Never,
}

/// The receiver. It ends calls as it was told to, and then accepts everything.
#[derive(Clone, Default)]
struct Calls {
    ends: Arc<Mutex<VecDeque<End>>>,
    received: Arc<Mutex<Vec<(MetadataMap, ExportMetricsServiceRequest)>>>,
}

#[tonic::async_trait]
impl MetricsService for Calls {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (metadata, _, metrics) = request.into_parts();
        self.received.lock().unwrap().push((metadata, metrics));
        let end = self.ends.lock().unwrap().pop_front();
        let partial_success = match end {
            Some(End::Refused(status)) => return Err(status),
            Some(End::Never) => pending().await,
            Some(End::Partial(rejected_data_points)) => {
                Some(ExportMetricsPartialSuccess { rejected_data_points, error_message: "too old".to_owned() })
            }
            None => None,
        };
        Ok(Response::new(ExportMetricsServiceResponse { partial_success }))
    }
}

impl Calls {
    /// Serves on a free port, on the runtime of the test.
    fn start(ends: impl IntoIterator<Item = End>) -> (Self, SocketAddr) {
        let calls = Self { ends: Arc::new(Mutex::new(ends.into_iter().collect())), ..Self::default() };
        let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port is free");
        let address = incoming.local_addr().expect("it is bound");
        let service = MetricsServiceServer::new(calls.clone()).accept_compressed(CompressionEncoding::Gzip);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        (calls, address)
    }

    fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    /// Returns the value of a counter without labels in the last call.
    fn last(&self, name: &str) -> i64 {
        let received = self.received.lock().unwrap();
        let (_, metrics) = received.last().expect("there was a call");
        let scopes = metrics.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        let metric = scopes.flat_map(|scope| &scope.metrics).find(|metric| metric.name == name);
        let Some(metric::Data::Sum(sum)) = &metric.expect("it was sent").data else { panic!("{metric:?}") };
        match sum.data_points[0].value {
            Some(number_data_point::Value::AsInt(value)) => value,
            other => panic!("{other:?}"),
        }
    }
}

fn exporter(address: SocketAddr) -> OtlpExporterBuilder {
    let builder = OtlpExporter::builder().endpoint(&format!("http://{address}")).unwrap();
    builder.protocol(OtlpProtocol::Grpc).interval(Duration::from_hours(1)).timeout(LONG)
}

fn count(recorder: &Recorder) {
    metrics::with_local_recorder(recorder, || metrics::counter!("jobs_total").increment(3));
}

/// Exports to a receiver that ends calls like this and returns the result. Counts before, and once more after it, and asserts that
/// nothing is lost or counted twice.
async fn export(timeout: Duration, ends: impl IntoIterator<Item = End>) -> (Calls, Result<u64, OtlpExportError>) {
    let ((calls, address), recorder) = (Calls::start(ends), Recorder::builder().build().unwrap());
    let exporter = exporter(address).timeout(timeout).start(&recorder).unwrap();
    count(&recorder);
    let result = exporter.flush().await.map(|exported| exported.rejected_data_points());
    let asked = calls.count();
    count(&recorder);
    assert_eq!(exporter.shutdown().await.unwrap().requests(), 1);
    assert_eq!((calls.last("jobs"), calls.count()), (6, asked + 1));
    (calls, result)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_the_metrics_the_headers_and_the_compression_that_are_set() {
    for gzip in [false, true] {
        let ((calls, address), recorder) = (Calls::start([]), Recorder::builder().build().unwrap());
        let builder = exporter(address).gzip(gzip).header("authorization", "Bearer secret").unwrap();
        let exporter = builder.start(&recorder).unwrap();
        count(&recorder);
        let exported = exporter.shutdown().await.unwrap();
        assert_eq!((exported.requests(), exported.rejected_data_points(), calls.last("jobs")), (1, 0, 3));
        let received = calls.received.lock().unwrap();
        let (metadata, _) = &received[0];
        assert_eq!(metadata.get("authorization").unwrap(), "Bearer secret");
        assert_eq!(metadata.get("grpc-encoding").is_some_and(|encoding| encoding == "gzip"), gzip);
        assert!(metadata.get("user-agent").unwrap().to_str().unwrap().starts_with("mme-metrics/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_may_pass_is_tried_again_and_another_is_not() {
    for code in (1..17).map(Code::from) {
        let (calls, result) = export(LONG, [End::Refused(Status::new(code, "no"))]).await;
        let is_retried = matches!(
            code,
            Code::Cancelled
                | Code::DeadlineExceeded
                | Code::Aborted
                | Code::OutOfRange
                | Code::Unavailable
                | Code::DataLoss
        );
        let expected = if is_retried { Ok(0) } else { Err(OtlpExportError::GrpcStatus(code as u16)) };
        assert_eq!((result, calls.count()), (expected, 2 + usize::from(is_retried)), "{code:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_receiver_says_when_it_has_room() {
    /// `google.rpc.Status` with a `RetryInfo` of so many seconds.
    fn exhausted(seconds: u8) -> End {
        let delay = [8, seconds];
        let info = [&[10, 2][..], &delay].concat();
        let url = b"type.googleapis.com/google.rpc.RetryInfo";
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
        let any = [&[10, length(url)][..], url, &[18, length(&info)], &info].concat();
        let status = [&[8, 8, 26, length(&any)][..], &any].concat();
        End::Refused(Status::with_details(Code::ResourceExhausted, "full", status.into()))
    }
    let (calls, result) = export(LONG, [exhausted(0)]).await;
    assert_eq!((result, calls.count()), (Ok(0), 3));
    // It asks for more time than there is.
    let (calls, result) = export(Duration::from_secs(20), [exhausted(100)]).await;
    assert_eq!((result, calls.count()), (Err(OtlpExportError::GrpcStatus(8)), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_are_refused_are_counted() {
    let (_, result) = export(LONG, [End::Partial(7)]).await;
    assert_eq!(result, Ok(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_end_ends_at_the_timeout() {
    let (_, result) = export(Duration::from_millis(400), [End::Never]).await;
    assert_eq!(result, Err(OtlpExportError::TimedOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_receiver_is_named() {
    let recorder = Recorder::builder().build().unwrap();
    let short = |address: SocketAddr| exporter(address).timeout(Duration::from_millis(400)).start(&recorder).unwrap();
    // HTTP/1 only.
    let http = Receiver::start([Reply::Page]);
    let error = short(http.url()["http://".len()..].parse().unwrap()).shutdown().await.unwrap_err();
    assert!(matches!(error, OtlpExportError::Connection(_) | OtlpExportError::TimedOut), "{error}");

    // gRPC, without this service.
    let (_, health) = tonic_health::server::health_reporter();
    let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = incoming.local_addr().unwrap();
    tokio::spawn(tonic::transport::Server::builder().add_service(health).serve_with_incoming(incoming));
    let error = short(address).shutdown().await.unwrap_err();
    assert_eq!(error, OtlpExportError::GrpcStatus(Code::Unimplemented as u16));

    // HTTP/2, and no gRPC.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let page = axum::Router::new().fallback(async || axum::response::Html("<html>Log in</html>"));
    tokio::spawn(async move { axum::serve(listener, page).await });
    let error = short(address).shutdown().await.unwrap_err();
    assert_eq!(error, OtlpExportError::Answer);
}
