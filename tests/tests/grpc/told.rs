//! Whatever a server or a proxy answers: the client layer counts the status that tonic's client tells its caller.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame};
use mme_metrics::grpc::{CallType, GRPC, GrpcClientLayer, GrpcCode, GrpcErrorType, GrpcSystem};
use mme_metrics::label::ServerAddress;
use mme_metrics::testing::Emission;
use mme_metrics_tests::desk::METHODS;
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::grpc::{Script, answer, message, method};
use tonic::{Request, Status};
use tower::{Layer, service_fn};

use crate::wire::drain;

const SERVER: &str = "told.example";

/// A server of which no method is registered. Registrations are those of the process.
const UNREGISTERED: &str = "untold.example";

type Call = http::Request<tonic::body::Body>;

/// The limit of the clients of these tests.
const LIMIT: usize = 40;

/// A body that does not say when it is at its end, as one that comes through a proxy.
struct Quiet(Script);

impl Body for Quiet {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}

/// Calls `Ask` or `Watch` of a server that answers so; returns what the caller was told.
async fn told<B>(layer: &GrpcClientLayer, asks: bool, answer: impl Fn() -> Response<B> + Send) -> GrpcCode
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let answers = service_fn(|_: Call| std::future::ready(Ok::<_, Infallible>(answer())));
    let mut client = DeskClient::new(layer.layer(answers)).max_decoding_message_size(LIMIT);
    let status = if asks {
        client.ask(Order::default()).await.err()
    } else {
        match client.watch(Order::default()).await {
            Ok(answers) => drain(answers.into_inner()).await.1,
            Err(status) => Some(status),
        }
    };
    status.map_or(GrpcCode::Ok, |status| GrpcCode::ALL[status.code() as usize])
}

#[track_caller]
fn counted(emission: &Emission, name: &str, code: GrpcCode, what: &str) {
    counted_of(SERVER, emission, name, code, what);
}

#[track_caller]
fn counted_of(server: &'static str, emission: &Emission, name: &str, code: GrpcCode, what: &str) {
    let error = if code == GrpcCode::Ok { GrpcErrorType::None } else { GrpcErrorType::Code(code) };
    let labels = (GrpcSystem::Grpc, method(name), ServerAddress::new(server), code, error);
    let text = emission.recorder().render(mme_metrics::Format::Text);
    let line =
        text.lines().find(|line| line.starts_with("rpc_client_call_duration_seconds_count") && line.ends_with(" 1"));
    assert!(
        line.is_some_and(|line| line.contains(&format!("\"{}\"", code.as_str()))),
        "{what}: {code:?}, not {line:?}"
    );
    emission.expect().histogram(&GRPC.client_duration, labels, 1).among_others();
}

fn registered() -> GrpcClientLayer {
    let layer = GrpcClientLayer::new(SERVER).max_decoding_message_size(LIMIT);
    METHODS.iter().fold(layer, |layer, (name, call_type)| layer.method(name, *call_type).unwrap())
}

/// Bodies of every kind, and whether a message of them cannot be decoded or is too long for the client.
fn bodies() -> Vec<(&'static str, Vec<u8>, bool)> {
    let bytes = |bytes: &[u8]| bytes.to_vec();
    vec![
        ("nothing", vec![], false),
        ("a message", message(0), false),
        ("two messages", [message(0), message(0)].concat(), false),
        ("a message that breaks off", message(9)[..8].to_vec(), false),
        ("a prefix", message(9)[..5].to_vec(), false),
        ("a part of a prefix", bytes(b"\0\0"), false),
        ("a page", bytes(b"<html>down for maintenance</html>"), false),
        ("a short page", bytes(b"down"), false),
        ("a message and a page", [message(0), bytes(b"down for maintenance")].concat(), false),
        ("no known flag", bytes(b"\x02\0\0\0\0"), false),
        ("a compressed message of no encoding", bytes(b"\x01\0\0\0\0"), true),
        ("a message that is no answer", message(3), true),
        ("a message that is too long", message(41), true),
        ("the prefix of a message that is too long", message(41)[..5].to_vec(), false),
    ]
}

/// Returns a body of this data, in one frame or byte by byte.
fn script(bytes: &[u8], in_one: bool, trailers: Option<&[&str]>) -> Script {
    let pieces = if in_one { bytes.len().max(1) } else { 1 };
    let script = bytes.chunks(pieces).fold(Script::empty(), |script, piece| script.data(piece.to_vec()));
    match trailers {
        Some(trailers) => script.trailers(trailers),
        None => script,
    }
}

#[tokio::test]
async fn whatever_is_answered_is_counted_as_the_caller_is_told() {
    let heads: [&[&str]; 5] = [&[], &["0"], &["5"], &["no number"], &["7", "0"]];
    let trailers: [Option<&[&str]>; 5] = [None, Some(&[]), Some(&["0"]), Some(&["9"]), Some(&["10", "0"])];
    let layer = registered();
    for status in [200, 302, 404, 503] {
        for head in heads {
            for trailers in trailers {
                for (what, bytes, is_unreadable) in bodies() {
                    for (in_one, asks, quiet) in [
                        (true, true, false),
                        (true, true, true),
                        (false, true, true),
                        (true, false, true),
                        (false, false, false),
                    ] {
                        // The messages of a stream are decoded after they have left the layer.
                        if !asks && is_unreadable {
                            continue;
                        }
                        let body = || script(&bytes, in_one, trailers);
                        let emission = Emission::new();
                        let code = if quiet {
                            let made = || answer(status, head, body()).map(Quiet);
                            emission.record_async(told(&layer, asks, made)).await
                        } else {
                            emission.record_async(told(&layer, asks, || answer(status, head, body()))).await
                        };
                        let name = if asks { "desk.v1.Desk/Ask" } else { "desk.v1.Desk/Watch" };
                        let what = format!("{status} {head:?} {what} {trailers:?} one {in_one} quiet {quiet} {name}");
                        counted(&emission, name, code, &what);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn an_unregistered_method_is_told_the_same_where_it_can_be_known() {
    let layer = GrpcClientLayer::new(UNREGISTERED).max_decoding_message_size(LIMIT);
    let without_message = ["nothing", "a message that breaks off", "a prefix", "a part of a prefix", "a short page"];
    let known = |what: &str| what != "two messages" && !without_message.contains(&what);
    for (what, bytes, _) in bodies().into_iter().filter(|(what, ..)| known(what)) {
        for status in [200, 503] {
            let emission = Emission::new();
            let made = || answer(status, &[], script(&bytes, true, Some(&["0"]))).map(Quiet);
            let code = emission.record_async(told(&layer, true, made)).await;
            counted_of(UNREGISTERED, &emission, "desk.v1.Desk/Ask", code, what);
        }
    }
}

#[tokio::test]
async fn an_encoding_that_the_client_does_not_accept_is_unimplemented() {
    let layer = registered();
    for encoding in ["gzip", "snappy"] {
        let emission = Emission::new();
        let made = || {
            let mut response = answer(200, &[], Script::empty().message(0).trailers(&["0"]));
            response.headers_mut().insert("grpc-encoding", encoding.parse().unwrap());
            response
        };
        let code = emission.record_async(told(&layer, true, made)).await;
        assert_eq!(code, GrpcCode::Unimplemented);
        counted(&emission, "desk.v1.Desk/Ask", code, encoding);
    }
}

#[tokio::test]
async fn a_caller_that_looks_at_the_head_only_counts_what_it_says() {
    let all = [(200, GrpcCode::Cancelled), (503, GrpcCode::Unavailable), (401, GrpcCode::Unauthenticated)];
    for (status, code) in all {
        let emission = Emission::new();
        let answers = service_fn(|_: Call| {
            let page = answer(status, &[], Script::empty().data("down for maintenance"));
            std::future::ready(Ok::<_, Infallible>(page.map(Quiet)))
        });
        let mut client = DeskClient::new(registered().layer(answers));
        emission.record_async(async { drop(client.watch(Order::default()).await) }).await;
        counted(&emission, "desk.v1.Desk/Watch", code, "head only");
    }
}

#[tokio::test]
async fn a_stream_that_is_left_after_a_message_is_cancelled() {
    let unregistered = || GrpcClientLayer::new(UNREGISTERED);
    // The last one has streamed before.
    let all = [(registered(), 1), (registered(), 2), (unregistered(), 2), (unregistered(), 1)];
    for (server, (layer, reads)) in [SERVER, SERVER, UNREGISTERED, UNREGISTERED].into_iter().zip(all) {
        let emission = Emission::new();
        let answers = service_fn(|_: Call| {
            let stream = (0..5).fold(Script::empty(), |script, _| script.message(0));
            std::future::ready(Ok::<_, Infallible>(answer(200, &[], stream)))
        });
        let mut client = DeskClient::new(layer.layer(answers));
        let read = async {
            let mut answers = client.watch(Order::default()).await.unwrap().into_inner();
            for _ in 0..reads {
                answers.message().await.unwrap().unwrap();
            }
        };
        emission.record_async(read).await;
        counted_of(server, &emission, "desk.v1.Desk/Watch", GrpcCode::Cancelled, "left");
    }
}

#[tokio::test]
async fn a_call_whose_time_is_over_has_exceeded_it_though_the_servers_timer_was_first() {
    let all = [(Duration::from_millis(1), GrpcCode::DeadlineExceeded), (Duration::from_hours(1), GrpcCode::Cancelled)];
    for (timeout, code) in all {
        let emission = Emission::new();
        let answers = service_fn(|_: Call| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            // As a tonic server answers whose own timer fires.
            Ok::<_, Infallible>(Status::cancelled("Timeout expired").into_http::<Script>())
        });
        let mut client = DeskClient::new(registered().layer(answers));
        let mut request = Request::new(Order::default());
        request.set_timeout(timeout);
        let status = emission.record_async(client.ask(request)).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Cancelled);
        counted(&emission, "desk.v1.Desk/Ask", code, "timer");
    }
}

#[tokio::test]
async fn ok_without_the_message_that_a_call_needs_is_no_success() {
    for (name, call_type) in METHODS {
        let emission = Emission::new();
        let answers =
            service_fn(|_: Call| std::future::ready(Ok::<_, Infallible>(answer(200, &["0"], Script::empty()))));
        let mut client = DeskClient::new(registered().layer(answers));
        let code = emission.record_async(crate::wire::order(&mut client, call_type, Order::default())).await.1;
        let needs_message = matches!(call_type, CallType::Unary | CallType::ClientStream);
        assert_eq!(code == 0, !needs_message, "{name}");
        counted(&emission, name, GrpcCode::ALL[usize::try_from(code).unwrap()], name);
    }
}
