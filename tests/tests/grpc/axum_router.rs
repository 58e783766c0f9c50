//! tonic services in an axum router, beside HTTP routes.

use axum::Router;
use axum::routing::get;
use http::Request;
use mme_metrics::grpc::{CallType, GrpcCode};
use mme_metrics::http::{HTTP, HttpErrorType, HttpLayer, HttpMethod, HttpStatus, Route, Scheme};
use mme_metrics::testing::Emission;
use mme_metrics_tests::desk::Clerk;
use mme_metrics_tests::desk::proto::Order;
use mme_metrics_tests::desk::proto::desk_client::DeskClient;
use mme_metrics_tests::desk::proto::desk_server::DeskServer;
use mme_metrics_tests::grpc::{Calls, messages, method, streams};
use tonic::service::Routes;
use tower::ServiceExt;

use crate::layer;
use crate::wire::drain;

fn router() -> Router {
    Routes::new(DeskServer::new(Clerk::default())).into_axum_router().route("/documents", get(|| async { "none" }))
}

#[tokio::test]
async fn calls_are_calls_and_requests_are_left_alone() {
    let emission = Emission::new();
    let app = router().layer(layer()).with_state(());
    let called = async {
        let mut client = DeskClient::new(app.clone());
        let answers = client.watch(Order { answers: 3, ..Order::event(GrpcCode::DataLoss) }).await.unwrap();
        let (count, error) = drain(answers.into_inner()).await;
        assert_eq!((count, error.map(|status| status.code())), (3, Some(tonic::Code::DataLoss)));
        app.oneshot(Request::get("/documents").body(axum::body::Body::empty()).unwrap()).await.unwrap()
    };
    emission.record_async(called).await;
    let (watch, kind) = (method("desk.v1.Desk/Watch"), CallType::ServerStream);
    let expectation = Calls::new(watch, kind, GrpcCode::DataLoss, 1).expect(emission.expect());
    messages(streams(expectation, watch, kind, 1), watch, 1, 3).only();
}

#[tokio::test]
async fn a_refusal_of_a_layer_inside_is_what_grpc_makes_of_it() {
    let emission = Emission::new();
    let refuse = axum::middleware::from_fn(|_: axum::extract::Request, _: axum::middleware::Next| async {
        http::StatusCode::UNAUTHORIZED
    });
    let app = router().layer(refuse).layer(layer());
    let told = emission.record_async(async { DeskClient::new(app).ask(Order::default()).await }).await;
    assert_eq!(told.unwrap_err().code(), tonic::Code::Unauthenticated);
    let ask = method("desk.v1.Desk/Ask");
    Calls::new(ask, CallType::Unary, GrpcCode::Unauthenticated, 1).expect(emission.expect()).only();
}

#[tokio::test]
async fn beside_the_layer_of_http_each_counts_its_own() {
    let emission = Emission::new();
    let app = router().layer(layer()).layer(HttpLayer::new());
    let told = emission.record_async(async { DeskClient::new(app).ask(Order::default()).await }).await;
    told.unwrap();
    let route = Route::find("/desk.v1.Desk/{*rest}");
    let ask = method("desk.v1.Desk/Ask");
    let expectation = Calls::new(ask, CallType::Unary, GrpcCode::Ok, 1).expect(emission.expect());
    messages(expectation, ask, 1, 1)
        .histogram(
            &HTTP.server_duration,
            (HttpMethod::Post, route, HttpStatus::new(200), Scheme::Http, HttpErrorType::None),
            1,
        )
        .only();
}
