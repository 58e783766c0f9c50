//! Demo traffic: with `--demo` the service sends requests to itself, over TCP like any client. Most succeed, and some
//! fail, are slow, are cut off or ask for unknown paths.
//!
//! The traffic is limited to [`RATE`] requests per second, [`IN_FLIGHT`] requests at a time and [`KEPT`] documents.

mod client;
mod mix;
mod rpc;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use self::client::Client;
use self::rpc::Caller;
use crate::state::Stop;
use crate::tenant::{ACCOUNTS, CAREFUL};

/// Number of requests per second.
const RATE: u32 = 30;

/// Largest number of requests that wait for their answer at the same time.
const IN_FLIGHT: usize = 50;

/// Number of documents that the demo keeps for each tenant. It deletes older ones.
const KEPT: usize = 100;

/// Sends traffic until the service stops.
pub(crate) async fn run(address: SocketAddr, grpc_address: SocketAddr, password: String, stop: Stop) {
    let mut running = JoinSet::new();
    tokio::select! {
        () = stop.stopped() => {}
        never = send(address, grpc_address, password, &mut running) => match never {},
    }
    // When the service stops, the clients hang up.
    running.shutdown().await;
}

async fn send(
    address: SocketAddr,
    grpc_address: SocketAddr,
    password: String,
    running: &mut JoinSet<()>,
) -> std::convert::Infallible {
    let base = format!("http://{}", reachable(address));
    let caller = Caller::new(reachable(grpc_address));
    let clients =
        ACCOUNTS.map(|account| Arc::new(Client::new(base.clone(), caller.clone(), account, password.clone())));
    for client in &clients {
        while let Err(error) = client.log_in(0).await {
            tracing::warn!(%error, "the demo cannot log in, and tries again");
            sleep(Duration::from_secs(1)).await;
        }
    }
    let careful = Arc::new(Client::new(base, caller, CAREFUL, password));
    if let Err(error) = async {
        careful.log_in(0).await?;
        careful.enrol().await
    }
    .await
    {
        tracing::warn!(%error, "the demo goes on without a second factor");
    }
    let places = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    // After a delay the demo continues at its rate, without catching up.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for turn in 0_u64.. {
        ticks.tick().await;
        while running.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let client = if mix::is_careful(turn) { &careful } else { &clients[mix::tenant(turn)] };
        let client = Arc::clone(client);
        running.spawn(async move {
            // The demo includes requests that fail, and they appear at /metrics.
            if let Err(error) = mix::take_turn(&client, turn).await {
                tracing::debug!(%error, "a request of the demo failed");
            }
            drop(place);
        });
    }
    std::future::pending().await
}

/// Returns an address at which a service that listens on `address` can be reached. `address` may mean every address of
/// the machine.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let loopback = if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
    SocketAddr::new(loopback, address.port())
}
