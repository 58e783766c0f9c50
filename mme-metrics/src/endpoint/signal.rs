//! The signals that stop a service: SIGTERM and Ctrl-C.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Mutex;

pub(super) type SignalFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Two signals, listened for. A signal that comes before its future is polled is not lost.
pub(super) struct Signals {
    /// Ready with the first signal since [`listen`](Self::listen).
    pub(super) first: SignalFuture,
    /// Ready with the next signal when `first` is.
    pub(super) second: SignalFuture,
}

impl Signals {
    /// Begins to listen, so that signals do not end the process any more.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its IO driver.
    pub(super) fn listen() -> Self {
        // Held only while a future waits, one after the other.
        let first = Arc::new(Mutex::new(listening::Sources::listen()));
        let second = Arc::clone(&first);
        Self {
            first: Box::pin(async move { first.lock().await.next().await }),
            second: Box::pin(async move { second.lock().await.next().await }),
        }
    }
}

/// A signal that cannot be listened for ends the process as usual.
fn warned<S>(listening: std::io::Result<S>, signal: &str) -> Option<S> {
    listening
        .inspect_err(|error| tracing::warn!(target: "mme::drain", %error, signal, "cannot listen for a signal"))
        .ok()
}

#[cfg(unix)]
mod listening {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::warned;

    pub(super) struct Sources {
        terminate: Option<Signal>,
        interrupt: Option<Signal>,
    }

    impl Sources {
        pub(super) fn listen() -> Self {
            Self {
                terminate: warned(signal(SignalKind::terminate()), "SIGTERM"),
                interrupt: warned(signal(SignalKind::interrupt()), "SIGINT"),
            }
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                () = receive(&mut self.terminate) => {}
                () = receive(&mut self.interrupt) => {}
            }
        }
    }

    async fn receive(signal: &mut Option<Signal>) {
        let received = match signal {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if received.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(windows)]
mod listening {
    use tokio::signal::windows::{CtrlC, ctrl_c};

    use super::warned;

    pub(super) struct Sources(Option<CtrlC>);

    impl Sources {
        pub(super) fn listen() -> Self {
            Self(warned(ctrl_c(), "Ctrl-C"))
        }

        pub(super) async fn next(&mut self) {
            let received = match &mut self.0 {
                Some(signal) => signal.recv().await,
                None => None,
            };
            if received.is_none() {
                std::future::pending::<()>().await;
            }
        }
    }
}
