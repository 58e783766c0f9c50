//! Where requests come from: who fails to log in too often, from which country, and who is known to be a threat.

use std::net::{IpAddr, Ipv4Addr};

use axum::Router;
use mme_metrics::endpoint::SourcesEndpoint;
use mme_metrics::label::CountryCode;
use mme_metrics::security::{
    BlockReason, EventOutcome, EventType, Feed, SECURITY, SourceTracker, SourceTrackerError, ThreatCategory,
};

/// A feed of addresses that others have had trouble with. A real one is fetched every few minutes.
const FEED: Feed = Feed::new("example");

/// Its one entry, an address that nobody has.
const THREATS: [(Ipv4Addr, ThreatCategory); 1] = [(Ipv4Addr::new(192, 0, 2, 66), ThreatCategory::new("scanner"))];

/// Begins to track who fails to log in. These proxies, and nobody else, are believed where a request came from.
pub(crate) fn track(proxies: &[String], secret: Option<&str>) -> Result<SourceTracker, SourceTrackerError> {
    let tracker = SourceTracker::builder().x_forwarded_for(proxies).country(country);
    match secret {
        // Instances that share it put a source into the same bucket.
        Some(secret) => tracker.shared_secret(secret.as_bytes()).build(),
        None => tracker.build(),
    }
}

/// Lets what should never happen begin at zero, so that its first time is seen as an increase.
pub(crate) fn set_up() {
    for (_, category) in THREATS {
        SECURITY.threats.touch((FEED, category));
    }
    [BlockReason::BRUTE_FORCE, BlockReason::THREAT].into_iter().for_each(|reason| SECURITY.blocks.touch((reason,)));
    SECURITY.events.touch((EventType::SUSPICIOUS, EventOutcome::Success));
    SECURITY.events.touch((EventType::SOURCE_OVER_LIMIT, EventOutcome::Failure));
}

/// Shows the sources that fail, with their addresses, to whoever knows the token.
pub(crate) fn router(tracker: &SourceTracker, token: &str) -> Router {
    SourcesEndpoint::new(tracker, token).into_router()
}

/// Says whether an address is on the feed, and counts it if so.
pub(crate) fn is_threat(address: IpAddr) -> bool {
    let known = THREATS.into_iter().find(|(threat, _)| IpAddr::from(*threat) == address);
    if let Some((_, category)) = known {
        SECURITY.threats.increment((FEED, category));
    }
    known.is_some()
}

/// Stands in for a database of addresses: networks that are there for examples (RFC 5737), each in a country.
fn country(address: IpAddr) -> Option<CountryCode> {
    let IpAddr::V4(address) = address else { return None };
    match address.octets() {
        [192, 0, 2, _] => Some(CountryCode::find("FR")),
        [198, 51, 100, _] => Some(CountryCode::find("DE")),
        [203, 0, 113, _] => Some(CountryCode::find("US")),
        _ => None,
    }
}
