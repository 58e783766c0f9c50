//! A dependency that fails from time to time. It stands in for another service, so that a flapping dependency can be
//! observed.

use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use mme_metrics::probe::SupervisedTask;
use tokio::net::TcpListener;

/// Length of the outage at the end of each turn. It is shorter than the time that `MmeDependencyDown` waits.
const ILL: Duration = Duration::from_secs(20);

/// Length of one turn. The state of the ledger changes twice in it. In half an hour that is less than
/// `MmeDependencyFlapping` allows.
const TURN: Duration = Duration::from_mins(15);

/// Starts the dependency on its own port, and returns the address of its health check.
pub(super) async fn start() -> io::Result<(String, SupervisedTask)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = format!("http://{}/health", listener.local_addr()?);
    let born = Instant::now();
    let router = Router::new().route("/health", get(async move || status(born.elapsed())));
    Ok((address, SupervisedTask::spawn(async move { axum::serve(listener, router).await })))
}

fn status(age: Duration) -> StatusCode {
    let into_turn = Duration::from_secs(age.as_secs() % TURN.as_secs());
    if into_turn + ILL >= TURN { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_changes_less_often_than_the_alert_of_flapping_allows() {
        let ill = |second: &u64| status(Duration::from_secs(*second)) != StatusCode::OK;
        let changes = |from: u64| (from + 1..from + 30 * 60).filter(|at| ill(at) != ill(&(at - 1))).count();
        let most = (0..TURN.as_secs()).step_by(10).map(changes).max();
        assert!(most <= Some(6), "{most:?}");
    }

    #[test]
    fn it_is_ill_at_the_end_of_each_turn() {
        let at = |seconds| status(Duration::from_secs(seconds)).as_u16();
        assert_eq!([at(0), at(879), at(880), at(899), at(900), at(1785)], [200, 200, 503, 503, 200, 503]);
    }
}
