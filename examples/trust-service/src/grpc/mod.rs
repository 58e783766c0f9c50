//! The gRPC interface for machines, on its own port, with health checks and reflection.
//!
//! One line measures it: the layer in [`serve`]. Its metrics are at `/metrics` with all others.

mod service;
mod status;

use std::error::Error;
use std::net::SocketAddr;

use mme_metrics::connection::MeasuredListener;
use mme_metrics::grpc::GrpcServerLayer;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic_health::pb::FILE_DESCRIPTOR_SET as HEALTH;
use tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET as REFLECTION;

use self::proto::trust_server::TrustServer;
use self::service::Trust;
use crate::state::App;

/// The code that the build generates from `proto/trust.proto`.
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::pedantic, reason = "it is generated")]
pub(crate) mod proto {
    tonic::include_proto!("trust.v1");
}

const TRUST: &[u8] = tonic::include_file_descriptor_set!("trust.v1");

/// Returns the layer that measures the calls. It takes the list of methods from the descriptors. A call of any other
/// method gets the label value `_OTHER`.
pub(crate) fn measured() -> Result<GrpcServerLayer, Box<dyn Error>> {
    Ok(GrpcServerLayer::new().descriptors(TRUST)?.descriptors(HEALTH)?.descriptors(REFLECTION)?)
}

/// Serves until `stopping`. From `draining` on, the health check says that the service does not serve.
pub(crate) async fn serve(
    listener: TcpListener,
    app: App,
    measured: GrpcServerLayer,
    draining: impl Future<Output = ()>,
    stopping: impl Future<Output = ()>,
) -> Result<(), Box<dyn Error>> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<TrustServer<Trust>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(TRUST)
        .register_encoded_file_descriptor_set(HEALTH)
        .build_v1()?;
    let going_down = async move {
        draining.await;
        // Load balancers that check the health send no more requests.
        health.set_not_serving::<TrustServer<Trust>>().await;
        stopping.await;
    };
    Server::builder()
        .layer(measured)
        .add_service(health_service)
        .add_service(reflection)
        .add_service(TrustServer::new(Trust::new(app)))
        .serve_with_incoming_shutdown(MeasuredListener::new("grpc", listener)?, going_down)
        .await?;
    Ok(())
}

/// Returns instructions for trying the interface.
pub(crate) fn try_it(address: SocketAddr) -> String {
    format!(
        r#"  grpcurl -plaintext -H "authorization: Bearer $TOKEN" -d '{{"certificate":1}}' {address} trust.v1.Trust/Validate"#
    )
}
