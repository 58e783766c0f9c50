//! The signals that stop a service: SIGTERM and Ctrl-C.

use std::pin::Pin;

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Returns a future that is ready with the first signal from now on, and one that is ready with the next signal when that has come.
#[cfg(unix)]
pub(super) fn first_and_second() -> (Waiting, Option<Waiting>) {
    use std::sync::Arc;

    use tokio::signal::unix::{Signal, SignalKind, signal};
    use tokio::sync::Mutex;

    struct Signals([Option<Signal>; 2]);

    impl Signals {
        async fn next(&mut self) {
            let [terminate, interrupt] = &mut self.0;
            tokio::select! {
                () = recv(terminate) => {}
                () = recv(interrupt) => {}
            }
        }
    }

    async fn recv(signal: &mut Option<Signal>) {
        let received = match signal {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if received.is_none() {
            std::future::pending::<()>().await;
        }
    }

    // A signal that cannot be listened for ends the process as usual.
    let listen = |kind| {
        let listening = signal(kind);
        listening
            .inspect_err(|error| tracing::warn!(target: "mme::drain", %error, ?kind, "cannot listen for a signal"))
            .ok()
    };
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(listen);
    // Held only while a future waits, one after the other.
    let first = Arc::new(Mutex::new(Signals(signals)));
    let second = Arc::clone(&first);
    (
        Box::pin(async move { first.lock().await.next().await }),
        Some(Box::pin(async move { second.lock().await.next().await })),
    )
}

/// Returns a future that is ready with the first Ctrl-C from now on, and one that is ready with the next one after it.
#[cfg(not(unix))]
pub(super) fn first_and_second() -> (Waiting, Option<Waiting>) {
    async fn interrupted() {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
    (Box::pin(interrupted()), Some(Box::pin(interrupted())))
}
