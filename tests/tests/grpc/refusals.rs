//! Calls that something else than the handler refuses, on a real tonic server: the layer counts what the client is told, as long as
//! it stands outside of what refuses.

use std::time::Duration;

use mme_metrics::grpc::{CallType, GrpcCode, GrpcServerLayer};
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::desk::{Clerk, FILE_DESCRIPTOR_SET};
use mme_metrics_tests::grpc::{Calls, method};
use tonic::service::{InterceptorLayer, RecoverErrorLayer, Routes};
use tonic::transport::Server;
use tonic::{Code, Request, Status};
use tower::ServiceBuilder;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

use crate::layer;
use crate::wire::Wire;

const ASK: &str = "desk.v1.Desk/Ask";

fn refuse(_: Request<()>) -> Result<Request<()>, Status> {
    Err(Status::unauthenticated("on purpose"))
}

/// Requires that the server counted one call of `Ask` that ended with `code`, and what else there may be.
#[track_caller]
fn counted(wire: &Wire, code: GrpcCode) {
    Calls::new(method(ASK), CallType::Unary, code, 1).expect(wire.emission.expect()).among_others();
}

async fn ask(wire: &Wire) -> Code {
    let mut client = DeskClient::new(wire.channel().await);
    client.ask(Order { size: 100, ..Order::default() }).await.map_or_else(|status| status.code(), |_| Code::Ok)
}

fn routes() -> Routes {
    Routes::new(DeskServer::new(Clerk::default()))
}

#[tokio::test]
async fn an_interceptor_below_the_layer_refuses_what_is_counted() {
    let wire = Wire::serve_routes(Routes::new(DeskServer::with_interceptor(Clerk::default(), refuse))).await;
    assert_eq!(ask(&wire).await, Code::Unauthenticated);
    counted(&wire, GrpcCode::Unauthenticated);
    let wire = Wire::listen(|incoming| {
        let mut server = Server::builder().layer(layer()).layer(InterceptorLayer::new(refuse));
        server.add_routes(routes()).serve_with_incoming(incoming)
    });
    let wire = wire.await;
    assert_eq!(ask(&wire).await, Code::Unauthenticated);
    counted(&wire, GrpcCode::Unauthenticated);
}

#[tokio::test]
async fn a_message_over_a_limit_of_the_server_is_out_of_range() {
    let desk = || DeskServer::new(Clerk::default());
    for desk in [desk().max_decoding_message_size(1), desk().max_encoding_message_size(1)] {
        let wire = Wire::serve(desk).await;
        assert_eq!(ask(&wire).await, Code::OutOfRange);
        counted(&wire, GrpcCode::OutOfRange);
    }
}

#[tokio::test]
async fn load_that_is_shed_below_the_layer_is_what_the_client_is_told() {
    let wire = Wire::listen(|incoming| {
        let limits = ServiceBuilder::new()
            .layer(layer())
            .layer(RecoverErrorLayer::new())
            .layer(LoadShedLayer::new())
            .layer(ConcurrencyLimitLayer::new(0));
        Server::builder().layer(limits).add_routes(routes()).serve_with_incoming(incoming)
    });
    let wire = wire.await;
    assert_eq!(ask(&wire).await, Code::ResourceExhausted);
    counted(&wire, GrpcCode::ResourceExhausted);
}

#[tokio::test]
async fn load_that_is_shed_without_recovery_is_the_same() {
    // tonic's builder recovers from the error, outside of all layers.
    let wire = Wire::listen(|incoming| {
        let limits =
            ServiceBuilder::new().layer(layer()).layer(LoadShedLayer::new()).layer(ConcurrencyLimitLayer::new(0));
        Server::builder().layer(limits).add_routes(routes()).serve_with_incoming(incoming)
    });
    let wire = wire.await;
    assert_eq!(ask(&wire).await, Code::ResourceExhausted);
    counted(&wire, GrpcCode::ResourceExhausted);
}

#[tokio::test]
async fn the_timeout_of_the_builder_is_cancelled_as_the_client_is_told() {
    let wire = Wire::listen(|incoming| {
        let mut server = Server::builder().timeout(Duration::from_millis(20)).layer(layer());
        server.add_routes(routes()).serve_with_incoming(incoming)
    });
    let wire = wire.await;
    let mut client = DeskClient::new(wire.channel().await);
    let endless = Order { endless: true, ..Order::default() };
    let status = client.ask(endless).await.unwrap_err();
    assert_eq!(status.code(), Code::Cancelled);
    counted(&wire, GrpcCode::Cancelled);
}

#[tokio::test]
async fn what_the_builder_itself_refuses_does_not_reach_the_layer() {
    let wire = Wire::listen(|incoming| {
        let layer = GrpcServerLayer::new().descriptors(FILE_DESCRIPTOR_SET).unwrap();
        let mut server = Server::builder().load_shed(true).concurrency_limit_per_connection(0).layer(layer);
        server.add_routes(routes()).serve_with_incoming(incoming)
    });
    let wire = wire.await;
    assert_eq!(ask(&wire).await, Code::ResourceExhausted);
    Calls::new(method(ASK), CallType::Unary, GrpcCode::ResourceExhausted, 0)
        .expect(wire.emission.expect())
        .among_others();
}
