//! Everything that has to be set up for the service to be observed: once, before anything else runs.

use std::error::Error;

use mme_metrics::Builder;
use mme_metrics::certificate::CertificateWatch;
use tracing_subscriber::EnvFilter;

use crate::certificates::Identity;
use crate::documents::DOCUMENTS;
use crate::{business, objectives, tenant};

/// Installs the recorder and the log.
pub(crate) fn start(identity: &Identity) -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    Builder::new()
        .build_info(env!("CARGO_PKG_VERSION"), option_env!("TRUST_REVISION").unwrap_or("unknown"))
        .family(&DOCUMENTS)
        .collect(CertificateWatch::new().file("trust-service", identity.path())?.collector())
        .install()?;
    tenant::register()?;
    business::set_up()?;
    // Series that exist from the start begin at zero, so that their first event is seen as an increase.
    DOCUMENTS.processed.touch_all();
    objectives::declare();
    Ok(())
}
