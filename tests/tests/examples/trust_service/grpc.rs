//! The trust service over gRPC: its answers, its metrics and its stop.

use std::future::Future;
use std::time::Duration;

use mme_metrics_tests::prometheus::patiently;
use mme_metrics_tests::service::Service;
use mme_metrics_tests::trust::proto::trust_client::TrustClient;
use mme_metrics_tests::trust::proto::{
    Kind, SignRequest, Signed, UploadRequest, ValidateRequest, WatchRequest, WatchResponse,
};
use serde_json::json;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// Longest time that the service may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// Runs calls; everything else in these tests blocks.
fn block_on<T>(calls: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(calls)
}

async fn channel(service: &Service) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", service.grpc_address())).expect("it is an address");
    endpoint.connect().await.expect("the service is running")
}

/// Adds the token of a session.
fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("tokens are ASCII"));
    request
}

fn report(title: &str) -> UploadRequest {
    UploadRequest { kind: Kind::Report.into(), title: title.to_owned(), body: "on storage".to_owned() }
}

fn certificate(certificate: i64, signed: Option<Signed>) -> ValidateRequest {
    ValidateRequest { certificate, signed }
}

/// Returns how many calls of a method ended with a code.
fn calls(service: &Service, method: &str, code: &str) -> u64 {
    let (method, code) = (format!("rpc_method=\"trust.v1.Trust/{method}\""), format!("rpc_status_code=\"{code}\""));
    service.count("rpc_server_streams_total", &[&method, &code])
}

/// Returns how many messages of a method went in a direction.
fn messages(service: &Service, method: &str, direction: &str) -> u64 {
    let (method, direction) = (format!("rpc_method=\"trust.v1.Trust/{method}\""), format!("\"{direction}\""));
    service.count("rpc_server_messages_total", &[&method, &direction])
}

fn issue(service: &Service, token: &str) {
    let order = json!({ "subject": "archive", "days": 90 });
    assert_eq!(service.send("POST", "/certificates", Some(token), Some(order)).status, 201);
}

#[test]
fn a_document_is_uploaded_signed_and_validated() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    issue(&service, &token);
    block_on(async {
        let mut client = TrustClient::new(channel(&service).await);
        let uploads = futures_util::stream::iter(["May", "June", "July"].map(report));
        let stored = client.upload(with(&token, uploads)).await.unwrap().into_inner().documents;
        assert_eq!(stored, [1, 2, 3]);
        let sign = SignRequest { certificate: 1, document: 2 };
        let signature = client.sign(with(&token, sign)).await.unwrap().into_inner().signature;
        let genuine = Signed { document: 2, signature: signature.clone() };
        let forged = Signed { document: 2, signature: signature.replace(|_| true, "A") };
        let asked = [None, Some(genuine), Some(forged)].map(|signed| certificate(1, signed));
        let verdict = client.validate(with(&token, asked[1].clone())).await.unwrap().into_inner();
        assert!(verdict.valid, "{verdict:?}");
        let each = client.validate_each(with(&token, futures_util::stream::iter(asked))).await.unwrap();
        let mut each = each.into_inner();
        let mut verdicts = Vec::new();
        while let Some(verdict) = each.message().await.unwrap() {
            verdicts.push(verdict.valid);
        }
        assert_eq!(verdicts, [true, true, false]);
    });
    for method in ["Upload", "Sign", "Validate", "ValidateEach"] {
        assert_eq!(calls(&service, method, "OK"), 1, "{method}");
    }
    assert_eq!((messages(&service, "Upload", "received"), messages(&service, "Upload", "sent")), (3, 1));
    assert_eq!((messages(&service, "ValidateEach", "received"), messages(&service, "ValidateEach", "sent")), (3, 3));
    assert_eq!(service.count("trust_documents_created_total", &["kind=\"report\""]), 3);
}

#[test]
fn a_call_without_a_session_or_for_nothing_says_so() {
    let service = Service::start(&[]);
    let (alice, bob) = (service.log_in("acme", "alice"), service.log_in("globex", "bob"));
    issue(&service, &alice);
    let code = |called: Result<_, Status>| called.map(drop).unwrap_err().code();
    block_on(async {
        let mut client = TrustClient::new(channel(&service).await);
        for token in ["", "nobody's"] {
            let called = client.validate(with(token, certificate(1, None))).await;
            assert_eq!(code(called), Code::Unauthenticated);
        }
        assert_eq!(code(client.validate(certificate(1, None)).await), Code::Unauthenticated);
        assert_eq!(code(client.validate(with(&alice, certificate(7, None))).await), Code::NotFound);
        assert_eq!(code(client.validate(with(&bob, certificate(1, None))).await), Code::NotFound);
        let nameless = futures_util::stream::iter([report(" ")]);
        let called = client.upload(with(&alice, nameless)).await.map(drop).unwrap_err();
        assert_eq!((called.code(), called.message()), (Code::InvalidArgument, "a document has a title"));
        let many = futures_util::stream::iter(vec![report("May"); 101]);
        assert_eq!(client.upload(with(&alice, many)).await.unwrap_err().code(), Code::ResourceExhausted);
    });
    assert_eq!(calls(&service, "Validate", "UNAUTHENTICATED"), 3);
    assert_eq!(calls(&service, "Validate", "NOT_FOUND"), 2);
    assert_eq!(calls(&service, "Upload", "INVALID_ARGUMENT"), 1);
    // None of these is the server's fault.
    assert_eq!(service.count("rpc_server_call_duration_seconds_count", &["error_type"]), 0);
}

#[test]
fn a_document_reaches_those_who_watch_their_tenant() {
    let service = Service::start(&[]);
    let (alice, bob) = (service.log_in("acme", "alice"), service.log_in("globex", "bob"));
    let told: WatchResponse = block_on(async {
        let mut client = TrustClient::new(channel(&service).await);
        let mut watched = client.watch(with(&alice, WatchRequest {})).await.unwrap().into_inner();
        for (token, title) in [(&bob, "of bob"), (&alice, "of alice")] {
            client.upload(with(token, futures_util::stream::iter([report(title)]))).await.unwrap();
        }
        watched.message().await.unwrap().expect("it is alive")
    });
    assert_eq!((told.title.as_str(), told.processed), ("of alice", false));
    while calls(&service, "Watch", "CANCELLED") < 1 {
        std::thread::yield_now();
    }
    assert_eq!(messages(&service, "Watch", "sent"), 1);
}

#[test]
fn watchers_do_not_keep_the_service_from_stopping_and_are_told() {
    let service = Service::start(&[]);
    let token = service.log_in("acme", "alice");
    block_on(async {
        let mut client = TrustClient::new(channel(&service).await);
        let mut watched = client.watch(with(&token, WatchRequest {})).await.unwrap().into_inner();
        let stopped = tokio::task::spawn_blocking(move || service.stop());
        assert!(watched.message().await.unwrap().is_none());
        let stopped = stopped.await.unwrap();
        assert!(stopped.took < STOP && stopped.status.success(), "{stopped:?}");
    });
}

#[test]
fn health_and_reflection_answer() {
    let service = Service::start(&[]);
    block_on(async {
        let channel = channel(&service).await;
        let asked = HealthCheckRequest { service: "trust.v1.Trust".to_owned() };
        let health = HealthClient::new(channel.clone()).check(asked).await.unwrap().into_inner();
        assert_eq!(health.status(), ServingStatus::Serving);
        let list = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let list = futures_util::stream::iter([list]);
        let mut answers = ServerReflectionClient::new(channel).server_reflection_info(list).await.unwrap().into_inner();
        let Some(MessageResponse::ListServicesResponse(list)) =
            answers.message().await.unwrap().unwrap().message_response
        else {
            panic!("reflection lists no services")
        };
        let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
        assert!(names.contains(&"trust.v1.Trust".to_owned()), "{names:?}");
    });
    let checks = service.count("rpc_server_streams_total", &["grpc.health.v1.Health/Check", "\"OK\""]);
    assert_eq!(checks, 1);
}

#[test]
fn faults_are_faults_of_calls_too() {
    let service = Service::start_with(&[], &[("TRUST_FAULT", "errors=1"), ("RUST_LOG", "off")]);
    block_on(async {
        let called = TrustClient::new(channel(&service).await).validate(certificate(1, None)).await;
        assert_eq!(called.unwrap_err().code(), Code::Internal);
    });
    assert_eq!(calls(&service, "Validate", "INTERNAL"), 1);
    assert_eq!(service.count("rpc_server_call_duration_seconds_count", &["error_type=\"INTERNAL\""]), 1);
}

#[test]
fn methods_are_known_before_their_first_call() {
    let service = Service::start(&[]);
    let unknown = || {
        let text = service.metrics();
        let is_unknown = |method: &&str| {
            !text.contains(&format!("rpc_server_active_calls{{rpc_method=\"trust.v1.Trust/{method}\"}} 0\n"))
        };
        ["Validate", "ValidateEach", "Sign", "Upload", "Watch"].into_iter().filter(is_unknown).collect::<Vec<_>>()
    };
    // They are as soon as it serves, and its addresses are told a moment before.
    let found = patiently(|| Some(()).filter(|()| unknown().is_empty()).ok_or_else(unknown));
    assert_eq!(found, Ok(()));
}

#[test]
fn a_second_service_on_the_same_port_says_what_to_do() {
    let service = Service::start(&[]);
    let address = service.grpc_address().to_string();
    let second = Service::command(&[]).env("TRUST_GRPC_ADDR", &address).output().expect("it was just built");
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains(&format!("{address} is in use: stop the other program, or set TRUST_GRPC_ADDR")), "{said}");
}

#[test]
fn the_demo_calls_every_method_from_both_sides() {
    let service = Service::start(&["--demo"]);
    let began = std::time::Instant::now();
    let ended = |metric, method: &str, code: &str| {
        let labels = [format!("Trust/{method}\""), format!("rpc_status_code=\"{code}\"")];
        service.count(metric, &[&labels[0], &labels[1]]) > 0
    };
    let expected = [
        ("Validate", "OK"),
        ("ValidateEach", "OK"),
        ("Sign", "OK"),
        ("Upload", "OK"),
        ("Watch", "CANCELLED"),
        ("Validate", "NOT_FOUND"),
        ("Validate", "UNAUTHENTICATED"),
    ];
    for (method, code) in expected {
        for metric in ["rpc_server_call_duration_seconds_count", "rpc_client_call_duration_seconds_count"] {
            while !ended(metric, method, code) {
                assert!(began.elapsed() < Duration::from_mins(1), "{metric} {method} {code}");
                std::thread::yield_now();
            }
        }
    }
}
