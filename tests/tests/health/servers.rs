//! Probes of real servers: up, refusing and stopped.

use std::time::Duration;

use mme_metrics::health::{DependencyProbe, GrpcProbe, RedisProbe, SqlProbe};
use mme_metrics::probe::ProbeFailure;
use mme_metrics_tests::postgres::Postgres;
use mme_metrics_tests::redis::Redis;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_stream::wrappers::TcpListenerStream;
use tonic_health::ServingStatus;

/// Longest time that a server may take to open its port.
const PATIENCE: u32 = 1_000;

/// Asks until somebody answers.
async fn answer(probe: &RedisProbe) -> Result<(), ProbeFailure> {
    for _ in 0..PATIENCE {
        match probe.probe().await {
            Err(ProbeFailure::Unreachable) => sleep(Duration::from_millis(20)).await,
            answer => return answer,
        }
    }
    Err(ProbeFailure::Unreachable)
}

#[tokio::test]
async fn redis_answers_and_is_missed_when_it_is_gone() {
    let redis = Redis::start(&[]);
    let probe = RedisProbe::new("127.0.0.1", redis.port());
    assert_eq!(answer(&probe).await, Ok(()));
    drop(redis);
    assert_eq!(probe.probe().await, Err(ProbeFailure::Unreachable));
}

#[tokio::test]
async fn redis_with_a_password_is_up_for_those_who_know_it() {
    let redis = Redis::start(&["--requirepass", "secret"]);
    let probe = |password| RedisProbe::new("localhost", redis.port()).login("default", password);
    assert_eq!(answer(&probe("secret")).await, Ok(()));
    assert_eq!(probe("wrong").probe().await, Err(ProbeFailure::Unexpected));
    assert_eq!(RedisProbe::new("127.0.0.1", redis.port()).probe().await, Err(ProbeFailure::Unexpected));
    assert!(!format!("{:?}", probe("secret")).contains("secret"));
}

#[tokio::test]
async fn postgres_answers_over_the_pool_and_is_missed_when_it_is_gone() {
    let postgres = Postgres::start().await;
    let pool = postgres.pool("postgres").await;
    let probe = SqlProbe::new(pool.clone());
    assert_eq!(probe.probe().await, Ok(()));
    drop(postgres);
    assert!(probe.probe().await.is_err());
    pool.close().await;
    assert_eq!(probe.probe().await, Err(ProbeFailure::Unreachable));
}

#[tokio::test]
async fn tonics_health_service_is_up_while_it_serves_and_down_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (reporter, service) = tonic_health::server::health_reporter();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tonic::transport::Server::builder().add_service(service);
    let server = server.serve_with_incoming_shutdown(TcpListenerStream::new(listener), async { _ = stopped.await });
    let server = tokio::spawn(server);

    let whole = GrpcProbe::new(&address).unwrap();
    let ledger = GrpcProbe::new(&format!("{address}/")).unwrap().service("ledger.v1.Ledger");
    assert_eq!(whole.probe().await, Ok(()));
    // It is not known to the server.
    assert_eq!(ledger.probe().await, Err(ProbeFailure::Other("the call failed")));
    for (status, expected) in [
        (ServingStatus::Serving, Ok(())),
        (ServingStatus::NotServing, Err(ProbeFailure::Other("not serving"))),
        (ServingStatus::Unknown, Err(ProbeFailure::Other("not serving"))),
        (ServingStatus::Serving, Ok(())),
    ] {
        reporter.set_service_status("ledger.v1.Ledger", status).await;
        assert_eq!(ledger.probe().await, expected, "{status}");
    }
    reporter.set_service_status("", ServingStatus::NotServing).await;
    assert_eq!(whole.probe().await, Err(ProbeFailure::Other("not serving")));
    assert_eq!(ledger.probe().await, Ok(()));

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(ledger.probe().await, Err(ProbeFailure::Unreachable));
}

#[tokio::test]
async fn a_grpc_server_without_the_health_service_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tonic::transport::Server::builder().add_routes(tonic::service::Routes::default());
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    assert_eq!(GrpcProbe::new(&address).unwrap().probe().await, Err(ProbeFailure::Other("the call failed")));
}
