//! A service with metrics of its own, in one file: `cargo run --release -p quickstart`.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use mme_metrics::{Counter, Gauge, Histogram, LabelValue, Recorder, Unit, buckets, family, metrics_router};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How a guest likes to be greeted.
#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "language")]
enum Language {
    English,
    French,
    /// Every language that we do not speak.
    Other,
}

family! {
    /// What the greeter does.
    static GREETER: GreeterMetrics {
        /// Guests that were greeted.
        greetings: Counter<(Language,)> = Counter::new("greeter_greetings_total", Unit::None);
        /// Time it took to find the right words.
        thinking: Histogram<(Language,)> =
            Histogram::new("greeter_thinking_duration_seconds", Unit::Seconds, buckets::REQUEST);
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

    let app = Router::new().route("/hello/{language}", get(hello)).merge(metrics_router());

    let address = std::env::var("QUICKSTART_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = listen(&address).await?;
    print_what_to_try(listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(stopped()?).await?;
    Ok(())
}

async fn hello(Path(language): Path<String>) -> &'static str {
    let started = Instant::now();
    GREETER.guests.add((), 1.0);
    let (language, greeting) = match language.as_str() {
        "english" => (Language::English, "Good day!\n"),
        "french" => (Language::French, "Bonjour !\n"),
        _ => (Language::Other, "👋\n"),
    };
    GREETER.greetings.increment((language,));
    GREETER.thinking.record((language,), started.elapsed().as_secs_f64());
    GREETER.guests.add((), -1.0);
    greeting
}

async fn listen(address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address} ({error}): set QUICKSTART_ADDR to a free address"))
}

/// Is ready when Ctrl-C or SIGTERM comes.
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
