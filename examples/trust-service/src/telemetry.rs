//! Sets up metrics, log and audit trail, once, before anything else runs.

use std::error::Error;
use std::sync::Arc;

use mme_metrics::Recorder;
use mme_metrics::certificate::CertificateWatch;
use mme_metrics::endpoint::{Endpoint, ListenError, MetricsListener};
use mme_metrics::log::{self, LogLayer};
use mme_metrics::otlp::{OtlpExporter, OtlpSetupError};
use mme_metrics::runtime::RuntimeMeter;
use mme_metrics::security::SourceTracker;
use mme_metrics::settings::Settings;
use tokio::runtime::Handle;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

use crate::audit::{self, Trail};
use crate::certificates::Identity;
use crate::documents::DOCUMENTS;
use crate::{business, objectives, sources, tenant};

/// Starts to send the metrics by OTLP, if the environment says where to. Prometheus may scrape them all the same.
pub(crate) fn export() -> Result<Option<OtlpExporter>, OtlpSetupError> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let receiver = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"].into_iter().any(is_set);
    let Some(recorder) = Recorder::installed().filter(|_| receiver) else { return Ok(None) };
    OtlpExporter::builder().service_name("trust-service").with_env()?.start(recorder).map(Some)
}

/// Serves the metrics on the port that the operator has set, if any.
pub(crate) fn listen(metrics: &Endpoint) -> Result<Option<MetricsListener>, ListenError> {
    Recorder::installed().map_or(Ok(None), |recorder| recorder.settings().start_listener(metrics.clone()))
}

/// Installs the recorder, the log and the audit trail.
pub(crate) fn start(identity: &Identity, sources: &SourceTracker, trail: Trail) -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,mme::audit=off"));
    let lines = fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    let audited = Targets::new().with_target(audit::TARGET, LevelFilter::INFO);
    let trail = fmt::layer().with_writer(Arc::new(trail)).with_filter(audited);
    // Last, so that it also counts events that the filters hide.
    let counted = LogLayer::new().target("trust_service")?.max_level(LevelFilter::INFO);
    registry().with(lines).with(trail).with(counted).init();

    Recorder::builder()
        // Of the operator, from `MME_METRICS_FILE` and its variables.
        .settings(Settings::from_env()?)
        .build_info(env!("CARGO_PKG_VERSION"), option_env!("TRUST_REVISION").unwrap_or("unknown"))
        .family(&DOCUMENTS)
        .collect_named("sources", sources.collector())
        .collect_named("certificates", CertificateWatch::new().file("trust-service", identity.path())?.collector())
        .install()?;
    log::count_panics();
    RuntimeMeter::new("main").start(&Handle::current());
    tenant::register()?;
    business::set_up()?;
    sources::set_up();
    // Zero series, so that the first event of each is an increase.
    DOCUMENTS.processed.touch_all();
    objectives::declare();
    Ok(())
}
