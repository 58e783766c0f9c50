//! The live page in a browser: it shows the figures of the service, runs no foreign text, and reports no fault.

use axum::routing::get;
use axum::{Router, serve};
use mme_metrics::http::HttpLayer;
use mme_metrics::live::LivePage;
use mme_metrics::{Recorder, metrics};
use mme_metrics_tests::browser;
use mme_metrics_tests::isolated_process::run_alone;
use tokio::net::TcpListener;

const HOSTILE: &str = "<img src=x onerror=console.error(1)>";

/// Serves a few routes and the page, answers some requests, and returns the address of the page.
async fn service() -> Result<String, Box<dyn std::error::Error>> {
    let recorder = Recorder::builder().install()?;
    let app = Router::new()
        .route("/things/{id}", get(async || "a thing"))
        .route("/broken", get(async || http::StatusCode::INTERNAL_SERVER_ERROR))
        .layer(HttpLayer::new())
        .merge(LivePage::new(recorder).basic("admin", "secret").into_router());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { serve(listener, app).await });
    for at in 0..20 {
        reqwest::get(format!("http://{address}/things/{at}")).await?.bytes().await?;
        reqwest::get(format!("http://{address}/broken")).await?.bytes().await?;
    }
    metrics::counter!("hostile_jobs_total", "kind" => HOSTILE).increment(3);
    metrics::counter!("hostile_jobs_total", "kind" => "\u{5d0}\u{5d1} \u{202e}gnp.exe").increment(2);
    // The second sample has rates.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    Ok(format!("http://admin:secret@{address}/live"))
}

#[test]
fn a_browser_shows_the_figures_and_runs_no_foreign_text() {
    run_alone(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let url = runtime.block_on(service()).expect("a service");
        let loaded = browser::load(&url, 1280, 3000);
        assert!(loaded.console.is_empty(), "{:#?}", loaded.console);
        let document = &loaded.document;
        for shown in
            ["<bdi>/things/{id}</bdi>", "<bdi>/broken</bdi>", "HTTP per second", "MmeHttpErrorRateHigh", "role=\"img\""]
        {
            assert!(document.contains(shown), "{shown}: {document}");
        }
        // The value is text, whose signs are written out as the entities that they are.
        assert!(document.contains("&lt;img src=x onerror=console.error(1)&gt;"), "{document}");
        assert!(!document.contains("<img"));
        assert!(document.contains("\u{5d0}\u{5d1} \u{fffd}gnp.exe"));
        // The address filters to one route.
        let filtered = browser::load(&format!("{url}#route=%2Fthings%2F%7Bid%7D"), 390, 3000);
        assert!(filtered.console.is_empty(), "{:#?}", filtered.console);
        assert!(filtered.document.contains("are those of <bdi>/things/{id}</bdi> alone"), "{}", filtered.document);
    });
}
