//! A measured call allocates no more than an unmeasured one.
//!
//! Handles are only kept under the recorder of the process, so this test installs one in a process of its own.

use http::Request;
use http_body_util::BodyExt;
use mme_metrics::Recorder;
use mme_metrics::grpc::GrpcServerLayer;
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::desk::{Clerk, FILE_DESCRIPTOR_SET};
use mme_metrics_tests::isolated_process::run_alone;
use prost::Message as _;
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt};

/// What tonic leaves in every request: where it came from.
#[derive(Clone)]
struct Peer;

fn request(method: &str, order: &Order) -> Request<Body> {
    let order = order.encode_to_vec();
    let prefix = u32::try_from(order.len()).unwrap().to_be_bytes();
    let body = http_body_util::Full::from([&[0], &prefix[..], &order].concat());
    let request = Request::post(format!("/desk.v1.Desk/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", "10S")
        .extension(Peer);
    request.body(Body::new(body)).unwrap()
}

/// Returns how often calls of each type allocate.
fn allocations<S, B>(service: S) -> u64
where
    S: Service<Request<Body>, Response = http::Response<B>, Error: std::fmt::Debug> + Clone,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let calls = || {
        runtime.block_on(async {
            for (method, code) in [("Ask", 0), ("Ask", 5), ("Upload", 0), ("Watch", 0), ("Talk", 13)] {
                let order = Order { code, answers: 3, size: 10, ..Order::default() };
                let response = service.clone().oneshot(request(method, &order)).await.unwrap();
                response.into_body().collect().await.unwrap();
            }
        });
    };
    calls();
    allocation_counter::measure(|| (0..100).for_each(|_| calls())).count_total
}

#[test]
fn a_measured_call_allocates_no_more_than_a_bare_one() {
    run_alone(|| {
        Recorder::builder().install().expect("nobody else installs a recorder in this process");
        let service = DeskServer::new(Clerk::default());
        let layer = GrpcServerLayer::new().descriptors(FILE_DESCRIPTOR_SET).unwrap();
        assert_eq!(allocations(layer.layer(service.clone())), allocations(service));
        let go = layer.go_names(true);
        let service = DeskServer::new(Clerk::default());
        assert_eq!(allocations(go.layer(service.clone())), allocations(service));
    });
}
