//! The end of a service: not ready, no new connections, the requests in flight, and one more scrape.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep;

use super::answer::sentence;
use super::listener::{MetricsListener, serve_on};
use super::service::Endpoint;
use super::signal::{SignalFuture, Signals};
use crate::health::Readiness;

/// Time for load balancers to notice that the service is not ready.
const DELAY: Duration = Duration::from_secs(5);

/// Time for the requests in flight.
const LIMIT: Duration = Duration::from_secs(10);

/// Stops a service without losing a request or an event.
///
/// | step | what happens | ends |
/// |---|---|---|
/// | 1 | the service serves | with SIGTERM, Ctrl-C, or the future of [`on`](Self::on) |
/// | 2 | `/readyz` answers 503, and everything else goes on | after [`delay`](Self::delay) |
/// | 3 | no new connections; the requests in flight go on | when all have ended, or after [`limit`](Self::limit) |
/// | 4 | only the routes of [`keep_port`](Self::keep_port) are served | after one more scrape, or the time of [`last_scrape`](Self::last_scrape) |
///
/// A second signal ends all steps at once, and closes the port.
///
/// ```
/// use std::time::Duration;
/// use mme_metrics::endpoint::{Drain, Endpoint, ProbeEndpoint};
/// use mme_metrics::health::Readiness;
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let (readiness, metrics) = (Readiness::new(), Endpoint::installed());
/// let admin = metrics.clone().into_router().merge(ProbeEndpoint::new(&readiness).into_router());
/// let app: axum::Router = axum::Router::new().merge(admin.clone());
///
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
/// let drain = Drain::new(&readiness)
///     // Longer than the scrape interval.
///     .last_scrape(&metrics, Duration::from_secs(20))
///     .keep_port(&listener, admin)?;
/// let serving = axum::serve(listener, app).with_graceful_shutdown(drain.stopping());
/// if let Some(served) = drain.run(async { serving.await }).await {
///     served?;
/// }
/// # Ok(()) }
/// ```
///
/// tonic takes the same future: `Server::builder()….serve_with_shutdown(address, drain.stopping())`. Several servers drain together as one
/// future: `drain.run(async { tokio::join!(http, grpc) })`.
#[must_use = "a drain does nothing until it is run"]
pub struct Drain {
    readiness: Readiness,
    delay: Duration,
    limit: Duration,
    last_scrape: Option<(Endpoint, Duration)>,
    port: Option<KeptPort>,
    trigger: Option<SignalFuture>,
    /// Listened for since the service asked for a future of this drain.
    signals: OnceLock<Signals>,
    phase: watch::Sender<Phase>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Stopping,
}

/// A second descriptor of a listening socket. So the port stays open when the server closes its own.
struct KeptPort {
    listener: std::net::TcpListener,
    routes: Router,
}

/// The kept port while its routes are served. Dropped, it is closed at once.
#[derive(Default)]
struct OpenPort(Option<MetricsListener>);

impl Drain {
    /// Makes the drain of a service: with SIGTERM or Ctrl-C, `readiness` begins to say that the service drains.
    pub fn new(readiness: &Readiness) -> Self {
        Self {
            readiness: readiness.clone(),
            delay: DELAY,
            limit: LIMIT,
            last_scrape: None,
            port: None,
            trigger: None,
            signals: OnceLock::new(),
            phase: watch::Sender::new(Phase::Serving),
        }
    }

    /// Begins the drain when `trigger` is ready, instead of with a signal. Call this before [`draining`](Self::draining) and
    /// [`stopping`](Self::stopping), which begin to listen for signals.
    pub fn on(mut self, trigger: impl Future<Output = ()> + Send + 'static) -> Self {
        self.trigger = Some(Box::pin(trigger));
        self
    }

    /// Sets how long the service goes on after `/readyz` has turned to 503, 5 s by default. Load balancers have to notice meanwhile:
    /// choose more than the interval of their checks.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets how long the requests in flight may take after the port was closed, 10 s by default.
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Waits for one more scrape of `endpoint` after the last request, for `limit` at most. Any complete exposition is a scrape.
    /// Zero does not wait.
    ///
    /// Choose more than the scrape interval. The endpoint has to be reachable meanwhile: on a [listener](Endpoint::listen) of its own, or by
    /// [`keep_port`](Self::keep_port).
    pub fn last_scrape(mut self, endpoint: &Endpoint, limit: Duration) -> Self {
        self.last_scrape = Some((endpoint.clone(), limit));
        self
    }

    /// Goes on serving `routes` on the port of `listener` after the service has stopped to accept, until the drain ends. Everything else
    /// is answered with 503.
    ///
    /// # Errors
    ///
    /// When the operating system gives no second descriptor of the socket.
    pub fn keep_port(mut self, listener: &TcpListener, routes: Router) -> io::Result<Self> {
        #[cfg(unix)]
        let second = std::os::fd::AsFd::as_fd(listener).try_clone_to_owned()?;
        #[cfg(windows)]
        let second = std::os::windows::io::AsSocket::as_socket(listener).try_clone_to_owned()?;
        self.port = Some(KeptPort { listener: second.into(), routes });
        Ok(self)
    }

    /// Returns a future that is ready when `/readyz` begins to answer 503.
    ///
    /// From the call on, a signal does not end the process: [`run`](Self::run) begins the drain as soon as it is polled.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without its IO driver, if the drain begins with a signal.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reaches(Phase::Draining)
    }

    /// Returns a future that is ready when the service has to stop to accept connections, for `axum::serve` and tonic.
    ///
    /// From the call on, a signal does not end the process: [`run`](Self::run) begins the drain as soon as it is polled.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without its IO driver, if the drain begins with a signal.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reaches(Phase::Stopping)
    }

    /// Polls `serving` until the service has drained, and returns its output: `None` if requests in flight were left when their time was
    /// over.
    ///
    /// If `serving` ends by itself before the drain, this returns its output at once.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock, or without its IO driver where signals or a kept port need it.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops `serving`, resolves [`stopping`](Self::stopping), and closes the port that was kept.
    pub async fn run<F: Future>(mut self, serving: F) -> Option<F::Output> {
        let mut serving = pin!(serving);
        let (mut begin, mut again) = if let Some(trigger) = self.trigger.take() {
            (trigger, None)
        } else {
            let Signals { first, second } = self.signals.take().unwrap_or_else(Signals::listen);
            (first, Some(second))
        };
        tokio::select! {
            // In this order, so that a service that has ended is not drained.
            biased;
            output = &mut serving => return Some(output),
            () = &mut begin => {}
        }
        self.readiness.drain();
        self.phase.send_replace(Phase::Draining);
        tracing::info!(target: "mme::drain", delay = ?self.delay, "draining: the service is not ready, and still accepts connections");
        let hurry = async {
            match &mut again {
                Some(again) => again.await,
                None => std::future::pending().await,
            }
        };
        let (mut output, mut kept) = (None, OpenPort::default());
        let drained = tokio::select! {
            () = self.steps(serving, &mut output, &mut kept) => true,
            () = hurry => false,
        };
        if !drained {
            tracing::warn!(target: "mme::drain", "a second signal ended the drain");
            kept.close(MetricsListener::abort).await;
        }
        output
    }

    /// Goes through the steps after the beginning.
    async fn steps<F: Future>(
        &mut self,
        mut serving: Pin<&mut F>,
        output: &mut Option<F::Output>,
        kept: &mut OpenPort,
    ) {
        tokio::select! {
            biased;
            ended = &mut serving => *output = Some(ended),
            () = sleep(self.delay) => {}
        }
        kept.0 = self.port.take().and_then(KeptPort::serve);
        self.phase.send_replace(Phase::Stopping);
        tracing::info!(target: "mme::drain", limit = ?self.limit, "no new connections; waiting for the requests in flight");
        if output.is_none() {
            tokio::select! {
                biased;
                ended = &mut serving => *output = Some(ended),
                () = sleep(self.limit) => {
                    tracing::warn!(target: "mme::drain", "some requests did not end in time and are cut off");
                }
            }
        }
        if let Some((endpoint, limit)) = self.last_scrape.as_ref().filter(|(_, limit)| !limit.is_zero()) {
            tokio::select! {
                () = endpoint.scraped_since(Instant::now()) => tracing::info!(target: "mme::drain", "the last metrics were scraped"),
                () = sleep(*limit) => tracing::warn!(target: "mme::drain", ?limit, "the last metrics were not scraped in time"),
            }
        }
        kept.close(MetricsListener::stop).await;
    }

    fn reaches(&self, phase: Phase) -> impl Future<Output = ()> + Send + use<> {
        // The service may serve as soon as it has this future. A signal that comes before `run` is polled must not be lost.
        if self.trigger.is_none() && Handle::try_current().is_ok() {
            self.signals.get_or_init(Signals::listen);
        }
        let mut phases = self.phase.subscribe();
        async move {
            // An error means that the drain was dropped, so that nothing else would stop the service.
            let _ = phases.wait_for(|now| *now >= phase).await;
        }
    }
}

impl KeptPort {
    fn serve(self) -> Option<MetricsListener> {
        let stopping = async || sentence(StatusCode::SERVICE_UNAVAILABLE, "the service is stopping\n").map(Body::from);
        let routes = Router::new().merge(self.routes).fallback(stopping);
        let serving = TcpListener::from_std(self.listener).and_then(|listener| serve_on(listener, routes));
        serving
            .inspect_err(|error| tracing::warn!(target: "mme::drain", %error, "the port cannot be kept open for the last scrape"))
            .ok()
    }
}

impl OpenPort {
    /// Closes the port. `end` decides whether unfinished answers get their time or are cut off.
    async fn close(&mut self, end: fn(&MetricsListener)) {
        if let Some(listener) = &mut self.0 {
            end(listener);
            listener.closed().await;
            self.0 = None;
        }
    }
}

impl Drop for OpenPort {
    fn drop(&mut self) {
        if let Some(listener) = &self.0 {
            listener.abort();
        }
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain")
            .field("readiness", &self.readiness)
            .field("delay", &self.delay)
            .field("limit", &self.limit)
            .field("last_scrape", &self.last_scrape.as_ref().map(|(_, limit)| limit))
            .field("keeps_port", &self.port.is_some())
            .finish_non_exhaustive()
    }
}
