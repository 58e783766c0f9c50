//! Listeners of calls: of one method, such as objectives, and of all.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use http::{Request, Response};
use mme_metrics::Format;
use mme_metrics::event::{Event, Listener, Notes, Source};
use mme_metrics::grpc::{CallType, GrpcCode, GrpcRequestBody, GrpcServerLayer};
use mme_metrics::operation::ResultLabel;
use mme_metrics::slo::{Objective, SLO, SloName, SloReason};
use mme_metrics::testing::{Emission, Expectation, record};
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::desk::{Clerk, METHODS};
use mme_metrics_tests::future::poll_once;
use mme_metrics_tests::grpc::{Script, answer, call, read};
use tonic::service::Routes;
use tower::{Layer, ServiceExt, service_fn};

use crate::layer;
use crate::wire::order;

const ASK: &str = "desk.v1.Desk/Ask";
const HOUR: Duration = Duration::from_hours(1);
const NO_TIME: Duration = Duration::from_nanos(1);

/// Expects what an objective has counted.
fn counted<'a>(expect: Expectation<'a>, objective: &Objective, events: u64, bad: [u64; 2]) -> Expectation<'a> {
    let slo = SloName::register(objective.name()).expect("these tests have few objectives");
    let expect = expect.counter(&SLO.events, (slo,), events);
    let expect = expect.counter(&SLO.bad_events, (slo, SloReason::Error), bad[0]);
    expect.counter(&SLO.bad_events, (slo, SloReason::Latency), bad[1])
}

/// Calls a method that answers with this status.
async fn exchange(layer: &GrpcServerLayer, name: &str, code: GrpcCode) {
    let service = service_fn(|request: Request<GrpcRequestBody<Script>>| async move {
        read(request.into_body()).await?;
        let trailers = [(code as u8).to_string()];
        Ok::<_, Infallible>(answer(200, &[], Script::empty().message(9).trailers(&[&trailers[0]])))
    });
    let Ok(response) = layer.layer(service).oneshot(call(name, Script::empty().message(3))).await;
    let Ok(()) = read(response.into_body()).await;
}

#[tokio::test]
async fn two_objectives_on_one_method_count_each_call_of_it_and_no_other() {
    static SOUND: Objective = Objective::success("grpc_sound", 0.995);
    static SLOW: Objective = Objective::latency("grpc_slow", 0.95, HOUR);
    static NEVER: Objective = Objective::latency("grpc_never", 0.95, NO_TIME);
    let layer = layer().listener_on(ASK, &SOUND).expect("it is registered");
    let layer = layer.listener_on(&format!("/{ASK}"), &SLOW).expect("it is registered");
    let layer = layer.listener_on(ASK, &NEVER).expect("it is registered");
    let emission = Emission::new();
    let calls = async {
        for code in GrpcCode::ALL {
            exchange(&layer, ASK, code).await;
            exchange(&layer, "desk.v1.Desk/Watch", code).await;
            exchange(&layer, "desk.v1.Desk/Invented", code).await;
        }
    };
    emission.record_async(calls).await;
    // Of 17 codes one is the client's leaving, and six are the server's fault.
    let expect = counted(emission.expect(), &SOUND, 16, [6, 0]);
    let expect = counted(expect, &SLOW, 16, [0, 0]);
    counted(expect, &NEVER, 17, [0, 17]).among_others();
}

#[tokio::test]
async fn a_call_that_panics_is_bad_and_one_that_is_dropped_only_if_it_was_late() {
    static SOUND: Objective = Objective::success("grpc_ends_sound", 0.995);
    static LATE: Objective = Objective::latency("grpc_ends_late", 0.95, NO_TIME);
    let layer = layer().listener_on(ASK, &SOUND).expect("it is registered");
    let layer = layer.listener_on(ASK, &LATE).expect("it is registered");
    type Answer = Result<Response<Script>, Infallible>;
    let emission = Emission::new();
    let fall = || -> Answer { panic!("on purpose") };
    let panics = layer.layer(service_fn(move |_: Request<GrpcRequestBody<Script>>| async move { fall() }));
    let panicking = emission.record_async(panics.oneshot(call(ASK, Script::empty())));
    assert!(AssertUnwindSafe(panicking).catch_unwind().await.is_err());
    emission.record(|| {
        let hangs = layer.layer(service_fn(|_: Request<GrpcRequestBody<Script>>| std::future::pending::<Answer>()));
        let mut call = Box::pin(hangs.oneshot(call(ASK, Script::empty())));
        assert!(poll_once(call.as_mut()).is_pending());
    });
    counted(counted(emission.expect(), &SOUND, 1, [1, 0]), &LATE, 2, [0, 2]).among_others();
}

#[test]
fn an_objective_is_there_at_zero_once_the_layer_is_put_around_something() {
    static READY: Objective = Objective::success("grpc_ready", 0.995);
    let layer = layer().listener_on(ASK, &READY).expect("it is registered");
    let emission = record(|| drop(layer.layer(())));
    let text = emission.recorder().render(Format::Text);
    for line in ["slo_events_total{slo=\"grpc_ready\"} 0\n", "slo_objective_ratio{slo=\"grpc_ready\"} 0.995\n"] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn a_misspelt_method_is_an_error_that_names_it() {
    static UNHEARD: Objective = Objective::success("grpc_unheard", 0.995);
    for method in ["desk.v1.Desk/Aks", "desk.v1.Desk.Ask", "Ask", ""] {
        let error = layer().listener_on(method, &UNHEARD).expect_err(method).to_string();
        assert!(error.contains(&format!("`{method}`")) && error.contains("`package.Service/Method`"), "{error}");
    }
    let error = layer().method("desk.v1.Desk.Ask", CallType::Unary).expect_err("it has no slash").to_string();
    assert!(error.contains("`desk.v1.Desk.Ask` is not a method"), "{error}");
}

/// A call as a listener is told of it.
type CallRecord = (Source, String, String, Option<u16>, ResultLabel, Option<&'static str>);

#[derive(Default)]
struct Witness(Mutex<Vec<CallRecord>>);

impl Listener for Witness {
    fn ended(&self, event: &Event<'_>) {
        let Event { source, name, method, status, outcome, notes, .. } = *event;
        let told = (source, name.to_owned(), method.to_owned(), status, outcome.result_label(), notes.tier_name());
        self.0.lock().expect("nothing panics while it is held").push(told);
    }
}

#[tokio::test]
async fn who_listens_to_all_is_told_of_each_call_by_the_name_of_its_method() {
    let witness = Arc::new(Witness::default());
    let noted = axum::middleware::map_response(|mut response: axum::response::Response| async {
        response.extensions_mut().insert(Notes::new().tier("direct"));
        response
    });
    let routes = Routes::new(DeskServer::new(Clerk::default())).into_axum_router().layer(noted);
    let app = routes.layer(layer().listener(Arc::clone(&witness)));
    let mut client = DeskClient::new(app.clone());
    for (_, call_type) in METHODS {
        order(&mut client, call_type, Order::event(GrpcCode::DataLoss)).await;
    }
    exchange(&layer().listener(Arc::clone(&witness)), "a.stranger/chose_this", GrpcCode::NotFound).await;
    let told = witness.0.lock().expect("nothing panics while it is held").clone();
    let call = |name: &str, code: GrpcCode, ended| {
        let tier = (code == GrpcCode::DataLoss).then_some("direct");
        (Source::Grpc, name.to_owned(), String::new(), Some(code as u16), ended, tier)
    };
    let mut expected: Vec<_> = METHODS.map(|(name, _)| call(name, GrpcCode::DataLoss, ResultLabel::Error)).into();
    expected.push(call("_OTHER", GrpcCode::NotFound, ResultLabel::Ok));
    assert_eq!(told, expected);
}
