//! An HTTP server that stands in for Slack, the pager, Teams and every webhook.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::prometheus::patiently;

/// Keeps every request that is sent to it, and accepts it as all of those services do. Stops when dropped.
#[derive(Debug)]
pub struct Inbox {
    address: SocketAddr,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Where it was sent, such as `/slack/security`.
    pub path: String,
    /// The header `Authorization`; empty without one.
    pub authorization: String,
    /// The body, which is JSON.
    pub body: Value,
}

impl Inbox {
    /// Opens a free port.
    ///
    /// # Panics
    ///
    /// When none can be opened.
    pub fn open() -> Self {
        let deliveries = Arc::<Mutex<Vec<Delivery>>>::default();
        let router = Router::new().fallback(keep).with_state(Arc::clone(&deliveries));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime is made");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let serving = async { axum::serve(listener, router).await };
            runtime.block_on(async {
                tokio::select! { _ = serving => {}, _ = stopped => {} }
            });
        });
        Self { address, deliveries, stop: Some(stop), thread: Some(thread) }
    }

    /// Returns its address as `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what has arrived at `path`, oldest first.
    pub fn at(&self, path: &str) -> Vec<Delivery> {
        let deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        deliveries.iter().filter(|delivery| delivery.path == path).cloned().collect()
    }

    /// Waits until something has arrived at `path` whose body holds, and returns the first such body.
    ///
    /// # Panics
    ///
    /// When nothing has within a minute; the message has what did arrive there.
    #[track_caller]
    pub fn wait_for(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let look = || self.at(path).into_iter().map(|delivery| delivery.body).find(|body| holds(body)).ok_or(());
        patiently(look).unwrap_or_else(|()| panic!("nothing at {path} holds; there is {:#?}", self.at(path)))
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn keep(State(deliveries): State<Arc<Mutex<Vec<Delivery>>>>, request: Request) -> (StatusCode, &'static str) {
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let authorization = authorization.unwrap_or_default().to_owned();
    let Ok(body) = axum::body::to_bytes(request.into_body(), usize::MAX).await else {
        return (StatusCode::BAD_REQUEST, "the body is not JSON");
    };
    let Ok(body) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, "the body is not JSON");
    };
    let delivery = Delivery { path, authorization, body };
    deliveries.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
    // Newer servers take any other answer of Slack for a failure.
    (StatusCode::OK, "ok")
}
