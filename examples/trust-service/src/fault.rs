//! Fault injection, to see alerts and dashboards react. It is only for demonstrations: leave it out when you copy this
//! service.
//!
//! `TRUST_FAULT` sets the fault at the start. While the service runs, set it from the same machine:
//! `curl -X PUT http://127.0.0.1:8080/demo/fault -d errors=4`

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::put;

use crate::error::ApiError;
use crate::state::App;

/// An injected fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    Off,
    /// Every n-th request fails with status 500.
    Errors(u64),
    /// Every request waits before it is handled.
    Slow(Duration),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError(text.to_owned());
        let (kind, number) = text.trim().split_once('=').unwrap_or((text.trim(), ""));
        let number = |default| if number.is_empty() { Ok(default) } else { number.parse().map_err(|_| wrong()) };
        match kind {
            "" | "off" => Ok(Self::Off),
            "errors" => Ok(Self::Errors(number(4)?.max(1))),
            // A minute at most, because no client would wait longer.
            "slow" => Ok(Self::Slow(Duration::from_millis(number(800)?.min(60_000)))),
            _ => Err(wrong()),
        }
    }
}

/// The error of an unknown fault.
#[derive(Debug, PartialEq)]
pub(crate) struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a fault: write off, errors, errors=N, slow or slow=MILLISECONDS", self.0)
    }
}

impl Error for FaultError {}

/// The current fault.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    now: RwLock<Fault>,
    requests: AtomicU64,
}

impl Faults {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { now: RwLock::new(fault), requests: AtomicU64::new(0) }
    }

    fn current(&self) -> Fault {
        *self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies the current fault.
    pub(crate) async fn happen(&self) -> Result<(), ApiError> {
        match self.current() {
            // Relaxed: no other memory access depends on this count.
            Fault::Errors(every) if self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(every) => {
                return Err(ApiError::Internal("an injected fault: see TRUST_FAULT".into()));
            }
            Fault::Off | Fault::Errors(_) => {}
            Fault::Slow(delay) => tokio::time::sleep(delay).await,
        }
        Ok(())
    }
}

/// Applies the current fault to a request.
pub(crate) async fn inject(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.faults.happen().await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Returns the route that sets the fault. The fault itself does not affect it.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/demo/fault", put(switch))
}

async fn switch(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: String,
) -> Result<String, ApiError> {
    if !peer.ip().is_loopback() {
        return Err(ApiError::Forbidden("faults are switched from the machine itself"));
    }
    let fault: Fault = body.parse().map_err(|error: FaultError| ApiError::Unprocessable(error.to_string()))?;
    *app.faults.now.write().unwrap_or_else(PoisonError::into_inner) = fault;
    Ok(format!("{fault:?}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_fault_with_and_without_its_number() {
        assert_eq!("".parse(), Ok(Fault::Off));
        assert_eq!("errors".parse(), Ok(Fault::Errors(4)));
        assert_eq!("errors=0".parse(), Ok(Fault::Errors(1)));
        assert_eq!("slow=20".parse(), Ok(Fault::Slow(Duration::from_millis(20))));
        assert!("slow=soon".parse::<Fault>().is_err());
    }
}
