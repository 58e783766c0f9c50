//! The client layer: every outcome as the caller sees it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mme_metrics::Format;
use mme_metrics::grpc::{
    CallType, Direction, GRPC, GoCode, GoMethod, GoService, GoType, GrpcClientLayer, GrpcClientService, GrpcCode,
    GrpcErrorType, GrpcMethod, GrpcSystem,
};
use mme_metrics::label::ServerAddress;
use mme_metrics::metrics;
use mme_metrics::testing::{Emission, Expectation};
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::desk::proto::{Answer, Order};
use mme_metrics_tests::desk::{Clerk, METHODS};
use mme_metrics_tests::grpc::{message, method};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tower::{Layer, ServiceExt};

use crate::wire::{Wire, drain, order};

const SERVER: &str = "desk.example";

type Client = DeskClient<GrpcClientService<Channel>>;

fn measured(channel: Channel) -> Client {
    DeskClient::new(GrpcClientLayer::new(&format!("http://{SERVER}:50051")).layer(channel))
}

/// Expects so many calls of a method to have ended with `code`, and messages to have passed.
fn expect(
    expectation: Expectation<'_>,
    method: GrpcMethod,
    (code, count): (GrpcCode, u64),
    (sent, received): (u64, u64),
) -> Expectation<'_> {
    let server = || ServerAddress::new(SERVER);
    let error = if code == GrpcCode::Ok { GrpcErrorType::None } else { GrpcErrorType::Code(code) };
    expectation
        .gauge(&GRPC.client_active, (method, server()), 0.0)
        .histogram(&GRPC.client_duration, (GrpcSystem::Grpc, method, server(), code, error), count)
        .counter(&GRPC.client_messages, (method, server(), Direction::Sent), sent)
        .counter(&GRPC.client_messages, (method, server(), Direction::Received), received)
}

#[tokio::test]
async fn the_client_counts_what_its_caller_is_told() {
    let wire = Wire::bare(DeskServer::new(Clerk::default())).await;
    let mut client = measured(wire.channel().await);
    let mut expectation = wire.emission.expect();
    for (name, call_type) in METHODS {
        let mut received = 0;
        for code in GrpcCode::ALL {
            let (count, told) = order(&mut client, call_type, Order { answers: 3, ..Order::event(code) }).await;
            assert_eq!(told, code as i32, "{name}");
            received += count;
            expectation = expect(expectation, method(name), (code, 1), (17, 0));
        }
        expectation = expect(expectation, method(name), (GrpcCode::Ok, 1), (17, received));
    }
    expectation.only();
}

#[tokio::test]
async fn a_clone_of_a_client_counts_too() {
    let wire = Wire::bare(DeskServer::new(Clerk::default())).await;
    let client = measured(wire.channel().await);
    for mut client in [client.clone(), client] {
        client.ask(Order::default()).await.unwrap();
    }
    expect(wire.emission.expect(), method("desk.v1.Desk/Ask"), (GrpcCode::Ok, 2), (2, 2)).only();
}

/// Calls a server that is not there, or not right, with and without the layer: the caller is told the same.
async fn fails(endpoint: Endpoint) -> (GrpcCode, Emission) {
    let emission = Emission::new();
    let told = |status: Status| (status.code(), status.message().to_owned());
    let plain = DeskClient::new(endpoint.connect_lazy()).ask(Order::default()).await.map_err(told).unwrap_err();
    let called = async { measured(endpoint.connect_lazy()).ask(Order::default()).await };
    let layered = emission.record_async(called).await.map_err(told).unwrap_err();
    assert_eq!(layered, plain);
    (GrpcCode::ALL[plain.0 as usize], emission)
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // Port 1 of this host is nobody's.
    let (code, emission) = fails(Endpoint::from_static("http://127.0.0.1:1")).await;
    assert_eq!(code, GrpcCode::Unavailable);
    expect(emission.expect(), method("desk.v1.Desk/Ask"), (code, 1), (0, 0)).only();
}

#[tokio::test]
async fn a_server_that_hangs_up_is_what_the_caller_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        // Until the test is over.
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    let (code, emission) = fails(Endpoint::from_shared(format!("http://{address}")).unwrap()).await;
    assert_ne!(code, GrpcCode::Ok);
    let ask = method("desk.v1.Desk/Ask");
    let labels = (GrpcSystem::Grpc, ask, ServerAddress::new(SERVER), code, GrpcErrorType::Code(code));
    emission.expect().histogram(&GRPC.client_duration, labels, 1).among_others();
}

/// How a stream stops behind its first message.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// The server resets it.
    Reset,
    /// The connection is gone.
    HangUp,
    /// It ends as if all had been said, without a status.
    End,
}

/// Serves one connection, each of whose calls breaks off once its caller has `read` the message.
async fn serve_broken(listener: TcpListener, how: Break, read: Arc<Notify>) {
    let told = Arc::clone(&read);
    let answer = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let read = Arc::clone(&told);
        let reset = async move {
            read.notified().await;
            Err(std::io::Error::other("on purpose"))
        };
        async move {
            request.into_body().collect().await.unwrap();
            let rest = match how {
                Break::Reset => stream::once(reset).boxed(),
                Break::HangUp => stream::pending().boxed(),
                Break::End => stream::empty().boxed(),
            };
            let frames = stream::iter([Ok(Frame::data(Bytes::from(message(0))))]).chain(rest);
            http::Response::builder().header("content-type", "application/grpc").body(StreamBody::new(frames))
        }
    });
    let (connection, _) = listener.accept().await.unwrap();
    let served = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), answer);
    // Whichever is first; the connection goes with this.
    tokio::select! {
        _ = served => {}
        () = read.notified(), if matches!(how, Break::HangUp) => {}
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_what_its_caller_is_told_and_never_a_success() {
    for how in [Break::Reset, Break::HangUp, Break::End] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let read = Arc::new(Notify::new());
        let server = tokio::spawn(serve_broken(listener, how, Arc::clone(&read)));
        let emission = Emission::new();
        // A task of the channel sends the order, on this thread.
        let recorded = metrics::set_default_local_recorder(emission.recorder());
        let mut client = measured(endpoint.connect_lazy());
        let mut answers = client.watch(Order::default()).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap();
        read.notify_one();
        let (count, told) = drain(answers).await;
        drop(recorded);
        // To tonic an end without a status says nothing; here it is unknown.
        let told = told.map_or(GrpcCode::Unknown, |status| GrpcCode::ALL[status.code() as usize]);
        assert!(count == 0 && told != GrpcCode::Ok, "{how:?}: {count} {told:?}");
        expect(emission.expect(), method("desk.v1.Desk/Watch"), (told, 1), (1, 1)).only();
        server.abort();
    }
}

#[tokio::test]
async fn a_caller_that_leaves_has_cancelled() {
    let wire = Wire::bare(DeskServer::new(Clerk::default())).await;
    let mut client = measured(wire.channel().await);
    let endless = Order { answers: 2, endless: true, ..Order::default() };
    let mut answers = client.watch(endless).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    answers.message().await.unwrap().unwrap();
    drop(answers);
    expect(wire.emission.expect(), method("desk.v1.Desk/Watch"), (GrpcCode::Cancelled, 1), (1, 2)).only();
}

#[tokio::test]
async fn a_call_whose_time_is_over_has_exceeded_it_whoever_stops_it() {
    let wire = Wire::bare(DeskServer::new(Clerk::default())).await;
    let mut client = measured(wire.channel().await);
    let endless = || Order { answers: 1, endless: true, ..Order::default() };
    let short = |order| {
        let mut request = Request::new(order);
        request.set_timeout(Duration::from_millis(50));
        request
    };
    // tonic's own timer, before the answer has begun.
    client.ask(short(endless())).await.unwrap_err();
    // Behind the head tonic does not look at the clock any more; the caller does.
    let mut answers = client.watch(short(endless())).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_millis(50), answers.message()).await.unwrap_err();
    drop(answers);
    let expectation =
        expect(wire.emission.expect(), method("desk.v1.Desk/Ask"), (GrpcCode::DeadlineExceeded, 1), (1, 0));
    expect(expectation, method("desk.v1.Desk/Watch"), (GrpcCode::DeadlineExceeded, 1), (1, 1)).only();
}

#[tokio::test]
async fn a_method_has_a_name_if_somebody_gave_it_one() {
    let wire = Wire::bare(DeskServer::new(Clerk::default())).await;
    let channel = wire.channel().await;
    let by_hand = |layer: GrpcClientLayer, path: &'static str| {
        let mut client = tonic::client::Grpc::new(layer.layer(channel.clone()));
        async move {
            client.ready().await.unwrap();
            let codec = tonic_prost::ProstCodec::<Order, Answer>::default();
            let path = http::uri::PathAndQuery::from_static(path);
            client.unary(Request::new(Order::default()), path, codec).await.map(drop)
        }
    };
    by_hand(GrpcClientLayer::new("unnamed.example"), "/desk.v1.Desk/Ask").await.unwrap();
    let named = GrpcClientLayer::new("named.example").method("desk.v1.Desk/Ask", CallType::Unary).unwrap();
    by_hand(named.go_names(true), "/desk.v1.Desk/Ask").await.unwrap();
    let labels = |server: &'static str, method| {
        (GrpcSystem::Grpc, method, ServerAddress::new(server), GrpcCode::Ok, GrpcErrorType::None)
    };
    let ask = method("desk.v1.Desk/Ask");
    let go = (GoType(CallType::Unary), GoService(ask), GoMethod(ask));
    let expectation = wire
        .emission
        .expect()
        .histogram(&GRPC.client_duration, labels("unnamed.example", GrpcMethod::FALLBACK), 1)
        .histogram(&GRPC.client_duration, labels("named.example", ask), 1)
        .counter(&GRPC.go_client_started, go, 1)
        .counter(&GRPC.go_client_handled, (go.0, go.1, go.2, GoCode(GrpcCode::Ok)), 1)
        .counter(&GRPC.go_client_received, go, 1)
        .counter(&GRPC.go_client_sent, go, 1)
        .histogram(&GRPC.go_client_handling, go, 1);
    let both = [("unnamed.example", GrpcMethod::FALLBACK), ("named.example", ask)];
    let messages = both.into_iter().flat_map(|(server, method)| {
        [Direction::Sent, Direction::Received].map(|direction| (method, ServerAddress::new(server), direction))
    });
    messages.fold(expectation, |expectation, labels| expectation.counter(&GRPC.client_messages, labels, 1)).only();
}

#[tokio::test]
async fn a_call_that_passes_two_layers_is_counted_by_the_outer_one() {
    let wire = Wire::bare(DeskServer::new(Clerk::default())).await;
    let inner = GrpcClientLayer::new("inner.example").layer(wire.channel().await);
    let boxed = inner.map_response(|response| response.map(tonic::body::Body::new));
    let mut client = DeskClient::new(GrpcClientLayer::new(SERVER).layer(boxed));
    client.ask(Order::default()).await.unwrap();
    expect(wire.emission.expect(), method("desk.v1.Desk/Ask"), (GrpcCode::Ok, 1), (1, 1)).only();
}

#[test]
fn what_an_address_has_beside_its_host_is_shown_nowhere() {
    let emission = Emission::new();
    let layer = GrpcClientLayer::new("https://me:hunter2@secret.example:1234/token?key=value");
    let layer = layer.method("desk.v1.Desk/Ask", CallType::Unary).unwrap().go_names(true);
    let service = emission.record(|| layer.layer(()));
    let text = format!("{layer:?} {service:?} {}", emission.recorder().render(Format::Text));
    assert!(text.contains("server_address=\"secret.example\""), "{text}");
    for secret in ["me:", "hunter2", "1234", "token", "key=value"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
