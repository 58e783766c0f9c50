//! The router and the port, and the start and stop of the service.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt as _;
use mme_metrics::Recorder;
use mme_metrics::connection::MeasuredListener;
use mme_metrics::endpoint::{Drain, Endpoint, ProbeEndpoint};
use mme_metrics::http::{HttpLayer, HttpRouteError};
use mme_metrics::live::LivePage;
use mme_metrics::security::SourceTracker;
use mme_metrics::spike::Spikes;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::certificates::Identity;
use crate::error::ApiError;
use crate::fault::Faults;
use crate::login::{OpenSessions, TokenKey};
use crate::settings::{GRPC_ADDR, HTTP_ADDR, Settings};
use crate::state::{App, Stop};
use crate::watch::Watch;
use crate::{
    audit, certificates, database, demo, documents, fault, grpc, login, objectives, promote, sources, spikes,
    telemetry, watch,
};

/// Grace period: the longest time that requests in flight get to finish after the service receives the stop signal.
const GRACE: Duration = Duration::from_secs(4);

/// The user of the live page, whose password is the admin token.
const LIVE_USER: &str = "admin";

/// Routes with zero series for their usual statuses, so that `rate()` sees their first request.
const EXPECTED: [&str; 6] = [
    "POST /login 200 401",
    "GET /documents",
    "POST /documents 201",
    "GET /documents/{id}",
    "POST /documents/{id}/process",
    "POST /promote",
];

/// Merges the routes of the domains and adds the layer that measures them.
fn router(app: App, admin: Router, traces: &Spikes, admin_token: &str) -> Result<Router, HttpRouteError> {
    let measured = HttpLayer::new().routes(EXPECTED)?.listener(traces.clone());
    let sources = sources::router(&app.sources, admin_token);
    Ok(Router::new()
        .merge(login::routes())
        .merge(documents::routes())
        .merge(certificates::routes())
        .merge(promote::routes())
        .route_layer(from_fn_with_state(app.clone(), fault::inject))
        .merge(fault::routes())
        .fallback(async || ApiError::NotFound("there is no such route"))
        .layer(from_fn_with_state(app.clone(), audit::request))
        .with_state(app)
        .layer(objectives::of_routes(measured)?)
        .merge(admin)
        .merge(spikes::router(traces.clone(), admin_token))
        .merge(sources))
}

/// Serves until the service is stopped.
pub(crate) async fn run(
    settings: Settings,
    identity: Identity,
    sources: SourceTracker,
    trail: &Path,
) -> Result<(), Box<dyn Error>> {
    // First, so that a wrong setting is reported before the addresses are printed.
    let exporter = telemetry::export()?;
    // A port of its own for `/metrics`, if the operator has set one. It stays open as long as the service runs.
    let metrics = Endpoint::installed();
    let _listener = telemetry::listen(&metrics)?;
    let listener = bind(HTTP_ADDR, settings.address).await?;
    let address = listener.local_addr()?;
    let grpc_listener = bind(GRPC_ADDR, settings.grpc_address).await?;
    let grpc_address = grpc_listener.local_addr()?;
    let database = database::open(&settings.database).await?;
    let password = settings.password.map_or_else(login::invent_password, Ok)?;
    login::seed(&database, &password).await?;
    let admin_token = settings.admin_token.map_or_else(login::invent_password, Ok)?;
    let secret = settings.secret.map_or_else(login::random_text, Ok)?;
    let traces = spikes::start(settings.spikes)?;
    let app = App {
        database,
        key: TokenKey::derive(&secret),
        sessions: OpenSessions::default(),
        sources,
        access: documents::Access::default(),
        recent: documents::RecentDocuments::default(),
        events: documents::Events::new(),
        faults: Arc::new(Faults::new(settings.fault)),
        stop: Stop::new(),
    };
    // Checked first, so that invalid descriptors are reported before the addresses are printed.
    let calls = grpc::measured()?;
    let (monitor, readiness) = watch::database(&app.database)?;
    // Served to the end, also when the service accepts nothing else any more.
    let admin = ProbeEndpoint::new(&readiness).bearer(&admin_token).into_router().merge(metrics.clone().into_router());
    // Shows the last minutes to a browser, which asks for the user and the token.
    let admin = match Recorder::installed() {
        Some(recorder) => {
            let page = LivePage::new(recorder.clone()).basic(LIVE_USER, &admin_token).bearer(&admin_token);
            admin.merge(page.spikes(traces.clone()).into_router())
        }
        None => admin,
    };
    let drain = Drain::new(&readiness)
        .delay(settings.drain)
        .limit(GRACE)
        .last_scrape(&metrics, settings.last_scrape)
        .keep_port(&listener, admin.clone())?;
    tokio::spawn(stop_after(drain.stopping(), app.stop.clone()));
    print(&welcome(address, grpc_address, &password, &admin_token, trail));
    let watch = Watch::start(monitor, &app, demo::reachable(address), settings.demo).await?;
    let demo = settings.demo.then(|| tokio::spawn(demo::run(address, grpc_address, password, app.stop.clone())));
    // The demo also rotates the service's own certificate periodically.
    let renewing = async {
        if settings.demo {
            identity.keep_renewing().await;
        }
    };

    let service =
        router(app.clone(), admin, &traces, &admin_token)?.into_make_service_with_connect_info::<SocketAddr>();
    // The tap gives handlers the address of the client.
    let listener = MeasuredListener::new("http", listener)?.tap_io(|_| ());
    let requests = axum::serve(listener, service).with_graceful_shutdown(drain.stopping());
    let calls = grpc::serve(grpc_listener, app.clone(), calls, drain.draining(), drain.stopping());
    let serving = async { tokio::try_join!(async { Ok(requests.await?) }, calls) };
    tokio::select! {
        // There is no result if some requests did not finish in time.
        served = drain.run(serving) => {
            served.transpose()?;
        }
        () = keep_on(renewing) => {}
    }
    if let Some(demo) = demo {
        demo.await?;
    }
    watch.stop().await;
    // Waits for running statements. Requests that were cut off have none.
    let _ = timeout(Duration::from_millis(500), app.database.close()).await;
    spikes::stop(traces).await;
    if let Some(exporter) = exporter
        && let Err(error) = exporter.shutdown().await
    {
        tracing::warn!(%error, "the last metrics were not sent");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Sends the stop signal to long-running tasks when the service stops.
async fn stop_after(stopping: impl Future<Output = ()>, stop: Stop) {
    stopping.await;
    stop.stop();
}

/// Awaits `work`, then never completes.
async fn keep_on(work: impl Future<Output = ()>) {
    work.await;
    std::future::pending::<()>().await;
}

/// Writes to standard output, and ignores that it may be closed.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

async fn bind(variable: &'static str, address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| BindError { variable, address, source })
}

/// Returns the welcome text: the addresses of the service and commands to try.
fn welcome(address: SocketAddr, grpc_address: SocketAddr, password: &str, admin_token: &str, trail: &Path) -> String {
    let base = format!("http://{address}");
    let grpc = grpc::try_it(grpc_address);
    let trail = trail.display();
    let live = live_page(address, admin_token);
    format!(
        r#"trust-service is running, stop it with Ctrl-C
  live      {live}
  service   {base}
  grpc      {grpc_address}
  metrics   {base}/metrics
  probes    {base}/livez {base}/readyz {base}/startupz
  audit     {trail}

try:
  curl -s {base}/metrics | grep -e ^http_server -e ^slo_
  curl -s {base}/readyz -H 'authorization: Bearer {admin_token}'   # whether it can serve, and which check fails if not
  curl -s {base}/spikes -H 'authorization: Bearer {admin_token}'   # the slowest requests, and those that failed
  curl -s {base}/metrics/security/sources -H 'authorization: Bearer {admin_token}'   # who fails to log in
  TOKEN=$(curl -s {base}/login -H 'content-type: application/json' \
    -d '{{"tenant":"acme","user":"alice","password":"{password}"}}' | cut -d'"' -f4)
  curl -s {base}/documents -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \
    -d '{{"kind":"invoice","title":"May","body":"storage of twelve crates, storage of paper"}}'
  curl -s -X POST {base}/documents/1/process -H "authorization: Bearer $TOKEN"
  curl -s {base}/promote -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \
    -d '{{"about":["storage"]}}'
{grpc}
  curl -s -X PUT {base}/demo/fault -d errors=4   # every 4th request fails, until you send: off

"#
    )
}

/// Returns the address of the live page, with the user and the token in it, so that a browser need not ask for them.
fn live_page(address: SocketAddr, admin_token: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let token: String = admin_token
        .bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("http://{LIVE_USER}:{token}@{address}/live")
}

/// The error of binding the port.
#[derive(Debug)]
struct BindError {
    variable: &'static str,
    address: SocketAddr,
    source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, address, source } = self;
        match source.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "{address} is in use: stop the other program, or set {variable} to another address such as {}:{}",
                address.ip(),
                // The highest port has no next one, so the message suggests another.
                address.port().checked_add(1).unwrap_or(8080)
            ),
            _ => write!(f, "cannot listen on {address}: set {variable} to an address of this machine"),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_page_comes_first_and_any_token_fits_into_its_address() {
        let address = ([127, 0, 0, 1], 8080).into();
        assert_eq!(live_page(address, "a/b@c:ä~1"), "http://admin:a%2Fb%40c%3A%C3%A4~1@127.0.0.1:8080/live");
        let text = welcome(address, address, "password", "token", Path::new("/trail"));
        let first = text.split_whitespace().find(|word| word.starts_with("http"));
        assert_eq!(first, Some("http://admin:token@127.0.0.1:8080/live"));
    }
}
