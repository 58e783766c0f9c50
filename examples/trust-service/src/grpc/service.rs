//! Implements the gRPC calls. They use the same domains as the HTTP routes.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use super::proto::trust_server::Trust as Calls;
use super::proto::{
    self, SignRequest, SignResponse, UploadRequest, UploadResponse, ValidateRequest, ValidateResponse, WatchRequest,
    WatchResponse,
};
use crate::certificates::{self, SignedDocument};
use crate::documents::{self, Document, Draft, Kind, Progress};
use crate::error::ApiError;
use crate::login::Session;
use crate::state::App;

/// Largest number of documents in one upload.
const MAX_UPLOAD: usize = 100;

/// The implementation of the gRPC service.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    app: App,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Trust {
    pub(super) fn new(app: App) -> Self {
        Self { app }
    }

    /// Returns the session of the caller. Without a session the call fails.
    async fn admit<T>(&self, request: &Request<T>) -> Result<Session, ApiError> {
        self.app.faults.happen().await?;
        let header = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        Session::open_with(&self.app, header).await
    }
}

async fn validate(app: &App, tenant: &str, asked: ValidateRequest) -> Result<ValidateResponse, Status> {
    let signed = asked.signed.map(|signed| SignedDocument { document: signed.document, signature: signed.signature });
    let verdict = certificates::judge(app, tenant, asked.certificate, signed).await?;
    Ok(ValidateResponse { valid: verdict.valid, reason: verdict.reason.to_owned() })
}

#[tonic::async_trait]
impl Calls for Trust {
    async fn validate(&self, request: Request<ValidateRequest>) -> Result<Response<ValidateResponse>, Status> {
        let session = self.admit(&request).await?;
        validate(&self.app, &session.tenant, request.into_inner()).await.map(Response::new)
    }

    type ValidateEachStream = Answers<ValidateResponse>;

    async fn validate_each(
        &self,
        request: Request<Streaming<ValidateRequest>>,
    ) -> Result<Response<Self::ValidateEachStream>, Status> {
        let session = self.admit(&request).await?;
        let app = self.app.clone();
        let answers = request.into_inner().then(move |asked| {
            let (app, tenant) = (app.clone(), session.tenant.clone());
            async move { validate(&app, &tenant, asked?).await }
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn sign(&self, request: Request<SignRequest>) -> Result<Response<SignResponse>, Status> {
        let session = self.admit(&request).await?;
        let SignRequest { certificate, document } = request.into_inner();
        let signature = certificates::seal(&self.app, &session.tenant, certificate, document).await?;
        Ok(Response::new(SignResponse { signature }))
    }

    async fn upload(&self, request: Request<Streaming<UploadRequest>>) -> Result<Response<UploadResponse>, Status> {
        let session = self.admit(&request).await?;
        let mut uploads = request.into_inner();
        let mut documents = Vec::new();
        while let Some(upload) = uploads.message().await? {
            if documents.len() == MAX_UPLOAD {
                return Err(Status::resource_exhausted(format!("at most {MAX_UPLOAD} documents an upload")));
            }
            documents.push(documents::store(&self.app, &session.tenant, &draft(upload)?).await?.id);
        }
        Ok(Response::new(UploadResponse { documents }))
    }

    type WatchStream = Answers<WatchResponse>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let session = self.admit(&request).await?;
        let told = self.app.events.of(session.tenant).map(|document| Ok(told(document)));
        Ok(Response::new(Box::pin(told.take_until(self.app.stop.stopped()))))
    }
}

fn draft(upload: UploadRequest) -> Result<Draft, Status> {
    let kind = match upload.kind() {
        proto::Kind::Contract => Kind::Contract,
        proto::Kind::Invoice => Kind::Invoice,
        proto::Kind::Report => Kind::Report,
        proto::Kind::Scan => Kind::Scan,
        proto::Kind::Unspecified => return Err(Status::invalid_argument("a document has a kind")),
    };
    Ok(Draft { kind, title: upload.title, body: upload.body })
}

fn told(document: Document) -> WatchResponse {
    let processed = document.state == Progress::Processed;
    WatchResponse { document: document.id, title: document.title, processed }
}
