//! The gRPC calls of a user of the demo. Most succeed, and some fail or are cancelled.

use std::net::SocketAddr;

use mme_metrics::grpc::{GrpcClientLayer, GrpcClientService};
use tokio::time::sleep;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tower_layer::Layer;

use super::mix::FOLLOWS;
use crate::grpc::proto::trust_client::TrustClient;
use crate::grpc::proto::{Kind, SignRequest, UploadRequest, ValidateRequest, WatchRequest};

/// A gRPC client of the service that measures each call. Clones share a connection.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    client: TrustClient<GrpcClientService<Channel>>,
}

impl Caller {
    /// Creates a client, which connects at the first call.
    pub(super) fn new(server: SocketAddr) -> Self {
        let uri = format!("http://{server}");
        // Cannot fail: an address and a port make a valid URI.
        let endpoint = Endpoint::from_shared(uri.clone()).unwrap_or_else(|_| Endpoint::from_static("http://[::1]"));
        Self { client: TrustClient::new(GrpcClientLayer::new(&uri).layer(endpoint.connect_lazy())) }
    }

    pub(super) async fn validate(mut self, token: &str, certificate: i64) -> Result<(), Status> {
        self.client.validate(with_token(token, asked(certificate))?).await.map(drop)
    }

    /// Validates a certificate `times` times on one stream.
    pub(super) async fn validate_each(mut self, token: &str, certificate: i64, times: usize) -> Result<(), Status> {
        let asked = futures_util::stream::iter(vec![asked(certificate); times]);
        let mut verdicts = self.client.validate_each(with_token(token, asked)?).await?.into_inner();
        while verdicts.message().await?.is_some() {}
        Ok(())
    }

    pub(super) async fn sign(mut self, token: &str, certificate: i64, document: i64) -> Result<(), Status> {
        self.client.sign(with_token(token, SignRequest { certificate, document })?).await.map(drop)
    }

    /// Stores documents, and returns their numbers.
    pub(super) async fn upload(mut self, token: &str, titles: Vec<String>) -> Result<Vec<i64>, Status> {
        let upload =
            |title: String| UploadRequest { kind: Kind::Report.into(), body: format!("About {title}."), title };
        let uploads = futures_util::stream::iter(titles.into_iter().map(upload));
        Ok(self.client.upload(with_token(token, uploads)?).await?.into_inner().documents)
    }

    /// Follows the documents of the tenant for a while, and then cancels the call.
    pub(super) async fn watch(mut self, token: &str) -> Result<(), Status> {
        let told = self.client.watch(with_token(token, WatchRequest {})?).await?;
        sleep(FOLLOWS).await;
        drop(told);
        Ok(())
    }
}

fn asked(certificate: i64) -> ValidateRequest {
    ValidateRequest { certificate, signed: None }
}

fn with_token<T>(token: &str, message: T) -> Result<Request<T>, Status> {
    let bearer = MetadataValue::try_from(format!("Bearer {token}"));
    let mut request = Request::new(message);
    let bearer = bearer.map_err(|_| Status::internal("the service gave a token that no header can hold"))?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(request)
}
