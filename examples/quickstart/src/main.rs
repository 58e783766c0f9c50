//! The smallest measured service, in one file: `cargo run --release -p quickstart`.
//!
//! A layer measures every request, an attribute measures a function, and a family declares the service's own metrics.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use mme_metrics::http::HttpLayer;
use mme_metrics::{Counter, Gauge, LabelValue, Recorder, Unit, family, instrument_metrics, metrics_router};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The language in which a guest is greeted.
#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "language")]
enum Language {
    English,
    French,
    /// Every language that the service does not speak.
    Other,
}

family! {
    /// Greetings.
    static GREETER: GreeterMetrics {
        /// Guests that were greeted.
        greetings: Counter<(Language,)> = Counter::new("greeter_greetings_total", Unit::None);
        /// Guests that are being greeted right now.
        guests: Gauge<()> = Gauge::new("greeter_guests", Unit::None);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    Recorder::builder().family(&GREETER).build_info(env!("CARGO_PKG_VERSION"), "unknown").install()?;

    // Add the layer last, so that it also measures requests that match no route.
    let app = Router::new()
        .route("/hello/{language}", get(hello))
        .merge(metrics_router())
        .layer(HttpLayer::new().skip("/metrics")?);

    let address = std::env::var("QUICKSTART_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = listen(&address).await?;
    let stopped = stopped()?;
    print_what_to_try(listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(stopped).await?;
    Ok(())
}

async fn hello(Path(language): Path<String>) -> String {
    // Counts the guest until the end of the scope, also after an error or a cancelled request.
    let _guest = GREETER.guests.track(());
    let (language, greeting) = match language.as_str() {
        "english" => (Language::English, "Good day"),
        "french" => (Language::French, "Bonjour"),
        _ => (Language::Other, "👋"),
    };
    GREETER.greetings.increment((language,));
    frame(greeting)
}

/// Frames a greeting. The attribute counts and times each call as `function="frame"`.
#[instrument_metrics]
fn frame(greeting: &str) -> String {
    format!("* {greeting} *\n")
}

async fn listen(address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address} ({error}): set QUICKSTART_ADDR to a free address"))
}

/// Waits for Ctrl-C or SIGTERM.
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn print_what_to_try(address: SocketAddr) {
    println!("metrics   http://{address}/metrics");
    println!("service   http://{address}/hello/english");
    println!();
    println!("try       curl http://{address}/hello/french");
    println!("          curl http://{address}/metrics");
    println!("          curl -s http://{address}/metrics | promtool check metrics");
    println!("stop      Ctrl-C");
}
