//! A real tonic server over HTTP/2: every type of call, every code, and outcomes that need a connection.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use mme_metrics::grpc::{CallType, GRPC, GrpcCode, GrpcRequestBody, GrpcServerLayer, GrpcServerService};
use mme_metrics::testing::Emission;
use mme_metrics::{Recorder, metrics};
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::desk::proto::{Answer, Order};
use mme_metrics_tests::desk::{Clerk, METHODS};
use mme_metrics_tests::grpc::{Calls, messages, method, streams};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::StdError;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Status, Streaming};
use tower::Service;

use crate::layer;

/// A server on a port of its own, on the thread of the test, whose recorder sees all that happens on it.
pub(crate) struct Wire {
    pub(crate) emission: Emission,
    pub(crate) address: SocketAddr,
    _recorded: metrics::LocalRecorderGuard<'static>,
}

impl Wire {
    /// Serves one service behind the layer.
    pub(crate) async fn serve<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + NamedService,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self::serve_routes(Routes::new(service)).await
    }

    pub(crate) async fn serve_routes(routes: Routes) -> Self {
        Self::listen(|incoming| Server::builder().layer(layer()).add_routes(routes).serve_with_incoming(incoming)).await
    }

    /// Serves one service behind a layer that knows no method. Methods are registered for the whole process, so the paths of
    /// the tests are not those of the service.
    pub(crate) async fn unregistered<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + NamedService,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        let renamed = tower::ServiceBuilder::new()
            .map_request(rename::<Body>)
            .layer(GrpcServerLayer::new())
            .map_request(restore::<GrpcRequestBody<Body>>);
        Self::listen(|incoming| {
            Server::builder().layer(renamed).add_routes(Routes::new(service)).serve_with_incoming(incoming)
        })
        .await
    }

    /// Serves one service that nobody measures.
    pub(crate) async fn bare<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + NamedService,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self::listen(|incoming| Server::builder().add_service(service).serve_with_incoming(incoming)).await
    }

    /// Serves what `serve` makes of a listener.
    pub(crate) async fn listen<F>(serve: impl FnOnce(TcpListenerStream) -> F) -> Self
    where
        F: Future<Output = Result<(), tonic::transport::Error>> + Send + 'static,
    {
        let emission = Emission::new();
        // Leaked, because tasks that outlive this keep recording; a test has few.
        let recorder: &'static Recorder = Box::leak(Box::new(emission.recorder().clone()));
        let recorded = metrics::set_default_local_recorder(recorder);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(TcpListenerStream::new(listener)));
        Self { emission, address, _recorded: recorded }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap()
    }

    pub(crate) async fn channel(&self) -> Channel {
        self.endpoint().connect().await.unwrap()
    }
}

/// Replaces the name of the service in the path.
fn replace<B>(mut request: Request<B>, name: &str, by: &str) -> Request<B> {
    *request.uri_mut() = request.uri().to_string().replace(name, by).parse().unwrap();
    request
}

fn rename<B>(request: Request<B>) -> Request<B> {
    replace(request, "desk.v1.Desk", "unregistered.v1.Desk")
}

fn restore<B>(request: Request<B>) -> Request<B> {
    replace(request, "unregistered.v1.Desk", "desk.v1.Desk")
}

/// Reads answers to their end; returns how many came, and the error behind them.
pub(crate) async fn drain(mut answers: Streaming<Answer>) -> (u64, Option<Status>) {
    let mut count = 0;
    loop {
        match answers.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, None),
            Err(status) => return (count, Some(status)),
        }
    }
}

/// Calls a method with one order, and returns the answers and the code that the client was told.
pub(crate) async fn order<T>(client: &mut DeskClient<T>, call_type: CallType, order: Order) -> (u64, i32)
where
    T: GrpcService<Body, Error: Into<StdError>>,
    T::ResponseBody: http_body::Body<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    let orders = tokio_stream::iter([order.clone()]);
    let code = |error: Option<Status>| error.map_or(0, |status| status.code() as i32);
    let streamed = match call_type {
        CallType::Unary => return client.ask(order).await.map_or_else(|status| (0, code(Some(status))), |_| (1, 0)),
        CallType::ClientStream => {
            return client.upload(orders).await.map_or_else(|status| (0, code(Some(status))), |_| (1, 0));
        }
        CallType::ServerStream => client.watch(order).await,
        _ => client.talk(orders).await,
    };
    let (count, error) = drain(streamed.unwrap().into_inner()).await;
    (count, code(error))
}

#[tokio::test]
async fn the_server_counts_what_the_client_is_told() {
    let wire = Wire::serve(DeskServer::new(Clerk::default())).await;
    let mut client = DeskClient::new(wire.channel().await);
    let mut expectation = wire.emission.expect();
    for (name, call_type) in METHODS {
        let mut sent = 0;
        for code in GrpcCode::ALL {
            let (count, told) = order(&mut client, call_type, Order { answers: 3, ..Order::event(code) }).await;
            assert_eq!(told, code as i32, "{name}");
            sent += count;
            expectation = Calls::new(method(name), call_type, code, 1).expect(expectation);
        }
        expectation = messages(expectation, method(name), 17, sent);
        expectation = streams(expectation, method(name), call_type, 17);
    }
    expectation.only();
}

#[tokio::test]
async fn a_method_that_nobody_serves_is_unimplemented_and_has_no_name() {
    let wire = Wire::serve_routes(Routes::default()).await;
    let mut client = tonic::client::Grpc::new(wire.channel().await);
    for path in ["/invented.Service/Method", "/desk.v1.Desk/Invented", "/"] {
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<Order, Answer>::default();
        let called = client.unary(tonic::Request::new(Order::default()), path.parse().unwrap(), codec).await;
        assert_eq!(called.unwrap_err().code(), tonic::Code::Unimplemented);
    }
    let other = mme_metrics::grpc::GrpcMethod::FALLBACK;
    Calls::new(other, CallType::Unknown, GrpcCode::Unimplemented, 3).expect(wire.emission.expect()).only();
}

#[tokio::test]
async fn a_stream_that_the_client_leaves_is_cancelled_with_what_had_passed() {
    let clerk = Clerk::default();
    let wire = Wire::serve(DeskServer::new(clerk.clone())).await;
    let mut client = DeskClient::new(wire.channel().await);
    let endless = Order { answers: 3, endless: true, ..Order::default() };
    let mut answers = client.watch(endless).await.unwrap().into_inner();
    for _ in 0..3 {
        answers.message().await.unwrap().unwrap();
    }
    let watch = method("desk.v1.Desk/Watch");
    let begun = wire.emission.expect().gauge(&GRPC.server_active, (watch,), 1.0);
    messages(begun, watch, 1, 3).only();
    drop(answers);
    clerk.rest().await;
    let expectation = Calls::new(watch, CallType::ServerStream, GrpcCode::Cancelled, 1).expect(wire.emission.expect());
    let expectation = streams(expectation, watch, CallType::ServerStream, 1);
    messages(expectation, watch, 1, 3).only();
}

/// The service type of a layered server is what tonic asks of one.
#[test]
fn a_measured_service_is_what_a_server_asks_for() {
    fn is_service<T: Clone + Send + Sync + 'static>() {}
    is_service::<GrpcServerService<Routes>>();
    is_service::<mme_metrics::grpc::GrpcServerLayer>();
    is_service::<mme_metrics::grpc::GrpcClientLayer>();
    is_service::<mme_metrics::grpc::GrpcClientService<Channel>>();
    is_service::<DeskClient<mme_metrics::grpc::GrpcClientService<Channel>>>();
}
